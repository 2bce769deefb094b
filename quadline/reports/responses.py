"""Who answers whom, and how fast: students the messages of
staff, staff the messages of students.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Aggregate, F, Func, Min, Q, QuerySet, TextField, Window
from django.db.models.expressions import RowRange
from django.db.models.functions import Lead

from quadline.accounts.models import User
from quadline.consent.models import ConsentEntry
from quadline.consent.requests_in_sql import REQUEST_PATTERN
from quadline.consent.rules import Source
from quadline.conversations.models import Message
from quadline.conversations.rules import NEVER_REACHED_THE_STUDENT, Direction, Status
from quadline.reports.filters import Filters
from quadline.reports.rows import Rows
from quadline.reports.tallying import Tallies
from quadline.reports.visibility import reported_conversations, reported_messages

PLAIN_BODY = Func(
    F("body"), template="normalize(%(expressions)s, NFKC)", output_field=TextField()
)
BY_STUDENTS, BY_STAFF, WROTE_FIRST = "students", "staff", "wrote"
COUNTS_AS_A_REPLY = timedelta(days=7)
ANSWERED_SOON = timedelta(hours=24)
# Of silence: then what a student writes is no longer about the same.
NEW_AFTER = timedelta(days=30)
REACHED_STATUSES = sorted({Status.SENT, Status.DELIVERED})
NOT_AN_ANSWER = sorted(NEVER_REACHED_THE_STUDENT - {Status.EMAILED} | {Status.BOUNCED})
RESPONSE_PARTS: dict[str, tuple[str, ...]] = {
    BY_STUDENTS: ("replied", "silent"),
    BY_STAFF: ("soon", "late", "waiting", "unanswered", "closed"),
    WROTE_FIRST: ("wrote",),
}
RESPONSE_SUMS: dict[str, tuple[str, ...]] = {"answered": ("soon", "late")}


@dataclass(frozen=True)
class Responses:
    students: Tallies  # how they answer
    staff: Tallies
    hours: dict[tuple[int, int], int]  # (weekday, hour): when students write


def responses(
    viewer: User,
    filters: Filters,
    *,
    now: datetime,
) -> Responses:
    from_staff = texts_that_may_be_answered(viewer, filters)
    from_students = texts_that_want_an_answer(viewer, filters, now=now)
    by_hour = texts_of_students(viewer, filters).by("weekday", "hour")
    return Responses(
        students=from_staff.tallied(RESPONSE_PARTS[BY_STUDENTS]),
        staff=from_students.tallied(RESPONSE_PARTS[BY_STAFF]),
        hours={(weekday, hour): by_hour[weekday, hour] for weekday, hour in by_hour},
    )


def list_responses(
    viewer: User,
    filters: Filters,
    *,
    now: datetime,
) -> Rows:
    """The messages behind one number of the report."""
    if filters.side == BY_STAFF:
        found = texts_that_want_an_answer(viewer, filters, now=now)
    elif filters.side == WROTE_FIRST:
        found = texts_of_students(viewer, filters)
    else:
        found = texts_that_may_be_answered(viewer, filters)
    return found.narrowed(filters, RESPONSE_SUMS)


def texts_that_may_be_answered(viewer: User, filters: Filters) -> Rows:
    """What reached students, and whether they wrote back within the days that count."""
    said = _said(viewer, filters, until=filters.period.until + COUNTS_AS_A_REPLY)
    answered = said.annotate(reply_at=_first_after(Q(direction=Direction.INBOUND)))
    rows = Rows.of(answered, *_SAID, "reply_at")
    written = _of_the_report(rows, filters, Direction.OUTBOUND)
    rows = written.where("status = ANY(%s)", REACHED_STATUSES)
    in_time = rows.adding(
        [COUNTS_AS_A_REPLY],
        took="CASE WHEN reply_at - created_at <= %s THEN reply_at - created_at END",
    )
    in_time = in_time.adding(
        part="CASE WHEN took IS NULL THEN 'silent' ELSE 'replied' END"
    )
    return in_time.on_the_campus_clock(filters)


def texts_that_want_an_answer(
    viewer: User,
    filters: Filters,
    *,
    now: datetime,
) -> Rows:
    """The first thing a student wrote since staff wrote
    last, and when staff wrote back.
    """
    said = _said(viewer, filters, since=NEW_AFTER).exclude(
        direction=Direction.OUTBOUND, status__in=NOT_AN_ANSWER
    )
    said = said.annotate(
        reply_at=_first_after(Q(direction=Direction.OUTBOUND)),
        before=_latest_first(Lead("direction")),
        before_at=_latest_first(Lead("created_at")),
    )
    rows = Rows.of(
        said,
        *_SAID,
        "needs_reply",
        "reply_at",
        "before",
        "before_at",
    )
    first = _of_the_report(rows, filters, Direction.INBOUND).where(
        "before IS DISTINCT FROM 'inbound' OR before_at < created_at - %s", NEW_AFTER
    )
    part = """
        CASE WHEN took <= %s THEN 'soon'
             WHEN took IS NOT NULL THEN 'late'
             WHEN NOT needs_reply THEN 'closed'
             WHEN created_at > %s THEN 'waiting'
             ELSE 'unanswered' END
    """
    timed = first.adding(took="reply_at - created_at")
    parted = timed.adding([ANSWERED_SOON, now - ANSWERED_SOON], part=part)
    return parted.on_the_campus_clock(filters)


def texts_of_students(viewer: User, filters: Filters) -> Rows:
    inbound = reported_messages(viewer, filters).filter(direction=Direction.INBOUND)
    rows = Rows.of(_without_keywords(inbound)).adding(
        part="'wrote'",
        reply_at="NULL::timestamptz",
        took="NULL::interval",
    )
    return rows.on_the_campus_clock(filters)


_SAID = ("direction", "channel", "status")


def _said(
    viewer: User,
    filters: Filters,
    *,
    since: timedelta = timedelta(0),
    until: datetime | None = None,
) -> "QuerySet[Message]":
    """Everything either side said, by text or email, from a little
    before the period to a little after it.
    """
    conversations = reported_conversations(viewer, filters.staff)
    said = _without_keywords(Message.objects.filter(conversation__in=conversations))
    if filters.period.since:
        said = said.filter(created_at__gte=filters.period.since - since)
    if until:
        said = said.filter(created_at__lt=until)
    return said


def _of_the_report(
    rows: Rows,
    filters: Filters,
    direction: Direction,
) -> Rows:
    """Those of the period itself, of one direction and channel. The others
    were needed to see what followed what.
    """
    rows = rows.where(
        "direction = %s AND channel = %s AND created_at < %s",
        direction,
        filters.channel,
        filters.period.until,
    )
    if filters.period.since:
        rows = rows.where("created_at >= %s", filters.period.since)
    return rows


def _first_after(kind: Q) -> Window:
    """The earliest message of a kind among those after this
    one, in the same conversation.
    """
    return _latest_first(Min("created_at", filter=kind), frame=RowRange(end=-1))


def _latest_first(
    expression: Aggregate | Lead, frame: RowRange | None = None
) -> Window:
    """One order for all windows of a query: the database sorts once."""
    return Window(
        expression,
        partition_by=F("conversation_id"),
        order_by=[F("created_at").desc(), F("position").desc()],
        frame=frame,
    )


def _without_keywords(messages: "QuerySet[Message]") -> "QuerySet[Message]":
    """STOP and START are requests to the system, not replies to a person,
    whether they changed anything or not.
    """
    replies = ConsentEntry.objects.filter(source=Source.REPLY)
    requests = replies.exclude(carrier_reference="").values("carrier_reference")
    is_known = Q(carrier_message_id__in=requests)
    # One that changed nothing has no entry: it is known by its words.
    is_worded_so = Q(plain_body__iregex=REQUEST_PATTERN)
    return messages.alias(plain_body=PLAIN_BODY).exclude(
        is_known | is_worded_so, direction=Direction.INBOUND
    )
