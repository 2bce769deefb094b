"""STOPs that come together are filed together: with as many
statements for two hundred as for twenty.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from starlette.applications import Starlette

from quadline.carriers.protocol import InboundText
from quadline.consent import ledger
from quadline.consent.models import ConsentEntry, ConsentState, StopQuestion
from quadline.consent.rules import Change
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Direction, Status
from quadline.delivery.inbound import filing, stop_start_order
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.tests.acts import number_row, status, write
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry, Student
from quadline.webhooks import events
from quadline.webhooks.events import InboundCall, file_without_waiting
from quadline.webhooks.models import CarrierEvent
from quadline.webhooks.tests.conftest import FORM, Caller, ask, opened_door
from tests.cast import Cast
from tests.house import PATIENCE, eventually
from tests.work import measured

INBOUND = "/webhooks/twilio/inbound"
# Of all steps of one statement, for each STOP.
FEW_ROWS = 30


def phone_of(place: int) -> str:
    return f"+1734201{place:04}"


def heard(
    place: int, body: str = "STOP", *, to: str, sid: str = "", sender: str = ""
) -> InboundCall:
    sid = sid or f"SM{place:032d}"
    return InboundCall(
        "twilio",
        InboundText(sid, sender or phone_of(place), to, body),
        {"MessageSid": sid, "Body": body},
    )


def students(people: Cast, count: int) -> list[Student]:
    """Of Maya, each with a conversation."""
    made = Student.objects.bulk_create(
        Student(
            institutional_id=f"7{place:07}",
            first_name=f"First{place}",
            last_name="Many",
            email=f"s{place}@alder.example",
            mobile=phone_of(place),
        )
        for place in range(count)
    )
    CaseloadEntry.objects.bulk_create(
        CaseloadEntry(staff=people.maya, student=each, relation="Advisor")
        for each in made
    )
    now = timezone.now()
    Conversation.objects.bulk_create(
        Conversation(inbox=people.maya.inbox, student=each, last_activity_at=now)
        for each in made
    )
    return made


@contextmanager
def in_hand(pair: ledger.PhonePair) -> Iterator[Callable[[], object]]:
    """A text to this pair is at the carrier: a sender holds
    its lock until it is released.
    """
    with psycopg.connect(
        **connection.get_connection_params(), autocommit=True
    ) as other:
        lock = ledger.lock_name(pair)
        other.execute("SELECT pg_advisory_lock_shared(hashtextextended(%s, 0))", [lock])
        yield lambda: other.execute(
            "SELECT pg_advisory_unlock_shared(hashtextextended(%s, 0))", [lock]
        )


@pytest.fixture
def mayas(people: Cast) -> SystemNumber:
    return number_row(people.maya)


def filed_with(stops: Sequence[InboundCall]) -> int:
    """How many statements it takes to file these."""
    with CaptureQueriesContext(connection) as statements:
        filed = file_without_waiting(stops)
    assert filed == {each.event: False for each in stops}
    return len(statements)


@pytest.mark.parametrize("scope", ["number", "office", "college"])
@pytest.mark.parametrize("body", ["STOP", "Stop."])
def test_two_hundred_take_no_more_statements_than_twenty(
    people: Cast, mayas: SystemNumber, settings: Settings, scope: str, body: str
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": scope})
    students(people, 220)
    few = [heard(place, body, to=mayas.phone) for place in range(20)]
    many = [heard(place, body, to=mayas.phone) for place in range(20, 220)]

    needed_by_few, needed_by_many = filed_with(few), filed_with(many)

    assert needed_by_many == needed_by_few
    assert needed_by_many <= (16 if scope == "number" else 20)
    assert ConsentEntry.objects.filter(change=Change.OPT_OUT).count() == 220
    assert ConsentState.objects.filter(opted_out=True).count() == 220
    assert Message.objects.filter(status=Status.RECEIVED).count() == 220
    assert CarrierEvent.objects.filter(result="filed").count() == 220
    assert not Conversation.objects.filter(needs_reply=True).exists()


def test_it_is_looked_up_once_where_they_belong(
    people: Cast, mayas: SystemNumber
) -> None:
    students(people, 3)
    with CaptureQueriesContext(connection) as statements:
        file_without_waiting([heard(place, to=mayas.phone) for place in range(3)])
    looks = [
        each
        for each in statements
        if "AS text (system_phone, student_phone" in each["sql"]
    ]
    assert len(looks) == 1


def test_a_broadcast_that_waits_makes_no_stop_dearer(
    people: Cast, mayas: SystemNumber
) -> None:
    """Of those who say STOP nothing waits: the texts of others are not gone through."""
    students(people, 1020)
    talks = Conversation.objects.order_by("pk")[20:]
    Message.objects.bulk_create(
        Message(
            id=uuid.uuid4(),
            conversation=talk,
            direction=Direction.OUTBOUND,
            author=people.maya,
            system_number=mayas,
            is_bulk=True,
            student_phone=phone_of(20 + place),
            body="Registration opens on Monday.",
            status=Status.WAITING,
            created_at=timezone.now(),
            due_at=timezone.now(),
        )
        for place, talk in enumerate(talks)
    )
    with measured() as work:
        file_without_waiting([heard(place, to=mayas.phone) for place in range(20)])
    assert ConsentState.objects.filter(opted_out=True).count() == 20
    looks = [
        each.sql
        for each in work.statements
        if each.rows_of("conversations_message") > 20 * FEW_ROWS
    ]
    assert [sql for sql in looks if "INSERT" not in sql] == []


def test_each_has_its_own_proof_and_closes_what_waits_for_its_student(
    people: Cast, mayas: SystemNumber
) -> None:
    made = students(people, 4)
    waiting = [write(people.maya, student) for student in made]
    words = ["STOP", "unsubscribe", "Stop!", "HELP"]
    file_without_waiting(
        [heard(place, word, to=mayas.phone) for place, word in enumerate(words)]
    )

    entries = ConsentEntry.objects.order_by("pk")
    assert [
        (entry.student_phone, entry.keyword, entry.wording) for entry in entries
    ] == [
        (phone_of(0), "STOP", "STOP"),
        (phone_of(1), "UNSUBSCRIBE", "unsubscribe"),
        (phone_of(2), "STOP", "Stop!"),
    ]
    assert [entry.carrier_reference for entry in entries] == [
        f"SM{place:032d}" for place in range(3)
    ]
    assert [status(text) for text in waiting] == [*[Status.BLOCKED] * 3, Status.QUEUED]
    assert OutgoingEmail.objects.filter(is_failsafe=True).count() == 3
    assert [talk.needs_reply for talk in Conversation.objects.order_by("pk")] == [
        False,
        False,
        False,
        True,
    ]


def test_who_is_out_and_in_again_and_out_is_filed_with_the_others(
    people: Cast, mayas: SystemNumber
) -> None:
    students(people, 3)
    file_without_waiting([heard(place, to=mayas.phone) for place in range(3)])
    back = [
        heard(place, "START", to=mayas.phone, sid=f"SMback{place}")
        for place in range(2)
    ]
    assert file_without_waiting(back) == {each.event: True for each in back}, (
        "only the carrier can tell the order"
    )
    again = [heard(place, to=mayas.phone, sid=f"SMagain{place}") for place in range(3)]
    in_doubt = file_without_waiting(again)
    assert [in_doubt[each.event] for each in again] == [True, True, False]
    assert ledger.opted_out((phone_of(place), mayas.phone) for place in range(3)) == {
        (phone_of(place), mayas.phone) for place in range(3)
    }
    assert ConsentEntry.objects.count() == 8


def test_what_may_mean_stop_is_asked_about_beside_stops(
    people: Cast, mayas: SystemNumber
) -> None:
    students(people, 3)
    bodies = ["STOP", "please stop texting me", "STOP"]
    filed = file_without_waiting(
        [heard(place, body, to=mayas.phone) for place, body in enumerate(bodies)]
    )
    assert len(filed) == 3
    assert [question.student_phone for question in StopQuestion.objects.all()] == [
        phone_of(1)
    ]


def test_an_open_question_is_answered_by_the_students_own_stop(
    people: Cast, mayas: SystemNumber
) -> None:
    students(people, 2)
    file_without_waiting(
        [heard(0, "please stop texting me", to=mayas.phone, sid="SMasked")]
    )
    file_without_waiting([heard(place, to=mayas.phone) for place in range(2)])
    assert [question.answer for question in StopQuestion.objects.all()] == [
        StopQuestion.Answer.STOP
    ]


def test_of_one_pair_the_first_is_filed_and_what_follows_waits_for_it(
    people: Cast, mayas: SystemNumber
) -> None:
    students(people, 2)
    stop, start = (
        heard(0, to=mayas.phone),
        heard(0, "START", to=mayas.phone, sid="SMstart"),
    )
    other = heard(1, to=mayas.phone)
    assert file_without_waiting([stop, start, other]) == {
        stop.event: False,
        other.event: False,
    }
    assert events.file_request(start) is True, (
        "in doubt until the carrier has said which came last"
    )
    assert ledger.is_opted_out((phone_of(0), mayas.phone))
    assert list(
        ConsentEntry.objects.filter(student_phone=phone_of(0))
        .order_by("pk")
        .values_list("change", flat=True)
    ) == [
        Change.OPT_OUT,
        Change.OPT_IN,
    ]


def test_where_a_stop_reaches_several_numbers_so_does_its_lock(
    people: Cast, mayas: SystemNumber, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": "college"})
    theos = number_row(people.theo, "+17345550202")
    [student] = students(people, 1)
    texts = [write(people.maya, student), write(people.theo, student)]
    to_maya, to_theo = heard(0, to=mayas.phone), heard(0, to=theos.phone, sid="SMtheo")
    assert list(file_without_waiting([to_maya, to_theo])) == [to_maya.event]
    assert [status(text) for text in texts] == [Status.BLOCKED, Status.BLOCKED]


def test_the_same_call_twice_is_filed_once(people: Cast, mayas: SystemNumber) -> None:
    students(people, 2)
    calls = [
        heard(0, to=mayas.phone),
        heard(0, to=mayas.phone),
        heard(1, to=mayas.phone),
    ]
    filed = file_without_waiting(calls)
    assert (
        file_without_waiting(calls)
        == filed
        == {
            calls[0].event: False,
            calls[2].event: False,
        }
    )
    assert (
        ConsentEntry.objects.count(),
        Message.objects.count(),
        CarrierEvent.objects.count(),
    ) == (2, 2, 2)


def test_one_that_is_not_ours_is_stored_beside_the_others(
    people: Cast, mayas: SystemNumber
) -> None:
    students(people, 1)
    stranger = heard(1, to="+17345550299")
    assert len(file_without_waiting([heard(0, to=mayas.phone), stranger])) == 2
    assert (
        CarrierEvent.objects.get(key=stranger.key).result
        == "to a number that is not ours"
    )


@pytest.mark.django_db(transaction=True)
def test_one_whose_text_is_on_its_way_is_left_and_nothing_of_it_is_stored(
    committed_people: Cast,
) -> None:
    number = number_row(committed_people.maya)
    students(committed_people, 3)
    stops = [heard(place, to=number.phone) for place in range(3)]
    with in_hand((phone_of(1), number.phone)):
        filed = file_without_waiting(stops)
    assert set(filed) == {stops[0].event, stops[2].event}
    assert not ledger.is_opted_out((phone_of(1), number.phone))
    assert not CarrierEvent.objects.filter(key=stops[1].key).exists()


@pytest.mark.django_db(transaction=True)
def test_one_whose_conversation_somebody_writes_in_is_left(
    committed_people: Cast,
) -> None:
    number = number_row(committed_people.maya)
    students(committed_people, 2)
    stops = [heard(place, to=number.phone) for place in range(2)]
    with psycopg.connect(**connection.get_connection_params()) as other:
        talk = Conversation.objects.get(student__mobile=phone_of(0))
        other.execute(
            "SELECT 1 FROM conversations_conversation WHERE id = %s FOR UPDATE",
            [talk.pk],
        )
        assert set(file_without_waiting(stops)) == {stops[1].event}
        other.rollback()


class Door:
    """The carrier's calls at our door, many at once."""

    def __init__(self, *calls: tuple[int, str, str]) -> None:
        """``calls``: whose phone, which words, under which id."""
        self.calls = calls

    def answers(
        self, to: str, *, meanwhile: Callable[[list[int]], None] | None = None
    ) -> list[int]:
        return asyncio.run(self._call_all(to, meanwhile))

    async def _call_all(
        self, to: str, meanwhile: Callable[[list[int]], None] | None
    ) -> list[int]:
        ended: list[int] = []
        looking = Thread(target=meanwhile, args=(ended,)) if meanwhile else None
        async with opened_door() as door:
            tasks = [
                asyncio.create_task(self._call(door, to, place, ended))
                for place in range(len(self.calls))
            ]
            if looking:
                looking.start()
            answers = await asyncio.gather(*tasks)
        if looking:
            looking.join(PATIENCE)
        return answers

    async def _call(
        self, door: Starlette, to: str, place: int, ended: list[int]
    ) -> int:
        whose, body, sid = self.calls[place]
        form = {"MessageSid": sid, "From": phone_of(whose), "To": to, "Body": body}
        headers = {
            "content-type": FORM,
            "x-twilio-signature": Caller().signature(INBOUND, form),
        }
        answer = await ask(door, "POST", INBOUND, urlencode(form).encode(), headers)
        ended.append(place)
        return answer.status


@pytest.mark.django_db(transaction=True)
def test_one_that_waits_for_its_text_keeps_back_no_other(
    committed_people: Cast,
) -> None:
    number = number_row(committed_people.maya)
    students(committed_people, 30)
    hung = (phone_of(7), number.phone)
    before: list[list[int]] = []
    with in_hand(hung) as let_go:

        def look(ended: list[int]) -> None:
            eventually(lambda: len(ended) == 29)
            before.append(list(ended))
            assert not ledger.is_opted_out(hung)
            let_go()
            connection.close()

        answers = Door(*((place, "STOP", f"SM{place}") for place in range(30))).answers(
            number.phone, meanwhile=look
        )
    assert answers == [200] * 30
    assert 7 not in before[0]
    assert ConsentState.objects.filter(opted_out=True).count() == 30


@pytest.mark.django_db(transaction=True)
def test_one_that_cannot_be_filed_loses_no_other(
    committed_people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = number_row(committed_people.maya)
    students(committed_people, 12)
    file_replies = filing.file_replies

    def fail_on_one(texts: Sequence[InboundText], **more: Any) -> Any:
        filed = file_replies(texts, **more)
        if any(text.student_phone == phone_of(5) for text in texts):
            raise DataError("a value that the database does not take")
        return filed

    monkeypatch.setattr(events, "file_replies", fail_on_one)
    answers = Door(*((place, "STOP", f"SM{place}") for place in range(12))).answers(
        number.phone
    )
    assert answers == [400 if place == 5 else 200 for place in range(12)]
    assert set(ConsentState.objects.values_list("student_phone", flat=True)) == {
        phone_of(place) for place in range(12) if place != 5
    }


@pytest.mark.django_db(transaction=True)
def test_start_and_stop_of_one_student_among_many_end_as_the_carrier_dates_them(
    committed_people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = number_row(committed_people.maya)
    students(committed_people, 10)
    looked_up: list[ledger.PhonePair] = []
    monkeypatch.setattr(
        stop_start_order, "settle_if_in_doubt", lambda pair: looked_up.append(pair)
    )
    calls = [(place, "STOP", f"SM{place}") for place in range(10)]
    answers = Door(*calls, (3, "START", "SMstart"), (3, "STOP", "SM3")).answers(
        number.phone
    )
    assert answers == [200] * 12
    assert ConsentEntry.objects.count() == 11
    assert ConsentState.objects.filter(opted_out=True).count() == 10
    assert set(looked_up) == {(phone_of(3), number.phone)}, (
        "the carrier is asked about nobody else"
    )
