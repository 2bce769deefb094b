"""A college with something to report: rows as the acts leave
them, at times a test chooses.
"""

import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from quadline.accounts.models import User
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.rules import BroadcastState, PlannedOutcome
from quadline.consent import ledger
from quadline.consent.rules import Change, Source
from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation, open_with_phone
from quadline.conversations.rules import RANK, Channel, Direction, Status
from quadline.numbers.models import SystemNumber
from quadline.reports.filters import Filters, filters_of
from quadline.roster.models import Student
from tests.cast import Cast

DETROIT = ZoneInfo("America/Detroit")
WRITTEN = sorted(status for status in RANK if status is not Status.RECEIVED)
REASONS = {
    Status.FAILED: "landline",
    Status.UNDELIVERED: "unreachable",
    Status.BLOCKED: "opted_out",
    Status.EMAILED: "opted_out",
}


def at(text: str) -> datetime:
    """A moment on the campus clock: ``at("2026-11-01 23:59")``."""
    return datetime.fromisoformat(text).replace(tzinfo=DETROIT)


def asked(**query: str) -> Filters:
    return filters_of(query, today=timezone.localdate(), zone=DETROIT)


def number_of(staff: User) -> SystemNumber:
    found = SystemNumber.objects.of(staff)
    now = timezone.now()
    phone = f"+1734234{staff.pk % 10000:04d}"
    return found or SystemNumber.objects.create(
        inbox=staff.inbox, phone=phone, state="active", requested_at=now, active_at=now
    )


def wrote(
    staff: User,
    student: Student,
    when: datetime,
    status: Status = Status.DELIVERED,
    **fields: str,
) -> Message:
    """A message of a staff user."""
    reason = fields.pop("reason", REASONS.get(status, ""))
    detail = f"Because of {reason.replace('_', ' ')}." if reason else ""
    return Message.objects.create(
        id=uuid.uuid4(),
        conversation=open_conversation(inbox=staff.inbox, student=student, now=when),
        direction=Direction.OUTBOUND,
        author=staff,
        system_number=number_of(staff),
        student_phone=student.mobile,
        body=fields.pop("body", "Are you coming on Thursday?"),
        status=status,
        reason=reason,
        detail=detail,
        created_at=when,
        **fields,
    )


def heard(
    staff: User, who: Student | str, when: datetime, body: str = "yes!", **fields: str
) -> Message:
    """What a student, or an unknown phone, wrote."""
    if isinstance(who, Student):
        conversation = open_conversation(inbox=staff.inbox, student=who, now=when)
    else:
        conversation = open_with_phone(inbox=staff.inbox, phone=who, now=when)
    message = Message.objects.create(
        id=uuid.uuid4(),
        conversation=conversation,
        direction=Direction.INBOUND,
        system_number=number_of(staff),
        student_phone=conversation.student_phone,
        body=body,
        status=Status.RECEIVED,
        created_at=when,
        carrier_message_id=f"SM{uuid.uuid4().hex}",
        **fields,
    )
    Conversation.objects.filter(pk=conversation.pk).update(needs_reply=True)
    return message


def opts_out(
    staff: User, student: Student | str, when: datetime, **fields: Any
) -> None:
    phone = student.mobile if isinstance(student, Student) else student
    change = Change(fields.pop("change", Change.OPT_OUT))
    keyword = fields.pop("keyword", "STOP" if change is Change.OPT_OUT else "START")
    source = Source(fields.pop("source", Source.REPLY))
    ledger.record_consent(
        pair=(phone, number_of(staff).phone),
        change=change,
        source=source,
        occurred_at=when,
        keyword=keyword,
        **fields,
    )


def broadcast_to(staff: User, students: list[Student], when: datetime) -> Broadcast:
    made = Broadcast.objects.create(
        author=staff,
        body="Registration opens.",
        audience_words="All Students on My Caseload",
        state=BroadcastState.FINISHED,
        created_at=when,
        launched_at=when,
    )
    for student in students:
        Recipient.objects.create(
            broadcast=made,
            student=student,
            outcome=PlannedOutcome.TEXT,
            message=wrote(staff, student, when),
        )
    return made


@dataclass
class Weeks:
    """Some busy weeks of two offices, the same each time."""

    people: Cast
    dice: random.Random = field(default_factory=lambda: random.Random(11))  # noqa: S311  # a test's data

    def __post_init__(self) -> None:
        now = timezone.now().replace(second=0, microsecond=0)
        pairs = [
            (self.people.maya, each)
            for each in (
                self.people.rosa,
                self.people.bo,
                self.people.gus,
                self.people.nell,
            )
        ]
        pairs += [
            (self.people.omar, self.people.kim),
            (self.people.theo, self.people.sally),
            (self.people.lena, self.people.rosa),
        ]
        moments = sorted(
            now - timedelta(minutes=self.dice.randrange(20 * 24 * 60))
            for _ in range(220)
        )
        for moment in moments:
            self._something(*self.dice.choice(pairs), moment)
        broadcast_to(
            self.people.maya,
            [self.people.rosa, self.people.bo],
            now - timedelta(days=3),
        )
        broadcast_to(self.people.omar, [self.people.kim], now - timedelta(days=2))
        heard(self.people.maya, "+17345550199", now - timedelta(days=4), "who is this?")
        for staff, student in pairs[:2] + pairs[4:6]:
            opts_out(staff, student, now - timedelta(hours=30))
        Conversation.objects.filter(student=self.people.bo).update(needs_reply=False)

    def _something(self, staff: User, student: Student, moment: datetime) -> None:
        channel = self.dice.choice([Channel.TEXT] * 4 + [Channel.EMAIL])
        if self.dice.random() < 0.4:
            heard(staff, student, moment, channel=channel)
        elif channel is Channel.EMAIL:
            wrote(
                staff,
                student,
                moment,
                self.dice.choice([Status.SENT, Status.BOUNCED, Status.FAILED]),
                channel=channel,
            )
        else:
            wrote(
                staff,
                student,
                moment,
                (
                    Status.DELIVERED
                    if self.dice.random() < 0.5
                    else self.dice.choice(WRITTEN)
                ),
            )
