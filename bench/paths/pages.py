"""Inbox, conversation and search: how long the server takes for a page as the college
and its history grow.
"""

import random
import time
from collections.abc import Callable, Iterable
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench import college
from bench.figures import Figures, Reach, Row, Work, p95
from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.clock import CLOCK_TIMESTAMP
from quadline.conversations.models import Conversation, Message, MessageEvent

SMALL, BIG, LARGE = 10_000, 1_000_000, 10_000_000  # messages
EACH = 20  # messages in a conversation of somebody else
OWN = 100  # conversations of the reader, as of every other staff user
# messages in each of the reader's: more than a page shows from the start
OWN_FEW, OWN_MANY = 60, 200  # messages in each conversation of the reader's own
READER, ADMINISTRATOR = 1, 2
ROUNDS = 5  # of which the median p95 counts
INBOX, CONVERSATION, SEARCH = "inbox", "conversation", "search in the inbox"
STUDENTS, COLLEGE, QUERIES = (
    "search all students",
    "inbox of the college",
    "queries of these pages",
)
BESIDE = "the same pages at 10,000 messages"
ROWS = (
    *(
        Row(title, "ms p95", BESIDE, Reach(at_most=1.3))
        for title in (INBOX, CONVERSATION)
    ),
    *(Row(title, "ms p95", BESIDE, Reach(at_most=3)) for title in (SEARCH, STUDENTS)),
    Row(COLLEGE, "ms p95", BESIDE, Reach(at_most=1.3)),
    Row(QUERIES, "queries", BESIDE, Reach(at_most=1)),
)
Visit = Callable[[], tuple[str, str]]  # an address, and what its page shows
_at_first: dict[str, float] = {}


def measure(work: Work) -> Figures:
    """First the small college, which is the limit, then the big one in its place."""
    big = LARGE if work.is_large else work.of(BIG, quick=60_000)
    _grow(min(SMALL, big))
    _at_first.update(_figures(work))
    _grow(big)
    return _figures(work)


def limit(work: Work) -> Figures:
    return _at_first


def _figures(work: Work) -> dict[str, float]:
    count = work.of(60, quick=12)
    figures: dict[str, float] = {}
    queries = 0
    for title, (client, visit) in _visits().items():
        client.get(visit()[0])  # what is read once in a process is read
        queries += _queries_of(client, visit)
        figures[title] = median(
            p95(list(_times(client, visit, count))) for _ in range(ROUNDS)
        )
    return figures | {QUERIES: queries}


def _queries_of(client: Client, visit: Visit) -> int:
    """Of one page. Not those that ask for the time: a process does
    once a second, whatever it shows.
    """
    with CaptureQueriesContext(connection) as caught:
        client.get(visit()[0])
    return len([query for query in caught if query["sql"] != CLOCK_TIMESTAMP])


def _visits() -> dict[str, tuple[Client, Visit]]:
    """Who opens which page, and looks for whom: for students who are there.

    Student and conversation have one id.
    """
    chance = random.Random(5)
    own = list(Conversation.objects.filter(inbox=READER).values_list("pk", flat=True))
    reader, administrator = _signed_in(READER), _signed_in(ADMINISTRATOR)

    def at(address: str) -> Visit:
        def visit() -> tuple[str, str]:
            student = chance.choice(own)
            first = college.first_name(student)
            last = college.last_name(student)
            # A page of nobody in particular shows somebody: they are all called First….
            shown = f"{first} {last}" if "{" in address else "First"
            where = address.format(id=student, first=first, last=last)
            return where, shown

        return visit

    return {
        INBOX: (reader, at("/inbox/?show=open")),
        CONVERSATION: (reader, at("/inbox/c/{id}/")),
        SEARCH: (reader, at("/inbox/?q={last}")),
        STUDENTS: (administrator, at("/students/?q={first}+{last}")),
        COLLEGE: (administrator, at("/inbox/?whose=all&show=open")),
    }


def _signed_in(user_id: int) -> Client:
    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.get(pk=user_id))
    return client


def _times(client: Client, visit: Visit, count: int) -> Iterable[float]:
    for _ in range(count):
        where, shown = visit()
        began = time.perf_counter()
        answer = client.get(where)
        yield 1000 * (time.perf_counter() - began)
        assert answer.status_code == 200, (
            f"{where} was answered with {answer.status_code}"
        )
        assert shown in answer.content.decode(), f"{where} does not show {shown}"


def _grow(messages: int) -> None:
    """So many messages: more staff and students as the college grows, and a longer
    history of the reader's own.
    """
    own_each = OWN_MANY if messages > SMALL else OWN_FEW
    students = OWN + max(0, messages - OWN * own_each) // EACH
    staff = max(ADMINISTRATOR, students // OWN)
    now = timezone.now()
    college.empty()
    college.staff(staff, now=now)
    User.objects.filter(pk=ADMINISTRATOR).update(role=Role.ADMINISTRATOR, office=None)
    college.students(students, staff=staff)
    college.conversations(students, staff=staff, now=now)
    _write_history(own_each)
    college.settle()


def _write_history(own_each: int) -> None:
    """Message by message, as they were written over the years,
    not conversation by conversation.
    """
    each = f"CASE WHEN conversation.staff_id = {READER} THEN {own_each} ELSE {EACH} END"
    series = (
        "conversations_conversation AS conversation CROSS JOIN LATERAL"
        f" generate_series(1, {each}) AS place"
    )
    at = f"now() - (({each}) - place) * interval '1 day'"
    with college.by_the_million(Message), college.by_the_million(MessageEvent):
        college.fill(
            Message,
            f"{series} ORDER BY place - ({each}), conversation.id",
            id="gen_random_uuid()",
            conversation_id="conversation.id",
            direction="CASE WHEN place % 3 = 0 THEN 'inbound' ELSE 'outbound' END",
            author_id=(
                "CASE WHEN place % 3 = 0 THEN NULL ELSE conversation.staff_id END"
            ),
            system_number_id="conversation.staff_id",
            student_phone=college.student_phone("conversation.student_id"),
            body=f"'{college.WORDS} ' || place",
            segments="1",
            status="CASE WHEN place % 3 = 0 THEN 'received' ELSE 'delivered' END",
            created_at=at,
            sent_at=at,
        )
        college.fill(
            MessageEvent,
            "conversations_message AS message",
            message_id="message.id",
            at="message.created_at",
            to_status="message.status",
            cause="'written'",
        )
    with connection.cursor() as cursor:
        cursor.execute("""
            UPDATE conversations_conversation AS conversation
            SET last_message_id = last.id,
                last_activity_at =
                    last.created_at - conversation.id * interval '1 second',
                unread_count = (conversation.id % 20 = 0)::int,
                needs_reply = conversation.id % 20 = 0
            FROM conversations_conversation AS same, LATERAL (
                SELECT id, created_at FROM conversations_message
                WHERE conversation_id = same.id
                ORDER BY position DESC LIMIT 1
            ) AS last
            WHERE same.id = conversation.id
        """)
