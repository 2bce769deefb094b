"""What a line of the Report for Student Opt Outs says, as staff read it. A
few look-ups for a whole page of lines.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from quadline.accounts.models import User
from quadline.consent.models import CarrierCheck, ConsentEntry, ConsentState
from quadline.consent.rules import Change, Source
from quadline.conversations.models import Conversation, Message
from quadline.inboxes.models import Inbox
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from quadline.sms import phones


@dataclass(frozen=True)
class Who:
    """Whose phone it is, as far as the reader may know; ``student_id``
    only where they may open the profile.
    """

    name: str
    institutional_id: str = ""
    student_id: int | None = None


@dataclass(frozen=True)
class OptOutRow:
    """One student phone that is opted out of one system number."""

    who: tuple[Who, ...]  # several, where students share a phone
    student_phone: str
    system_phone: str
    inbox: Inbox
    how: str
    by: str
    since: datetime
    last_text: Message | None
    emailed_since: int
    closed_since: int  # neither texted nor emailed (yet)
    check: CarrierCheck | None
    conversation_id: int | None

    @property
    def number_written(self) -> str:
        return phones.written(self.system_phone)

    @property
    def way_back(self) -> str:
        return f"Text START to {self.number_written}"

    @property
    def since_words(self) -> str:
        """What became of texts to them since they opted out."""
        said = [(self.emailed_since, "sent as email"), (self.closed_since, "not sent")]
        return (
            ", ".join(
                f"{count} text{'' if count == 1 else 's'} {ended}"
                for count, ended in said
                if count
            )
            or "No texts"
        )

    @property
    def check_words(self) -> str:
        if self.check is None:
            return "Not checked yet"
        return "Carrier agrees" if self.check.agrees else "Carrier differs"


@dataclass(frozen=True)
class ChangeRow:
    """One entry of the consent ledger."""

    who: tuple[Who, ...]
    student_phone: str
    system_phone: str
    inbox: Inbox
    change: Change
    how: str
    by: str
    at: datetime

    @property
    def number_written(self) -> str:
        return phones.written(self.system_phone)


@dataclass(frozen=True)
class _Names:
    """Who is who on a page: whose number, whose phone, and which conversation."""

    inboxes: dict[str, Inbox]  # by system phone
    students: dict[str, list[Student]]  # by student phone
    openable: set[int]
    conversations: dict[tuple[int, int | str], int]  # (inbox, student or bare phone)


def opt_out_rows(
    viewer: User,
    states: Sequence[ConsentState],
) -> list[OptOutRow]:
    """``states`` carry ``last_text_id``, ``emailed_since`` and ``closed_since``."""
    names = _names(viewer, states)
    last = Message.objects.in_bulk(
        [state.last_text_id for state in states if state.last_text_id]  # type: ignore[attr-defined]
    )
    rows = []
    for state in states:
        text = last.get(state.last_text_id)  # type: ignore[attr-defined]
        rows.append(_opt_out_row(state, text, names))
    return rows


def change_rows(viewer: User, entries: Sequence[ConsentEntry]) -> list[ChangeRow]:
    names = _names(viewer, entries)
    return [
        ChangeRow(
            who=_who(entry.student_phone, names),
            student_phone=entry.student_phone,
            system_phone=entry.system_phone,
            inbox=names.inboxes[entry.system_phone],
            change=Change(entry.change),
            how=how(entry),
            by=by(entry),
            at=entry.occurred_at,
        )
        for entry in entries
    ]


def how(entry: ConsentEntry) -> str:
    """By which keyword, or how we know."""
    if entry.source == Source.REPLY:
        return (
            f"Replied {entry.keyword}"
            if entry.keyword
            else f"Replied “{entry.wording}”"
        )
    if entry.source == Source.CARRIER:
        return "Learned from the carrier"
    return (
        f"Asked a staff member: {entry.wording.rstrip('.')}"
        if entry.wording
        else "Asked a staff member"
    )


def by(entry: ConsentEntry) -> str:
    """Who did it, or recorded it."""
    if entry.actor:
        return entry.actor.name
    return (
        "the student"
        if entry.source == Source.REPLY
        else "the carrier"
        if entry.source == Source.CARRIER
        else "staff"
    )


def _opt_out_row(
    state: ConsentState,
    last_text: Message | None,
    names: _Names,
) -> OptOutRow:
    inbox = names.inboxes[state.system_phone]
    keys: list[int | str] = [
        student.pk for student in names.students.get(state.student_phone, [])
    ]
    known = (
        names.conversations.get((inbox.pk, key)) for key in [*keys, state.student_phone]
    )
    return OptOutRow(
        who=_who(state.student_phone, names),
        student_phone=state.student_phone,
        system_phone=state.system_phone,
        inbox=inbox,
        how=how(state.entry),
        by=by(state.entry),
        since=state.since,
        last_text=last_text,
        emailed_since=state.emailed_since,  # type: ignore[attr-defined]  # annotated
        closed_since=state.closed_since,  # type: ignore[attr-defined]  # annotated
        check=getattr(state, "carrier_check", None),
        conversation_id=next((found for found in known if found), None),
    )


def _names(
    viewer: User, rows: Sequence[ConsentState] | Sequence[ConsentEntry]
) -> _Names:
    student_phones = {row.student_phone for row in rows}
    numbers = (
        SystemNumber.objects.filter(
            phone__in={row.system_phone for row in rows}, inbox__isnull=False
        )
        .select_related("inbox__owner")
        .order_by("pk")
    )
    # the newest of a number is the last
    inboxes = {number.phone: number.its_inbox for number in numbers}
    owners = Student.objects.filter(mobile__in=student_phones, is_test=False).by_name()
    openable = set(owners.visible_to(viewer).values_list("pk", flat=True))
    conversations = _conversations(
        viewer,
        inboxes.values(),
        owners.values_list("pk", flat=True),
        student_phones,
    )
    students: dict[str, list[Student]] = {}
    for student in owners:
        # A shared phone does not give away who else has it: only those whom the reader
        # may open or has written with.
        if student.pk in openable or any(key == student.pk for _, key in conversations):
            students.setdefault(student.mobile, []).append(student)
    return _Names(
        inboxes,
        students,
        openable,
        conversations,
    )


def _conversations(
    viewer: User,
    inboxes: Iterable[Inbox],
    students: Iterable[int],
    bare: Iterable[str],
) -> dict[tuple[int, int | str], int]:
    seen = Conversation.objects.visible_to(viewer).filter(
        inbox__in=[each.pk for each in inboxes]
    )
    found: dict[tuple[int, int | str], int] = {}
    for pk, inbox, student in seen.filter(student__in=list(students)).values_list(
        "pk", "inbox", "student"
    ):
        found[inbox, student] = pk
    for pk, inbox, phone in seen.filter(student=None, phone__in=list(bare)).values_list(
        "pk", "inbox", "phone"
    ):
        found[inbox, phone] = pk
    return found


def _who(phone: str, names: _Names) -> tuple[Who, ...]:
    students = names.students.get(phone, [])
    if not students:
        return (Who(phones.written(phone)),)
    return tuple(
        Who(
            each.display_name,
            each.institutional_id,
            each.pk if each.pk in names.openable else None,
        )
        for each in students
    )
