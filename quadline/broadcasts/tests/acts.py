"""What the tests of this room do again and again, in the words of the room."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from quadline.accounts.models import User
from quadline.broadcasts.drafting import draft_broadcast
from quadline.broadcasts.launching import launch_broadcast
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.preflight import review
from quadline.broadcasts.reviews import Level, Review
from quadline.consent import ledger
from quadline.consent.rules import Change, Source
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry, Student

BODY = "Hi [Student Name], registration opens on Monday. Maya Alvarez"


def draft(
    author: User,
    *to: str,
    body: str = BODY,
    without: Iterable[str] = (),
    broadcast_id: uuid.UUID | None = None,
    **changes: Any,
) -> Broadcast:
    """A draft; to the whole caseload unless tokens say otherwise."""
    written: dict[str, Any] = {
        "channel": "text",
        "subject": "",
        "audience": {"to": list(to) or ["caseload"], "except": list(without)},
        "with_contact_card": False,
        "is_announcement": False,
        "now": timezone.now(),
        **changes,
    }
    return draft_broadcast(
        author=author, broadcast_id=broadcast_id or uuid.uuid4(), body=body, **written
    )


def email(author: User, *to: str, **changes: Any) -> Broadcast:
    return draft(
        author, *to, **{"channel": "email", "subject": "For [Student Name]", **changes}
    )


def reviewed(broadcast: Broadcast) -> Review:
    return review(broadcast, now=timezone.now())


def send(broadcast: Broadcast) -> Broadcast:
    """Review and launch, as one who looks and then clicks."""
    reviewed(broadcast)
    return launch_broadcast(
        broadcast,
        actor=broadcast.author,
        fingerprint=broadcast.fingerprint,
        now=timezone.now(),
    )


def outcomes(broadcast: Broadcast) -> dict[str, str]:
    """By first name: the outcome and, after a colon, the reason."""
    rows = Recipient.objects.filter(broadcast=broadcast).select_related("student")
    return {
        row.student.first_name: f"{row.outcome}:{row.reason}".rstrip(":")
        for row in rows
    }


def levels(made: Review, level: Level) -> list[str]:
    return [check.words for check in made.checks if check.level is level]


def crowd(advisor: User, count: int, **fields: Any) -> list[Student]:
    """Many students on a caseload, quickly."""
    students = [
        Student(
            institutional_id=f"0070{number:06}",
            first_name=f"First{number}",
            last_name="Crowd",
            email=f"crowd{number}@alder.example",
            mobile=f"+1734{6000000 + number}",
            search_text="crowd",
            **fields,
        )
        for number in range(count)
    ]
    Student.objects.bulk_create(students, batch_size=2000)
    CaseloadEntry.objects.bulk_create(
        [CaseloadEntry(staff=advisor, student=one) for one in students], batch_size=2000
    )
    return students


def opt_out(who: Student, number: SystemNumber) -> None:
    pair = (who.mobile, number.phone)
    ledger.record_consent(
        pair=pair,
        change=Change.OPT_OUT,
        source=Source.REPLY,
        occurred_at=timezone.now(),
        keyword="STOP",
    )
