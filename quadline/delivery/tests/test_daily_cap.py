"""The college's texts of a day are never exceeded; what is above waits visibly,
broadcasts before single texts.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings

from quadline.conversations.models import Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery import alerts
from quadline.delivery.models import Attempt, DayCount
from quadline.delivery.outcomes import reconciliation
from quadline.delivery.rules import MAX_LOOKUPS
from quadline.delivery.sending import daily_cap
from quadline.delivery.tests.acts import (
    at_once,
    due_now,
    fresh,
    jobs,
    look_due,
    rent,
    send_due,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.house import Simulator, eventually

DETROIT, ANGELES = ZoneInfo("America/Detroit"), ZoneInfo("America/Los_Angeles")
NOON = datetime(2026, 12, 1, 12, 0, tzinfo=DETROIT)
ANGELES_MIDNIGHT = datetime(2026, 12, 2, 0, 0, tzinfo=ANGELES)


@pytest.fixture
def capped(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return lambda cap: monkeypatch.setattr(settings.ENV, "texts_per_day", cap)


@pytest.fixture
def clock(people: Cast) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=True) as clock:
        yield clock


@pytest.fixture
def introduced(
    people: Cast, clock: time_machine.Traveller, number: SystemNumber
) -> SystemNumber:
    """From here on texts to Rosa and Bo carry no notice: each is one segment."""
    for student in (people.rosa, people.bo):
        write(people.maya, student, "Hello")
    send_due()
    return number


def in_bulk(people: Cast, count: int) -> list[Message]:
    texts = [write(people.maya, people.bo, f"bulk {at}") for at in range(count)]
    Message.objects.filter(pk__in=[text.pk for text in texts]).update(
        is_bulk=True, status=Status.WAITING, reason=WaitingFor.TURN
    )
    return texts


def taken(box: Simulator) -> int:
    return len(box.accepts()) - 2  # but for those that introduced Maya


def test_no_more_leave_than_the_day_allows_and_the_rest_says_why_it_waits(
    people: Cast,
    box: Simulator,
    introduced: SystemNumber,
    capped: Callable[[int], None],
) -> None:
    capped(5)
    texts = [write(people.maya, people.rosa, f"text {at}") for at in range(8)]
    send_due()
    assert taken(box) == 5
    last = fresh(texts[-1])
    assert (last.status, last.reason) == (Status.QUEUED, WaitingFor.TOMORROW)
    assert last.due_at == ANGELES_MIDNIGHT


def test_the_next_day_of_the_networks_it_goes_on_in_order(
    people: Cast,
    box: Simulator,
    introduced: SystemNumber,
    capped: Callable[[int], None],
    clock: time_machine.Traveller,
) -> None:
    capped(5)
    texts = [write(people.maya, people.rosa, f"text {at}") for at in range(8)]
    send_due()
    clock.move_to(ANGELES_MIDNIGHT.replace(hour=0, minute=0).timestamp() - 60)
    send_due()
    assert taken(box) == 5, (
        "midnight in Detroit was three hours ago, and that is not when the networks'"
        " day begins"
    )
    clock.move_to(ANGELES_MIDNIGHT.timestamp() + 60)
    send_due()
    assert [line["body"] for line in box.accepts()][2:] == [
        f"text {at}" for at in range(8)
    ]
    assert {(status(text), fresh(text).reason) for text in texts} == {(Status.SENT, "")}


def test_after_the_night_where_the_campus_sleeps_at_midnight_in_los_angeles(
    people: Cast, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.ENV, "quiet_hours", "21:00-08:00")
    monkeypatch.setattr(settings.ENV, "college_time_zone", "America/Detroit")
    assert daily_cap.cap_resets_at(NOON).astimezone(DETROIT) == datetime(
        2026, 12, 2, 8, 0, tzinfo=DETROIT
    )


def test_a_tenth_is_kept_for_single_texts(
    people: Cast,
    box: Simulator,
    introduced: SystemNumber,
    capped: Callable[[int], None],
) -> None:
    capped(20)
    texts = in_bulk(people, 30)
    send_due()
    assert taken(box) == 18
    assert {fresh(text).reason for text in texts[18:]} == {WaitingFor.TOMORROW}
    single = [write(people.maya, people.rosa, f"single {at}") for at in range(3)]
    send_due()
    assert [status(text) for text in single] == [
        Status.SENT,
        Status.SENT,
        Status.QUEUED,
    ]
    assert taken(box) == 20


def test_single_texts_go_first_when_little_is_left(
    people: Cast,
    box: Simulator,
    introduced: SystemNumber,
    capped: Callable[[int], None],
) -> None:
    capped(10)
    in_bulk(people, 20)
    single = [write(people.maya, people.rosa, f"single {at}") for at in range(6)]

    def all_taken() -> bool:
        send_due()  # one that was looked at too early comes back a moment later
        return taken(box) >= 10

    eventually(all_taken)
    assert {status(text) for text in single} == {Status.SENT}
    send_due()
    assert taken(box) == 10


def test_segments_are_counted_not_texts(
    people: Cast,
    box: Simulator,
    introduced: SystemNumber,
    capped: Callable[[int], None],
) -> None:
    capped(4)
    long, short = (
        write(people.maya, people.rosa, "x" * 400),
        write(people.maya, people.rosa, "y" * 200),
    )
    send_due()
    assert [status(text) for text in (long, short)] == [Status.SENT, Status.QUEUED]
    assert DayCount.objects.get().segments == 4


def test_a_shorter_text_does_not_slip_past_one_that_waits_until_tomorrow(
    people: Cast,
    box: Simulator,
    introduced: SystemNumber,
    capped: Callable[[int], None],
) -> None:
    capped(2)
    write(people.maya, people.rosa, "x" * 400)
    send_due()
    write(people.maya, people.rosa, "ok")
    write(people.maya, people.bo, "ok")
    send_due()
    assert taken(box) == 0


def test_what_the_carrier_did_not_take_is_not_used_up(
    people: Cast,
    box: Simulator,
    introduced: SystemNumber,
    capped: Callable[[int], None],
) -> None:
    capped(3)
    box.fault(kind="rate_limit", retry_after=1, times=2)
    box.fault(kind="reset", to=people.bo.mobile, times=1)
    texts = [
        write(people.maya, people.rosa, "one"),
        write(people.maya, people.bo, "two"),
    ]
    for _ in range(3):
        send_due()
        due_now()
    for _ in range(MAX_LOOKUPS):
        look_due()
        reconciliation.settle_unknown_attempts(timestamp=0)
    send_due()
    assert {status(text) for text in texts} == {Status.SENT}
    assert Attempt.objects.filter(message__in=texts).count() >= 4
    assert DayCount.objects.get().segments == 2


def test_a_text_that_waits_for_tomorrow_does_not_become_an_email_today(
    people: Cast,
    box: Simulator,
    introduced: SystemNumber,
    capped: Callable[[int], None],
) -> None:
    capped(1)
    texts = [write(people.maya, people.rosa, f"text {at}") for at in range(2)]
    send_due()
    deadline = fresh(texts[1]).deadline_at
    assert deadline is not None
    assert deadline > ANGELES_MIDNIGHT


def test_administrators_are_told_once_for_broadcasts_and_once_for_all(
    people: Cast,
    box: Simulator,
    introduced: SystemNumber,
    capped: Callable[[int], None],
    mailoutbox: list[object],
) -> None:
    capped(10)
    in_bulk(people, 12)
    send_due()
    in_bulk(people, 2)
    send_due()
    for at in range(3):
        write(people.maya, people.rosa, f"single {at}")
    send_due()
    assert [job["only_broadcasts"] for job in jobs(alerts.email_daily_cap_reached)] == [
        True,
        False,
    ]
    for each in jobs(alerts.email_daily_cap_reached):
        alerts.email_daily_cap_reached(**each)
    assert [letter.to for letter in mailoutbox] == [[people.ada.email]] * 2  # type: ignore[attr-defined]


def test_without_a_cap_nothing_is_counted(
    people: Cast, box: Simulator, introduced: SystemNumber
) -> None:
    write(people.maya, people.rosa, "ok")
    send_due()
    assert not DayCount.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("twilio")
def test_workers_at_once_do_not_use_the_last_of_a_day_twice(
    committed_people: Cast, box: Simulator, capped: Callable[[int], None]
) -> None:
    rent(committed_people.maya)
    rent(committed_people.omar)
    capped(9)
    for at in range(8):
        write(
            committed_people.maya,
            committed_people.rosa if at % 2 else committed_people.bo,
            f"text {at}",
        )
        write(committed_people.omar, committed_people.kim, f"text {at}")
    at_once([send_due] * 3)
    send_due()
    assert sum(line["segments"] for line in box.accepts()) <= 9
    assert Message.objects.filter(reason=WaitingFor.TOMORROW).exists()


def test_two_readings_of_the_same_absence_give_its_segments_back_once(
    people: Cast,
    box: Simulator,
    introduced: SystemNumber,
    capped: Callable[[int], None],
) -> None:
    capped(5)
    write(people.maya, people.rosa, "one")
    send_due()
    box.fault(kind="reset", times=1)
    write(people.maya, people.bo, "two")
    send_due()
    assert DayCount.objects.get().segments == 2
    look_due()
    reconciliation.settle_unknown_attempts(timestamp=0)
    [attempt] = Attempt.objects.filter(outcome=Attempt.Outcome.UNKNOWN).select_related(
        "message__system_number"
    )
    # another began when the first had not come back within READING_LASTS
    for _ in range(2):
        reconciliation.settle_attempts([attempt], now=datetime.now(DETROIT))
    assert DayCount.objects.get().segments == 1
