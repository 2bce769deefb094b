"""How far a STOP reaches and what START opens again, in
each scope a college may choose.
"""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from quadline.accounts.models import User
from quadline.consent import ledger
from quadline.consent.models import CarrierCheck, ConsentEntry
from quadline.consent.rules import Change, Reason, Source
from quadline.conversations.rules import Status
from quadline.delivery.opting import carrier_opt_outs
from quadline.delivery.opting.inflight import block_sends
from quadline.delivery.opting.requests import RequestedBy, record_stop_request
from quadline.delivery.permission import opt_out_scope
from quadline.delivery.tests.acts import (
    fresh,
    number_row,
    reply,
    send_due,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.cast import Cast
from tests.house import Simulator

MAYAS, THEOS, OMARS = "+17345550200", "+17345550201", "+17345550202"
REACH = {"number": {MAYAS}, "office": {MAYAS, THEOS}, "college": {MAYAS, THEOS, OMARS}}


@pytest.fixture(params=list(REACH))
def chosen(request: pytest.FixtureRequest, settings: Settings) -> str:
    settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": request.param})
    return str(request.param)


@pytest.fixture
def numbers(people: Cast) -> dict[str, SystemNumber]:
    """Maya and Theo are of one office, Omar is of another."""
    assert people.maya.office == people.theo.office != people.omar.office
    whose = {MAYAS: people.maya, THEOS: people.theo, OMARS: people.omar}
    return {phone: number_row(user, phone) for phone, user in whose.items()}


def shut(student: Student) -> set[str]:
    """The numbers from which this student may not be texted, by
    every question that is asked of it.
    """
    pairs = [(student.mobile, phone) for phone in (MAYAS, THEOS, OMARS)]
    by_pairs = {system for _, system in opt_out_scope.opted_out_in_scope(pairs)}
    assert by_pairs == {
        phone
        for phone in REACH["college"]
        if student.mobile in opt_out_scope.phones_out_in_scope(phone)
    }
    assert by_pairs == {
        phone
        for phone in REACH["college"]
        if _is_out(opt_out_scope.standing_in_scope((student.mobile, phone)))
    }
    return by_pairs


def _is_out(state: object) -> bool:
    return bool(getattr(state, "opted_out", False))


def test_a_stop_reaches_as_far_as_the_college_chose(
    people: Cast, numbers: dict[str, SystemNumber], chosen: str
) -> None:
    reply(people.rosa.mobile, MAYAS, "STOP")
    assert shut(people.rosa) == REACH[chosen]
    assert shut(people.bo) == set()


def test_what_waits_anywhere_within_its_reach_is_closed(
    people: Cast, numbers: dict[str, SystemNumber], chosen: str
) -> None:
    texts = {
        MAYAS: write(people.maya, people.rosa),
        THEOS: write(people.theo, people.rosa),
    }
    other = write(people.theo, people.bo)
    reply(people.rosa.mobile, MAYAS, "STOP")
    closed = {phone for phone, text in texts.items() if status(text) == Status.BLOCKED}
    assert closed == REACH[chosen] - {OMARS}
    assert all(fresh(texts[phone]).reason == Reason.OPTED_OUT for phone in closed)
    assert status(other) == Status.QUEUED


def test_a_new_text_from_a_colleague_is_blocked_and_so_is_one_that_was_due(
    people: Cast, box: Simulator, numbers: dict[str, SystemNumber], chosen: str
) -> None:
    reply(people.rosa.mobile, MAYAS, "STOP")
    assert (write(people.theo, people.rosa).status == Status.BLOCKED) is (
        THEOS in REACH[chosen]
    )


def test_the_last_look_before_a_text_leaves_asks_as_widely(
    people: Cast, box: Simulator, numbers: dict[str, SystemNumber], chosen: str
) -> None:
    text = write(people.theo, people.rosa)
    ledger.record_consent(
        pair=(people.rosa.mobile, MAYAS),
        change=Change.OPT_OUT,
        source=Source.REPLY,
        occurred_at=timezone.now(),
    )
    send_due()
    assert (status(text) == Status.BLOCKED) is (THEOS in REACH[chosen])


@pytest.mark.parametrize("to", [MAYAS, THEOS])
def test_a_start_opens_as_far_as_a_stop_reaches(
    people: Cast, numbers: dict[str, SystemNumber], chosen: str, to: str
) -> None:
    now = timezone.now()
    said(people.rosa, MAYAS, "STOP", at=now - timedelta(hours=2))
    said(people.rosa, to, "START", at=now)
    expected = set() if to in REACH[chosen] else REACH[chosen]
    assert shut(people.rosa) == expected


def test_a_start_from_another_office_opens_nothing_in_the_first(
    people: Cast, numbers: dict[str, SystemNumber], settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": "office"})
    now = timezone.now()
    said(people.rosa, MAYAS, "STOP", at=now - timedelta(hours=2))
    said(people.rosa, OMARS, "START", at=now)
    assert shut(people.rosa) == REACH["office"]


def test_a_stop_that_came_late_does_not_undo_a_newer_start_to_a_colleague(
    people: Cast, numbers: dict[str, SystemNumber], chosen: str
) -> None:
    """STOP was said first and read from the log last."""
    now = timezone.now()
    said(people.rosa, THEOS, "START", at=now - timedelta(hours=1))
    said(people.rosa, MAYAS, "STOP", at=now - timedelta(hours=2))
    assert shut(people.rosa) == ({MAYAS} if chosen == "number" else set())


def test_close_together_stop_wins_until_the_carrier_has_said_the_order(
    people: Cast, numbers: dict[str, SystemNumber], settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": "college"})
    reply(people.rosa.mobile, THEOS, "START")
    reply(people.rosa.mobile, MAYAS, "STOP")
    assert shut(people.rosa) == REACH["college"]


def test_a_refusal_by_the_carrier_is_nobodys_word(
    people: Cast, numbers: dict[str, SystemNumber], chosen: str
) -> None:
    ledger.record_consent(
        pair=(people.rosa.mobile, MAYAS),
        change=Change.OPT_OUT,
        source=Source.CARRIER,
        occurred_at=timezone.now(),
    )
    assert shut(people.rosa) == {MAYAS}


def test_what_a_student_said_in_person_reaches_as_far(
    people: Cast, numbers: dict[str, SystemNumber], chosen: str
) -> None:
    now = timezone.now()
    record_stop_request(
        student=people.rosa,
        inbox=people.maya.inbox,
        actor=people.maya,
        how=RequestedBy.IN_PERSON,
        said_at=now,
        now=now,
    )
    assert shut(people.rosa) == REACH[chosen]


def test_without_an_office_a_stop_reaches_its_number(
    people: Cast, numbers: dict[str, SystemNumber], settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": "office"})
    User.objects.update(office=None)
    reply(people.rosa.mobile, MAYAS, "STOP")
    assert shut(people.rosa) == {MAYAS}


def test_a_number_rented_after_the_stop_is_shut_too(
    people: Cast, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": "college"})
    number_row(people.maya, MAYAS)
    reply(people.rosa.mobile, MAYAS, "STOP")
    number_row(people.theo, THEOS)
    assert (people.rosa.mobile, THEOS) in opt_out_scope.opted_out_in_scope(
        [(people.rosa.mobile, THEOS)]
    )


@pytest.mark.django_db(transaction=True)
def test_a_stop_to_one_number_waits_for_a_hand_over_from_another(
    committed_people: Cast, settings: Settings
) -> None:
    """No text is handed over after a STOP has committed, from
    any number that it reaches.
    """
    settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": "college"})
    student = committed_people.rosa.mobile
    number_row(committed_people.maya, MAYAS)
    number_row(committed_people.theo, THEOS)
    held = ledger.lock_shared([(student, THEOS)])
    assert held == {(student, THEOS)}
    has_the_lock = threading.Event()

    def stop() -> None:
        with transaction.atomic():
            block_sends((student, MAYAS))
            has_the_lock.set()
        connection.close()

    stopping = threading.Thread(target=stop)
    stopping.start()
    assert not has_the_lock.wait(0.3)
    ledger.unlock(held)
    stopping.join()
    assert has_the_lock.is_set()


def said(student: Student, to: str, body: str, *, at: datetime) -> None:
    reply(student.mobile, to, body, said_at=at)
    assert ConsentEntry.objects.filter(system_phone=to).exists()


def test_a_start_to_a_colleague_is_no_opt_in_to_the_carrier_at_this_number(
    people: Cast, box: Simulator, numbers: dict[str, SystemNumber], settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": "office"})
    now = timezone.now()
    said(people.rosa, THEOS, "STOP", at=now - timedelta(hours=2))
    said(people.rosa, MAYAS, "START", at=now)
    carrier_opt_outs.compare_with_carrier(timestamp=0)
    checks = CarrierCheck.objects.filter(state__student_phone=people.rosa.mobile)
    assert set(checks.values_list("state__system_phone", "agrees", "detail")) == {
        (MAYAS, True, carrier_opt_outs.OWN_WORD),
        (THEOS, False, carrier_opt_outs.STARTED_ELSEWHERE),
    }
