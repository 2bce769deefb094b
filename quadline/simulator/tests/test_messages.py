"""Texts through the official client: accepted, told step by step, listed, redacted."""

from datetime import UTC, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioRestException

from quadline.simulator.tests.college import College
from quadline.simulator.tests.driver import SERVICE, STUDENT, Simulator

LADDER = ["queued", "sending", "sent", "delivered"]


def test_a_text_climbs_the_ladder_and_each_step_is_told(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    message = simulator.send(advisor_number, college)
    assert message.status == "accepted"
    assert message.num_segments == "0"
    hits = college.wait_for("/status", 4)
    assert [hit.form["MessageStatus"] for hit in hits] == LADDER
    assert all(hit.is_signed and hit.query == {"message": "1"} for hit in hits)
    assert hits[0].form["MessagingServiceSid"] == SERVICE
    assert "RawDlrDoneDate" in hits[-1].form
    assert "I-Twilio-Idempotency-Token" in hits[0].headers
    fetched = simulator.client.messages(message.sid).fetch()
    assert (fetched.status, fetched.num_segments) == ("delivered", "1")
    assert isinstance(fetched.date_sent, datetime)


def test_without_a_service_a_text_starts_queued(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    message = simulator.client.messages.create(
        to=STUDENT,
        from_=advisor_number,
        body="Hi",
        status_callback=f"{college.url}/status",
    )
    assert message.status == "queued"
    college.wait_for("/status", 3)
    assert college.statuses(message.sid) == LADDER[1:]


def test_a_body_is_kept_exactly(simulator: Simulator, advisor_number: str) -> None:
    body = " 👩‍🎓 “Hola”\n\tç + & = % "
    message = simulator.send(advisor_number, body=body)
    simulator.final(message.sid)
    assert simulator.client.messages(message.sid).fetch().body == body


@pytest.mark.parametrize(
    ("body", "segments"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("é" * 70, 1),
        ("ç" * 71, 2),
        ("🙏" * 36, 2),
        ("€" * 81, 2),
    ],
)
def test_segments_are_counted(
    simulator: Simulator, advisor_number: str, body: str, segments: int
) -> None:
    simulator.send(advisor_number, body=body)
    assert simulator.ledger("accept")[0]["segments"] == segments


def test_what_is_missing_or_wrong_is_refused(
    simulator: Simulator, advisor_number: str
) -> None:
    assert simulator.refused(advisor_number, body="a" * 1601) == 21617
    assert simulator.refused(advisor_number, body="") == 21602
    assert simulator.refused(advisor_number, to="") == 21604
    assert simulator.refused(advisor_number, to="+1555") == 21211
    assert simulator.refused("+17345550111") == 21606
    with pytest.raises(TwilioRestException) as refused:
        simulator.client.messages.create(to=STUDENT, body="Hi")
    assert refused.value.code == 21603
    assert len(simulator.ledger("refuse")) == 6
    assert not simulator.ledger("accept")


def test_an_unregistered_number_is_told_by_callback(
    simulator: Simulator, college: College
) -> None:
    simulator.post("settings", registration_delay=3600)
    number = simulator.rent(college, registered=False)
    message = simulator.send(number, college)
    assert message.status == "accepted"
    last = college.wait_for("/status", 4)[-1].form
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30034")
    simulator.post("settings", unregistered_code=30035)
    assert simulator.final(simulator.send(number).sid)["error_code"] == 30035


def test_lists_are_filtered_paged_and_newest_first(
    simulator: Simulator, advisor_number: str
) -> None:
    sids = [simulator.send(advisor_number, body=f"Text {n}").sid for n in range(7)]
    other = simulator.send(advisor_number, to="+17345550178")
    listed = simulator.client.messages.list(
        to=STUDENT, from_=advisor_number, page_size=3
    )
    assert [each.sid for each in listed] == sids[::-1]
    everything = simulator.client.messages.list(page_size=2)
    assert [each.sid for each in everything] == [other.sid, *sids[::-1]]


def test_lists_know_the_time(simulator: Simulator, advisor_number: str) -> None:
    simulator.send(advisor_number)
    now = datetime.now(UTC)
    messages = simulator.client.messages
    assert len(messages.list(date_sent_after=now - timedelta(minutes=1))) == 1
    assert messages.list(date_sent_after=now + timedelta(minutes=1)) == []
    assert len(messages.list(date_sent_before=now + timedelta(minutes=1))) == 1
    assert messages.list(date_sent_before=now - timedelta(minutes=1)) == []


def test_a_text_is_redacted_and_deleted(
    simulator: Simulator, advisor_number: str
) -> None:
    message = simulator.send(advisor_number)
    simulator.final(message.sid)
    assert message.update(body="").body == ""
    assert simulator.client.messages(message.sid).fetch().body == ""
    assert message.delete()
    with pytest.raises(TwilioRestException) as missing:
        message.fetch()
    assert (missing.value.code, missing.value.status) == (20404, 404)


def test_the_service_answers_from_the_number_the_student_knows(
    simulator: Simulator, college: College
) -> None:
    simulator.rent(college)
    second = simulator.rent(college)
    simulator.send(second)
    message = simulator.client.messages.create(
        to=STUDENT, messaging_service_sid=SERVICE, body="Hi"
    )
    assert message.from_ == second


def test_a_number_may_be_held_to_its_rate(
    simulator: Simulator, advisor_number: str
) -> None:
    simulator.post("settings", segments_per_second=1)
    for n in range(3):
        simulator.send(advisor_number, body=f"Text {n}")
    assert (
        len([s for s in simulator.ledger("status") if s["status"] == "delivered"]) <= 1
    )
    simulator.post("fast-forward", seconds=10)
    assert (
        len([s for s in simulator.ledger("status") if s["status"] == "delivered"]) == 3
    )


def test_callbacks_survive_a_college_that_hangs_up(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    college.hangs_up = True
    sids = [simulator.send(advisor_number, college).sid for _ in range(5)]
    college.wait_for("/status", 20)
    assert [college.statuses(sid) for sid in sids] == [LADDER] * 5


def test_a_callback_that_nobody_takes_is_noted_and_not_repeated(
    simulator: Simulator, advisor_number: str
) -> None:
    sid = simulator.send(
        advisor_number, status_callback="http://127.0.0.1:9/status"
    ).sid
    simulator.wait_for_ledger("callback", sid=sid, status="delivered")
    lines = simulator.ledger("callback")
    assert [line["attempt"] for line in lines] == [1, 1, 1, 1]
    assert all(
        line["answered"] is None and "refused" in line["error"].lower()
        for line in lines
    )


MAGIC = "+1500555"


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("0001", 21211),
        ("0002", 21612),
        ("0003", 21408),
        ("0004", 21610),
        ("0009", 21614),
    ],
)
def test_magic_recipients(simulator: Simulator, ending: str, code: int) -> None:
    assert simulator.refused(MAGIC + "0006", to=MAGIC + ending) == code


@pytest.mark.parametrize(
    ("ending", "code"),
    [("0001", 21212), ("0007", 21606), ("0008", 21611), ("0042", 21606)],
)
def test_magic_senders(simulator: Simulator, ending: str, code: int) -> None:
    assert simulator.refused(MAGIC + ending) == code
    assert simulator.send(MAGIC + "0006").sid.startswith("SM")


def test_magic_purchases(simulator: Simulator) -> None:
    numbers = simulator.client.incoming_phone_numbers
    for ending, code in (("0000", 21422), ("0001", 21421)):
        with pytest.raises(TwilioRestException) as refused:
            numbers.create(phone_number=MAGIC + ending)
        assert refused.value.code == code
    assert numbers.create(phone_number=MAGIC + "0006").phone_number == MAGIC + "0006"
    assert numbers.create(area_code="500").phone_number.startswith("+1500")
    with pytest.raises(TwilioRestException) as refused:
        numbers.create(area_code="533")
    assert refused.value.code == 21452
