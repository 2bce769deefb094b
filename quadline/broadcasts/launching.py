"""Send a broadcast: in one transaction, exactly what its review showed."""

from datetime import datetime, timedelta

from django.db import transaction

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.audit.models import record_audit
from quadline.broadcasts import finishing, writing
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.planning import Plan
from quadline.broadcasts.preflight import (
    keep_notices,
    keep_review,
    moved_notices,
    review_of,
)
from quadline.broadcasts.reviews import Level, Review
from quadline.broadcasts.rules import BroadcastRefused, BroadcastState
from quadline.delivery.failsafe import email_sender
from quadline.delivery.outbox.deadlines import deadline_of
from quadline.delivery.sending import sender
from quadline.inboxes.models import inbox_of
from quadline.jobs import enqueue
from quadline.live.notifications import notify_screens
from quadline.numbers.models import SystemNumber
from quadline.numbers.provisioning import request_number


class ReviewChanged(Exception):
    """Somebody's outcome is not what the review showed. Nothing was sent;
    ``review`` is the new one, and is stored.
    """

    def __init__(self, review: Review) -> None:
        super().__init__(
            "The list or somebody's consent has changed since you looked. Nothing was"
            " sent: look again."
        )
        self.review = review


def launch_broadcast(
    broadcast: Broadcast,
    *,
    actor: User,
    fingerprint: str,
    now: datetime,
) -> Broadcast:
    """Send what was reviewed. Again for a broadcast that is
    under way or over: nothing happens.

    Raises ReviewChanged, or BroadcastRefused.
    """
    with transaction.atomic():
        # A second click waits here for the first, and finds that it is no longer a
        # draft.
        row = (
            Broadcast.objects.select_for_update(no_key=True, of=["self"])
            .select_related("author")
            .get(pk=broadcast.pk)
        )
        _refuse_others(row, actor)
        changed = None
        if row.state == BroadcastState.DRAFT:
            changed = _send_as_reviewed(row, fingerprint, now)
    broadcast.refresh_from_db()
    if changed:
        # Only now: raised within, it would roll the new review back.
        raise ReviewChanged(changed)
    return broadcast


def _refuse_others(broadcast: Broadcast, actor: User) -> None:
    if actor.pk != broadcast.author_id or not actor.may[May.TEXT]:
        raise BroadcastRefused(
            f"It leaves from {broadcast.author.name}'s number: only they can send it."
            " Nothing was sent."
        )


def _send_as_reviewed(
    broadcast: Broadcast,
    fingerprint: str,
    now: datetime,
) -> Review | None:
    """The new review when it is not the one that was looked at; then nothing leaves."""
    plan = Plan(broadcast, now=now)
    moved = moved_notices(plan)
    # Two tabs: one may show a review that the other has replaced.
    if not plan.fingerprint == broadcast.fingerprint == fingerprint:
        return keep_review(Plan(broadcast, now=now))
    made = review_of(plan)
    if made.is_blocked:
        blocked = next(check for check in made.checks if check.level is Level.BLOCKED)
        raise BroadcastRefused(f"{blocked.words} Nothing was sent.")
    keep_notices(broadcast, moved)
    _write(plan, made)
    broadcast.state = BroadcastState.RUNNING
    broadcast.launched_at = now
    broadcast.review = made.as_json()
    broadcast.save(update_fields=["state", "launched_at", "review"])
    record_audit(
        "broadcast sent",
        subject=broadcast,
        actor=broadcast.author,
        texts=made.texts,
        emails=made.emails,
        nothing=made.nothing,
    )
    start_sending(broadcast)
    return None


def start_sending(broadcast: Broadcast) -> None:
    """There is something to hand over: tell the workers, and the screens."""
    enqueue(sender.send_due_texts)
    enqueue(email_sender.send_due_emails)
    enqueue(finishing.follow_broadcasts, timestamp=0)
    notify_screens([broadcast.author_id], f"broadcast-{broadcast.pk}")
    notify_screens([broadcast.author_id], "inbox")


def _write(plan: Plan, made: Review) -> None:
    """Conversations are locked before a number is asked for, as when a single text is
    accepted: so the two cannot deadlock.
    """
    broadcast = plan.broadcast
    writing.open_conversations(
        broadcast,
        only=None,
        count=made.texts + made.emails,
        now=plan.now,
    )
    number = _number_of(plan)
    writing.write_messages(
        writing.WriteOrder(
            broadcast=broadcast,
            only=None,
            number=number,
            actor_id=broadcast.author_id,
            held=plan.tally.held,
            deadline=_deadline(number, made, plan.now),
            now=plan.now,
        )
    )


def _number_of(plan: Plan) -> SystemNumber | None:
    """What its texts leave from; none for emails. The
    first broadcast may ask for it.
    """
    if plan.is_email:
        return None
    if plan.number:
        return plan.number
    author = plan.broadcast.author
    return request_number(
        inbox=inbox_of(author),
        actor=author,
        now=plan.now,
    )


def _deadline(
    number: SystemNumber | None,
    made: Review,
    now: datetime,
) -> datetime | None:
    """After the last one's turn: nobody gets an email merely
    because the broadcast is long.
    """
    if number is None:
        return None
    if made.finish_at:
        return deadline_of(made.finish_at)
    return deadline_of(
        now + timedelta(seconds=made.takes_seconds), waits_for_number=True
    )
