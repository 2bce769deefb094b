"""A broadcast as programs read it: its review, and what became of it by status."""

import uuid
from datetime import datetime
from typing import Literal

from quadline import clock
from quadline.api.fields import ApiAnswer
from quadline.broadcasts import preflight, results
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.reviews import Review
from quadline.broadcasts.rules import BroadcastState


class CheckAnswer(ApiAnswer):
    level: str
    words: str


class ReviewAnswer(ApiAnswer):
    """Who gets what and why, as it was looked at before it left."""

    texts: int
    emails: int
    nothing: int
    by_reason: dict[str, int]
    duplicates: int
    shared_phones: int
    first_contacts: int
    held_by_quiet_hours: int
    waits_for_number: bool
    total_segments: int
    cost_cents: int
    finish_at: datetime | None
    checks: list[CheckAnswer]


class BroadcastAnswer(ApiAnswer):
    id: uuid.UUID
    author: str
    channel: Literal["text", "email"]
    subject: str
    body: str
    audience: str  # in words
    state: Literal["draft", "running", "paused", "stopped", "finished"]
    created_at: datetime
    launched_at: datetime | None
    finished_at: datetime | None
    # by status; "nothing": who got nothing, for a reason of the review
    counts: dict[str, int]
    total: int
    handed_over: int  # the carrier or the mail server has them
    waiting: int
    seconds_left: int | None
    replied: int
    opted_out: int
    review: ReviewAnswer | None


def broadcast_answer(broadcast: Broadcast) -> BroadcastAnswer:
    stands = results.progress_of(broadcast, clock.now())
    review = preflight.stored(broadcast)
    return BroadcastAnswer(
        id=broadcast.pk,
        author=broadcast.author.email,
        channel="email" if broadcast.channel == "email" else "text",
        subject=broadcast.subject,
        body=broadcast.body,
        audience=broadcast.audience_words,
        state=BroadcastState(broadcast.state).value,
        created_at=broadcast.created_at,
        launched_at=broadcast.launched_at,
        finished_at=broadcast.finished_at,
        counts=(
            {}
            if broadcast.state == BroadcastState.DRAFT
            else {count.status: count.count for count in stands.counts}
        ),
        total=stands.total,
        handed_over=stands.sent,
        waiting=stands.waiting,
        seconds_left=stands.seconds_left,
        replied=stands.replied,
        opted_out=stands.opted_out,
        review=_review(review) if review else None,
    )


def _review(review: Review) -> ReviewAnswer:
    plain = {
        name: getattr(review, name)
        for name in ReviewAnswer.model_fields
        if name != "checks"
    }
    return ReviewAnswer(
        **plain,
        checks=[
            CheckAnswer(level=check.level, words=check.words) for check in review.checks
        ],
    )
