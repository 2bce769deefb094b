"""Each fault, on demand, as often as asked, and noted when used."""

import socket
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from quadline.simulator.tests.college import College
from quadline.simulator.tests.driver import (
    SERVICE,
    STUDENT,
    Simulator,
    official_client,
)

OTHER = "+17345550178"


def is_listening(url: str) -> bool:
    place = urlsplit(url)
    try:
        socket.create_connection((place.hostname, place.port), timeout=120).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_fault_strikes_whom_it_names_as_often_as_it_says(
    simulator: Simulator, advisor_number: str
) -> None:
    simulator.fault("refuse", code=21612, to=STUDENT, times=1)
    assert simulator.send(advisor_number, to=OTHER).sid
    assert simulator.refused(advisor_number) == 21612
    assert simulator.send(advisor_number).sid
    assert [line["fault"] for line in simulator.ledger("fault")] == ["refuse"]
    assert simulator.get("faults") == []


def test_too_many_requests(simulator: Simulator, advisor_number: str) -> None:
    simulator.fault("rate_limit", retry_after=2, times=1)
    url = f"{simulator.url}/2010-04-01/Accounts/{simulator.client.account_sid}/Messages.json"
    wish = {"To": STUDENT, "From": advisor_number, "Body": "Hi"}
    answer = requests.post(url, data=wish, auth=simulator.client.auth, timeout=120)
    assert (answer.status_code, answer.json()["code"]) == (429, 20429)
    assert answer.headers["Retry-After"] == "2"
    assert not simulator.ledger("accept")


def test_accepted_and_then_an_error(simulator: Simulator, advisor_number: str) -> None:
    simulator.fault("accept_then_500", times=1)
    with pytest.raises(TwilioRestException) as lost:
        simulator.send(advisor_number)
    assert lost.value.status == 500
    found = simulator.client.messages.list(to=STUDENT, from_=advisor_number)
    assert len(found) == len(simulator.ledger("accept")) == 1


@pytest.mark.parametrize("then", ["500", "close"])
def test_accepted_and_then_silence(
    simulator: Simulator, advisor_number: str, then: str
) -> None:
    simulator.fault("accept_then_hang", seconds=0.2, then=then, times=1)
    begun = time.monotonic()
    with pytest.raises((TwilioRestException, requests.ConnectionError)):
        simulator.send(advisor_number)
    assert time.monotonic() - begun >= 0.2
    assert len(simulator.ledger("accept")) == 1


def test_a_client_that_gives_up_has_still_sent(
    simulator: Simulator, advisor_number: str
) -> None:
    simulator.fault("accept_then_hang", seconds=60, times=1)
    hasty = official_client(simulator.url, timeout=2)
    with pytest.raises(requests.Timeout):
        hasty.messages.create(to=STUDENT, from_=advisor_number, body="Hi")
    assert len(simulator.ledger("accept")) == 1


def test_a_reset_connection_accepts_nothing(
    simulator: Simulator, advisor_number: str
) -> None:
    simulator.fault("reset", times=1)
    with pytest.raises(requests.ConnectionError):
        simulator.send(advisor_number)
    assert not simulator.ledger("accept")
    assert simulator.send(advisor_number).sid


def test_nobody_listens_for_a_while(simulator: Simulator, advisor_number: str) -> None:
    simulator.fault("refuse_connections", seconds=3)
    simulator.wait_until(lambda: not is_listening(simulator.url))
    with pytest.raises(requests.ConnectionError) as refused:
        simulator.send(advisor_number)
    assert "refused" in str(refused.value)
    simulator.wait_until(lambda: is_listening(simulator.url))
    assert simulator.send(advisor_number).sid
    assert len(simulator.ledger("accept")) == 1


@pytest.mark.parametrize("code", [30003, 30005, 30006, 30007])
def test_a_text_fails_on_the_way(
    simulator: Simulator, college: College, advisor_number: str, code: int
) -> None:
    simulator.fault("fail", code=code, times=1)
    message = simulator.send(advisor_number, college)
    last = college.wait_for("/status", 4)[-1].form
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", str(code))
    assert simulator.client.messages(message.sid).fetch().error_code == code


def test_a_text_fails_before_it_leaves(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    simulator.fault("fail", code=30001, status="failed", times=1)
    message = simulator.send(advisor_number, college)
    college.wait_for("/status", 2)
    assert college.statuses(message.sid) == ["queued", "failed"]


def test_a_landline_and_a_phone_switched_off(
    simulator: Simulator, advisor_number: str
) -> None:
    simulator.fault("landline", to=STUDENT, times=1)
    assert simulator.refused(advisor_number) == 21614
    simulator.fault("landline", to=STUDENT, at="callback", times=1)
    assert simulator.final(simulator.send(advisor_number).sid)["error_code"] == 30006
    simulator.fault("unreachable", to=STUDENT, times=1)
    assert simulator.final(simulator.send(advisor_number).sid)["error_code"] == 30003
    simulator.post("directory", phone_number=STUDENT, name="Home", is_landline=True)
    assert simulator.refused(advisor_number) == 21614


def test_a_text_without_a_receipt_stays_sent(
    simulator: Simulator, advisor_number: str
) -> None:
    simulator.fault("stuck_text", times=1)
    message = simulator.send(advisor_number)
    simulator.post("fast-forward", hours=24)
    assert simulator.client.messages(message.sid).fetch().status == "sent"


def test_callbacks_are_lost(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    simulator.fault("callback_lost", statuses=["queued", "sending"])
    message = simulator.send(advisor_number, college)
    college.wait_for("/status", 2)
    assert college.statuses(message.sid) == ["sent", "delivered"]


def test_callbacks_are_doubled(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    simulator.fault("callback_doubled", copies=5, statuses=["delivered"])
    message = simulator.send(advisor_number, college)
    college.wait_for("/status", 8)
    assert college.statuses(message.sid).count("delivered") == 5


def test_callbacks_are_reversed(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    simulator.fault("callback_reversed", times=1)
    message = simulator.send(advisor_number, college)
    college.wait_for("/status", 4)
    assert college.statuses(message.sid) == ["delivered", "sent", "sending", "queued"]


def test_callbacks_are_late(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    simulator.fault("callback_delayed", seconds=86400, statuses=["sent"])
    message = simulator.send(advisor_number, college)
    college.wait_for("/status", 3)
    assert college.statuses(message.sid) == ["queued", "sending", "delivered"]
    simulator.post("fast-forward", hours=24)
    assert college.statuses(message.sid)[-1] == "sent"


def test_a_reply_is_lost_but_in_the_log(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    simulator.fault("inbound_lost", times=1)
    sid = simulator.text(advisor_number, "hello")["sid"]
    assert not college.at("/inbound")
    assert [each.sid for each in simulator.client.messages.list(to=advisor_number)] == [
        sid
    ]


def test_each_reply_may_be_told_later_or_never(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    simulator.text(advisor_number, "START", webhook_after=3600)
    simulator.text(advisor_number, "STOP")
    simulator.text(advisor_number, "hello", webhook_lost=True)
    told = [hit.form["Body"] for hit in college.at("/inbound")]
    simulator.post("fast-forward", hours=2)
    late = [hit.form["Body"] for hit in college.at("/inbound")]
    log = [each.body for each in simulator.client.messages.list(to=advisor_number)]

    assert (told, late) == (["STOP"], ["STOP", "START"])
    assert log == [
        "hello",
        "STOP",
        "START",
    ], "the log has them as they were said, newest first"
    assert "http" in simulator.post(
        f"phones/{STUDENT}/texts", to=advisor_number, body="x", webhook_after=-1
    )


def test_replies_are_told_late_and_twice(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    simulator.fault("inbound_delayed", seconds=60, times=1)
    simulator.text(advisor_number, "late")
    simulator.fault("inbound_doubled", times=1)
    simulator.text(advisor_number, "twice")
    simulator.post("fast-forward", seconds=61)

    told = [hit.form["Body"] for hit in college.at("/inbound")]
    assert told == ["twice", "twice", "late"]


@pytest.mark.parametrize("seconds", [-40, 40, -3600, 3600])
def test_the_logs_clock_may_be_off(
    simulator: Simulator, advisor_number: str, seconds: int
) -> None:
    before = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
    sid = simulator.text(advisor_number, "hello", webhook_lost=True)["sid"]
    simulator.post("settings", log_clock_ahead=seconds)
    after = datetime.now(UTC) + timedelta(seconds=seconds)
    row = simulator.client.messages(sid).fetch()
    since = before - timedelta(seconds=1)
    listed = simulator.client.messages.list(to=advisor_number, date_sent_after=since)

    assert before <= row.date_created <= after
    assert row.date_created == row.date_sent
    assert [each.sid for each in listed] == [sid], "filtered by the same clock"


@pytest.mark.parametrize("kind", ["purchase_then_500", "purchase_then_hang"])
def test_a_number_is_bought_and_the_answer_lost(
    simulator: Simulator, kind: str
) -> None:
    simulator.fault(kind, seconds=0.1, times=1)
    numbers = simulator.client.incoming_phone_numbers
    with pytest.raises((TwilioRestException, requests.ConnectionError)):
        numbers.create(area_code="734", friendly_name="quadline:order:9")
    assert len(numbers.list(friendly_name="quadline:order:9")) == 1


def test_no_numbers_and_someone_took_it(simulator: Simulator) -> None:
    simulator.fault("search_empty", area_code="734", times=1)
    local = simulator.client.available_phone_numbers("US").local
    assert local.list(area_code=734) == []
    found = local.list(area_code=734)
    simulator.fault("someone_took_it", times=1)
    with pytest.raises(TwilioRestException) as taken:
        simulator.client.incoming_phone_numbers.create(
            phone_number=found[0].phone_number
        )
    assert taken.value.code == 21422
    assert not simulator.ledger("purchase")


def test_other_resources_can_be_cut_too(simulator: Simulator) -> None:
    simulator.fault("reset", on="services", times=1)
    with pytest.raises(requests.ConnectionError):
        simulator.client.messaging.v1.services(SERVICE).fetch()
    assert simulator.client.messaging.v1.services(SERVICE).fetch().sid == SERVICE


def test_a_fault_that_makes_no_sense_is_refused(simulator: Simulator) -> None:
    assert simulator.fault("gremlins")["http"] == 400
    assert simulator.fault("fail", colour="red")["http"] == 400
    assert simulator.post("settings", callback_delay="soon")["http"] == 400
    assert simulator.post("settings", nonsense=1)["http"] == 400
