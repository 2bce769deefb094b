"""Report for Student Opt Outs: who is opted out of whose number now, and
every change the consent ledger has.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import (
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from quadline.accounts.models import User
from quadline.consent.models import ConsentEntry, ConsentState
from quadline.consent.rules import Source
from quadline.conversations.models import Message, MessageEvent
from quadline.conversations.rules import Channel, Direction, Status
from quadline.numbers.models import SystemNumber
from quadline.reports.filters import Filters
from quadline.reports.opt_out_rows import (
    ChangeRow,
    OptOutRow,
    change_rows,
    opt_out_rows,
)
from quadline.roster.models import Student

OPT_OUTS_PER_QUERY = 500
NOT_SENT_STATUSES = (Status.BLOCKED, Status.UNREACHED)
SOURCES: dict[Source, str] = {
    Source.REPLY: "Student’s reply",
    Source.STAFF: "Recorded by staff",
    Source.CARRIER: "Learned from the carrier",
}


def opted_out_pairs(viewer: User, filters: Filters) -> "QuerySet[ConsentState, Any]":
    """Pairs of phones that are opted out now, newest first; the
    period is when they opted out.
    """
    states = ConsentState.objects.filter(
        _of_numbers(viewer, filters),
        _not_only_test(),
        opted_out=True,
        since__lt=filters.period.until,
    )
    if filters.period.since:
        states = states.filter(since__gte=filters.period.since)
    if filters.source:
        states = states.filter(entry__source=filters.source)
    return states.select_related("entry__actor", "carrier_check").order_by(
        "-since", "-pk"
    )


def changes(
    viewer: User,
    filters: Filters,
) -> "QuerySet[ConsentEntry, Any]":
    """Every opt-out and opt-in of the period, newest first."""
    entries = ConsentEntry.objects.filter(
        _of_numbers(viewer, filters),
        _not_only_test(),
        occurred_at__lt=filters.period.until,
    )
    if filters.period.since:
        entries = entries.filter(occurred_at__gte=filters.period.since)
    if filters.source:
        entries = entries.filter(source=filters.source)
    if filters.change:
        entries = entries.filter(change=filters.change)
    return entries.select_related("actor").order_by("-occurred_at", "-pk")


def opted_out_rows(
    viewer: User, states: "QuerySet[ConsentState, Any]"
) -> list[OptOutRow]:
    """A page of states with everything a row shows."""
    return opt_out_rows(viewer, list(_with_texts(states)))


def every_opted_out_row(viewer: User, filters: Filters) -> Iterator[OptOutRow]:
    """All rows, some at a time, so that an export of any length fits. Only students who
    opt in meanwhile are left out.
    """
    states = opted_out_pairs(viewer, filters)
    for ids in _batches(states):
        yield from opted_out_rows(viewer, states.filter(pk__in=ids))


def every_change_row(viewer: User, filters: Filters) -> Iterator[ChangeRow]:
    entries = changes(viewer, filters)
    for ids in _batches(entries):
        batch = list(entries.filter(pk__in=ids))
        yield from change_rows(viewer, batch)


def _batches(
    rows: "QuerySet[Any, Any]",
) -> Iterator[list[int]]:
    """The rows' ids as they stand now: pages by place would skip and repeat when
    somebody opts in or out meanwhile.
    """
    ids = list(rows.values_list("pk", flat=True))
    for first in range(0, len(ids), OPT_OUTS_PER_QUERY):
        yield ids[first : first + OPT_OUTS_PER_QUERY]


def _with_texts(states: "QuerySet[ConsentState, Any]") -> "QuerySet[ConsentState, Any]":
    """With the last text to that phone from that number before the
    opt-out, and what became of texts since.
    """
    texts = Message.objects.filter(
        student_phone=OuterRef("student_phone"),
        system_number__phone=OuterRef("system_phone"),
        direction=Direction.OUTBOUND,
        channel=Channel.TEXT,
    )
    reached = texts.filter(
        created_at__lte=OuterRef("since"), status__in=[Status.SENT, Status.DELIVERED]
    )
    # One that waited when the student opted out was closed by that, and went as an
    # email after it.
    ended_since = MessageEvent.objects.filter(
        message=OuterRef("pk"), at__gte=OuterRef(OuterRef("since"))
    )
    is_later = Q(created_at__gte=OuterRef("since"))
    emailed = texts.filter(
        is_later | Exists(ended_since.filter(to_status=Status.EMAILED)),
        status=Status.EMAILED,
    )
    closed = texts.filter(
        is_later | Exists(ended_since.filter(to_status=Status.BLOCKED)),
        status__in=NOT_SENT_STATUSES,
    )
    return states.annotate(
        last_text_id=Subquery(reached.order_by("-position").values("pk")[:1]),
        emailed_since=_counted(emailed),
        closed_since=_counted(closed),
    )


def _counted(texts: "QuerySet[Message, Any]") -> Coalesce:
    number = (
        texts.order_by()
        .values("student_phone")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Coalesce(Subquery(number, output_field=IntegerField()), 0)


def _of_numbers(viewer: User, filters: Filters) -> Q:
    # Whose it was before does not see what is said to it now.
    numbers = SystemNumber.objects.visible_to(viewer).of_every_phone()
    if filters.staff:
        numbers = numbers.filter(inbox=filters.staff)
    return Q(system_phone__in=numbers.values("phone"))


def _not_only_test() -> Q:
    """A phone nobody on the roster has counts; one that only
    a test student has does not.
    """
    owners = Student.objects.filter(mobile=OuterRef("student_phone"))
    return Q(Exists(owners.filter(is_test=False))) | ~Q(Exists(owners))
