"""What a departure would mean, counted and listed before anything is done. It asks the
same questions as carrying it out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from quadline.accounts.models import User
from quadline.college.current import college_settings
from quadline.conversations.models import Conversation, Message
from quadline.delivery.inbound.successor_answers import answer_words
from quadline.handovers.caseload import caseload_of, shared_out
from quadline.handovers.texts import unfinished_broadcasts, waiting_texts_of
from quadline.inboxes.departure_rules import Share, successor_for
from quadline.inboxes.models import Departure, Inbox
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry, Student


@dataclass(frozen=True)
class ShareShown:
    """What one successor gets. ``answer``: what a student reads of them."""

    inbox: Inbox
    programs: tuple[str, ...]  # "" for everybody else
    students: list[Student]
    conversations: int
    answer: str
    has_number: bool

    @property
    def name(self) -> str:
        return self.inbox.shown_name


@dataclass(frozen=True)
class TextShown:
    """A waiting text, and who would send it; None: its student is nobody's who follows,
    so it is cancelled in any case.
    """

    message: Message
    successor: str | None


@dataclass(frozen=True)
class DeparturePreview:
    shares: list[ShareShown]
    students: int
    conversations: int  # with these students
    conversations_stay: int  # with others, or by the college's rule
    go_along: bool
    texts: list[TextShown]
    unfinished: list[str]  # broadcasts, by their first words
    number: SystemNumber | None
    with_email: int  # students who have an address
    tokens: int


def programs_of(staff: User) -> list[tuple[str, int]]:
    """The programs on a caseload, each with how many students; without those that have
    none.
    """
    entries = CaseloadEntry.objects.filter(staff=staff).exclude(student__program="")
    counted = entries.values_list("student__program").annotate(count=Count("pk"))
    return sorted((program, count) for program, count in counted)


def foresee(departure: Departure, shares: Sequence[Share]) -> DeparturePreview:
    """``departure``: planned, or only thought of and not saved."""
    staff = departure.staff
    # By the same functions as on the day, so that the two cannot differ.
    entries = caseload_of(staff)
    split = shared_out(entries, shares)
    students = [entry.student for entry in entries]
    talks = Conversation.objects.filter(inbox=staff.pk)
    with_them: set[int | None] = set(
        talks.filter(student__in=students).values_list("student", flat=True)
    )
    inboxes = Inbox.objects.select_related("owner__office", "office").in_bulk(split)
    go_along = college_settings().conversations_of_leavers == "along"
    shown = [
        _share(departure, inboxes[inbox_id], shares, split[inbox_id], with_them)
        for inbox_id in split
        if inbox_id in inboxes
    ]
    # A rule of the college, read now as it will be read on the day.
    going = len(with_them) if go_along else 0
    return DeparturePreview(
        shares=shown,
        students=len(students),
        conversations=going,
        conversations_stay=talks.count() - going,
        go_along=go_along,
        texts=_texts(staff, shares, {student.pk for student in students}, inboxes),
        unfinished=[each.body[:60] for each in unfinished_broadcasts(staff)],
        number=SystemNumber.objects.of_inbox(staff.pk),
        with_email=sum(bool(student.email) for student in students),
        tokens=staff.api_tokens.filter(revoked_at=None).count(),
    )


def _share(
    departure: Departure,
    inbox: Inbox,
    shares: Sequence[Share],
    entries: Sequence[CaseloadEntry],
    with_them: set[int | None],
) -> ShareShown:
    programs = [share.program for share in shares if share.inbox_id == inbox.pk]
    students = [entry.student for entry in entries]
    return ShareShown(
        inbox=inbox,
        programs=tuple(programs),
        students=students,
        conversations=sum(student.pk in with_them for student in students),
        answer=answer_words(departure, inbox),
        has_number=SystemNumber.objects.of_inbox(inbox.pk) is not None,
    )


def _texts(
    staff: User,
    shares: Sequence[Share],
    handed: set[int],
    inboxes: dict[int, Inbox],
) -> list[TextShown]:
    waiting = waiting_texts_of(staff).select_related("conversation__student")
    shown: list[TextShown] = []
    for message in waiting.in_order():
        student = message.conversation.student
        inbox_id = (
            successor_for(student.program, shares)
            if student and student.pk in handed
            else None
        )
        inbox = inboxes.get(inbox_id) if inbox_id else None
        shown.append(TextShown(message, inbox.shown_name if inbox else None))
    return shown
