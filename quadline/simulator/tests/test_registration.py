"""The way from bought to able to send, and the news of it."""

import json
from typing import Any

import pytest

from quadline.simulator.tests.college import College, Hit
from quadline.simulator.tests.driver import SERVICE, Simulator

PREFIX = "com.twilio.messaging.compliance.number-registration."


@pytest.fixture
def listening(simulator: Simulator, college: College) -> Simulator:
    ask_to_be_told(simulator, college)
    return simulator


def ask_to_be_told(simulator: Simulator, college: College) -> None:
    events = simulator.client.events.v1
    sink = events.sinks.create(
        description="Registrations",
        sink_type="webhook",
        sink_configuration={"destination": f"{college.url}/events", "method": "POST"},
    )
    events.subscriptions.create(
        description="Registrations",
        sink_sid=sink.sid,
        types=[
            {"type": PREFIX + outcome, "schema_version": 2}
            for outcome in ("pending", "successful", "failed")
        ],
    )


def test_registration_is_told_by_signed_events(
    listening: Simulator, college: College
) -> None:
    number = listening.rent(college)
    first, second = college.wait_for("/events", 2)
    assert first.is_signed
    assert "bodySHA256" in first.query
    assert _types(first, second) == ["pending", "successful"]
    data = _event(second)["data"]
    assert data["phonenumber"] == number
    assert data["messagingservicesid"] == SERVICE
    assert data["externalstatus"] == "SUCCESSFUL"
    assert data["phonenumbersid"].startswith("PN")


def test_registration_takes_its_time(listening: Simulator, college: College) -> None:
    listening.post("settings", registration_delay=20 * 3600)
    number = listening.rent(college, registered=False)
    college.wait_for("/events", 1)
    assert listening.final(listening.send(number).sid)["error_code"] == 30034
    assert listening.get("numbers")[0]["registration"] == "pending"
    listening.post("fast-forward", hours=24)
    assert _types(*college.at("/events")) == ["pending", "successful"]
    assert listening.final(listening.send(number).sid)["status"] == "delivered"


def test_a_number_can_receive_at_once(simulator: Simulator, college: College) -> None:
    simulator.post("settings", registration_delay=3600)
    number = simulator.rent(college, registered=False)
    assert simulator.text(number, "hello?")["answered"] == 200


def test_a_registration_may_fail(listening: Simulator, college: College) -> None:
    listening.fault("registration_failed", reason="Brand is suspended.", times=1)
    number = listening.rent(college)
    event = _event(college.wait_for("/events", 2)[1])
    assert event["type"] == PREFIX + "failed"
    assert event["data"]["failurereason"] == "Brand is suspended."
    assert listening.final(listening.send(number).sid)["error_code"] == 30034


def test_a_stuck_registration_goes_on_when_the_fault_is_gone(
    listening: Simulator, college: College
) -> None:
    listening.fault("registration_stuck")
    listening.rent(college, registered=False)
    listening.post("fast-forward", hours=48)
    assert _types(*college.at("/events")) == ["pending"]
    assert listening.delete("faults?kind=registration_stuck") == {"removed": 1}
    assert _types(*college.wait_for("/events", 2)) == ["pending", "successful"]


def test_an_event_is_repeated_until_it_is_taken(
    listening: Simulator, college: College
) -> None:
    answers = iter([(503, ""), (200, "")])
    college.answers["/events"] = lambda: next(answers, (200, ""))
    listening.rent(college)
    college.wait_for("/events", 2)
    listening.post("fast-forward", seconds=60)
    assert sorted(_types(*college.at("/events"))) == [
        "pending",
        "pending",
        "successful",
    ]


def test_leaving_and_joining_again_starts_over(
    simulator: Simulator, college: College
) -> None:
    simulator.post("settings", registration_delay=3600)
    simulator.rent(college, registered=False)
    members = simulator.client.messaging.v1.services(SERVICE).phone_numbers
    sid = members.list()[0].sid
    simulator.post("fast-forward", hours=0.9)
    members(sid).delete()
    members.create(phone_number_sid=sid)
    simulator.post("fast-forward", hours=0.9)
    assert simulator.get("numbers")[0]["registration"] == "pending"
    simulator.post("fast-forward", hours=0.2)
    assert simulator.get("numbers")[0]["registration"] == "registered"


def _event(hit: Hit) -> Any:
    return json.loads(hit.body)[0]


def _types(*hits: Hit) -> list[str]:
    return [_event(hit)["type"].removeprefix(PREFIX) for hit in hits]
