"""What became of the messages staff wrote: the parts they fall
into, and why some were not delivered.
"""

from dataclasses import dataclass

from django.db.models import Case, CharField, Value, When

from quadline.accounts.models import User
from quadline.consent.rules import Change
from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    WITH_THE_CARRIER,
    Channel,
    Direction,
    Status,
)
from quadline.reports import opt_outs
from quadline.reports.filters import NO_REASON, Filters
from quadline.reports.rows import Rows
from quadline.reports.tallying import Tallies
from quadline.reports.visibility import reported_messages

WAITING_STATUSES = BEFORE_AN_ATTEMPT | WITH_THE_CARRIER
REFUSED_STATUSES = frozenset(
    {Status.UNDELIVERED, Status.FAILED, Status.BLOCKED, Status.UNREACHED}
)
# Every status of an outbound message but "cancelled": a text that was taken back is in
# no report.
DELIVERY_PARTS: dict[Channel, dict[str, frozenset[Status]]] = {
    Channel.TEXT: {
        "delivered": frozenset({Status.DELIVERED}),
        "sent": frozenset({Status.SENT}),
        "emailed": frozenset({Status.EMAILED}),
        "failed": REFUSED_STATUSES | {Status.BOUNCED},
        "waiting": WAITING_STATUSES,
    },
    Channel.EMAIL: {
        "sent": frozenset({Status.SENT, Status.DELIVERED, Status.EMAILED}),
        "bounced": frozenset({Status.BOUNCED}),
        "failed": REFUSED_STATUSES,
        "waiting": WAITING_STATUSES,
    },
}
LEFT_PART = "left"  # everything that is over or on its way: all parts but what waits
REACHED_PART = "reached"  # the carrier, and so perhaps the phone
INSTEAD = "instead"  # what happened instead of arriving as written
GONE_PART = "gone"  # nobody has it
DELIVERY_SUMS: dict[str, tuple[str, ...]] = {
    LEFT_PART: ("delivered", "sent", "emailed", "bounced", "failed"),
    REACHED_PART: ("delivered", "sent"),
    INSTEAD: ("emailed", "bounced", "failed"),
    GONE_PART: ("bounced", "failed"),
}


@dataclass(frozen=True)
class Because:
    """One reason why texts were not delivered, and how many went as email instead."""

    reason: str
    words: str
    emailed: int
    gone: int

    @property
    def total(self) -> int:
        return self.emailed + self.gone


@dataclass(frozen=True)
class Delivery:
    tallies: Tallies
    reasons: list[Because]
    students: int  # who were texted
    opted_out: int  # changes to opted out in the same period


def delivery_report(viewer: User, filters: Filters) -> Delivery:
    written = messages_written(viewer, filters)
    reached = written.where("part = ANY(%s)", list(DELIVERY_SUMS[REACHED_PART]))
    changes = opt_outs.changes(viewer, filters)
    return Delivery(
        tallies=written.tallied(list(DELIVERY_PARTS[filters.channel])),
        reasons=_reasons(written),
        students=reached.each_student_once().count(),
        opted_out=changes.filter(change=Change.OPT_OUT).count(),
    )


def messages_written(viewer: User, filters: Filters, *columns: str) -> Rows:
    """Every outbound message of the report, each with the part it falls into, and with
    these columns.
    """
    parts = DELIVERY_PARTS[filters.channel].items()
    part = Case(
        *(
            When(status__in=sorted(statuses), then=Value(name))
            for name, statuses in parts
        ),
        output_field=CharField(),
    )
    written = (
        reported_messages(viewer, filters)
        .filter(direction=Direction.OUTBOUND)
        .exclude(status=Status.CANCELLED)
    )
    rows = Rows.of(written.annotate(part=part), "part", "reason", "detail", *columns)
    # Every row has these two columns; here nothing is answered.
    return rows.on_the_campus_clock(filters).adding(
        reply_at="NULL::timestamptz", took="NULL::interval"
    )


def list_deliveries(viewer: User, filters: Filters) -> Rows:
    """The messages behind one number of the report."""
    written = messages_written(viewer, filters)
    if filters.reason:
        reason = "" if filters.reason == NO_REASON else filters.reason
        written = written.where("reason = %s", reason)
    return written.narrowed(filters, DELIVERY_SUMS)


def _reasons(written: Rows) -> list[Because]:
    """The most frequent first. What stands on most
    messages of a reason are its words.
    """
    found: dict[str, dict[str, int]] = {}
    words: dict[str, str] = {}
    instead = written.where("part = ANY(%s)", list(DELIVERY_SUMS[INSTEAD]))
    counted = instead.by("reason", "detail", "part")
    for key in sorted(counted, key=lambda key: -counted[key]):
        reason, detail, part = key
        words.setdefault(reason, detail)
        counts = found.setdefault(reason, {"emailed": 0, GONE_PART: 0})
        counts["emailed" if part == "emailed" else GONE_PART] += counted[key]
    listed = [
        Because(reason or NO_REASON, words[reason], **counts)
        for reason, counts in found.items()
    ]
    return sorted(listed, key=lambda because: (-because.total, because.reason))
