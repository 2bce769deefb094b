"""A student's side: replies, keywords and calls, and what the
college's webhooks do with them.
"""

import pytest

from quadline.simulator.tests.college import College
from quadline.simulator.tests.driver import SERVICE, STUDENT, Simulator


def test_a_reply_is_posted_and_signed(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    outcome = simulator.text(advisor_number, "Yes! Thursday works 🙏")
    assert outcome["answered"] == 200
    assert outcome["error"] is None
    hit = college.at("/inbound")[0]
    assert hit.is_signed
    assert "I-Twilio-Idempotency-Token" in hit.headers
    assert hit.form["Body"] == "Yes! Thursday works 🙏"
    assert (hit.form["From"], hit.form["To"]) == (STUDENT, advisor_number)
    assert hit.form["SmsStatus"] == "received"
    assert hit.form["NumMedia"] == "0"
    assert hit.form["MessagingServiceSid"] == SERVICE
    assert hit.form["FromState"] == "MI"
    listed = simulator.client.messages.list(to=advisor_number)
    assert [each.direction for each in listed] == ["inbound"]


def test_a_number_may_have_its_own_webhook(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    simulator.client.messaging.v1.services(SERVICE).update(
        use_inbound_webhook_on_number=True
    )
    number = simulator.client.incoming_phone_numbers.list()[0]
    number.update(sms_url=f"{college.url}/own")
    simulator.text(advisor_number, "hello")
    assert len(college.at("/own")) == 1
    assert not college.at("/inbound")


def test_a_twiml_reply_reaches_the_phone(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    reply = "<Response><Message>The office is closed until Monday.</Message></Response>"
    college.answers["/inbound"] = lambda: (200, reply)
    assert simulator.text(advisor_number, "hello")["replies"] == [
        "The office is closed until Monday."
    ]
    simulator.wait_for_ledger("status", status="delivered", to=STUDENT)
    thread = simulator.get(f"phones/{STUDENT}")["threads"][0]
    assert [text["direction"] for text in thread["texts"]] == [
        "from_student",
        "to_student",
    ]


def test_the_fragment_decides_the_retries_and_is_not_sent(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    service = simulator.client.messaging.v1.services(SERVICE)
    service.update(inbound_request_url=f"{college.url}/inbound?a=1#rc=2&rp=all")
    answers = iter([(500, ""), (500, ""), (200, "")])
    college.answers["/inbound"] = lambda: next(answers)
    assert simulator.text(advisor_number, "hello")["answered"] == 200
    hits = college.at("/inbound")
    assert len(hits) == 3
    assert all(hit.is_signed for hit in hits)
    assert len({hit.headers["I-Twilio-Idempotency-Token"] for hit in hits}) == 1


def test_by_default_an_error_is_not_retried_but_falls_back(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    college.answers["/inbound"] = lambda: (500, "")
    assert (
        simulator.text(advisor_number, "hello")["error"]
        == "The webhook did not answer."
    )
    service = simulator.client.messaging.v1.services(SERVICE)
    service.update(fallback_url=f"{college.url}/fallback")
    assert simulator.text(advisor_number, "hello")["used_fallback"]
    assert (len(college.at("/inbound")), len(college.at("/fallback"))) == (2, 1)


@pytest.mark.parametrize(
    "word",
    [
        "STOP",
        " stop ",
        "StopAll",
        "UNSUBSCRIBE",
        "cancel",
        "END",
        "QUIT",
        "OPTOUT",
        "REVOKE",
    ],
)
def test_stop_words_block_the_number(
    simulator: Simulator, college: College, advisor_number: str, word: str
) -> None:
    simulator.text(advisor_number, word)
    assert simulator.refused(advisor_number) == 21610
    assert college.at("/inbound")[0].form["Body"] == word
    reply = simulator.ledger("auto_reply")[0]["body"]
    assert reply.startswith("You have successfully been unsubscribed.")
    assert simulator.ledger("opt_out")[0]["scope"] == advisor_number


@pytest.mark.parametrize(
    "body",
    [
        "STOP please",
        "Stop.",
        "“STOP”",
        "OPT OUT",
        "stop-all",
        "ＳＴＯＰ",
        "ſtop",
        "STOP\u200b",
        "\u00a0STOP",
        "STOP\u3000",
    ],
)
def test_what_is_not_exactly_the_word_does_not_block(
    simulator: Simulator, advisor_number: str, body: str
) -> None:
    simulator.text(advisor_number, body)
    assert simulator.send(advisor_number).status == "accepted"


@pytest.mark.parametrize("word", ["START", "yes", "Unstop"])
def test_start_words_lift_the_block(
    simulator: Simulator, advisor_number: str, word: str
) -> None:
    simulator.text(advisor_number, "STOP")
    simulator.text(advisor_number, word)
    assert simulator.send(advisor_number).status == "accepted"
    assert len(simulator.ledger("opt_in")) == 1
    assert len(simulator.ledger("auto_reply")) == 2


def test_an_everyday_yes_is_left_alone(
    simulator: Simulator, advisor_number: str
) -> None:
    simulator.text(advisor_number, "yes")
    assert simulator.ledger("auto_reply", "opt_in") == []


def test_help_is_answered(simulator: Simulator, advisor_number: str) -> None:
    simulator.text(advisor_number, "help")
    assert "Reply STOP to unsubscribe" in simulator.ledger("auto_reply")[0]["body"]


def test_a_block_is_of_one_number_or_of_the_whole_service(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    colleague = simulator.rent(college)
    simulator.text(advisor_number, "STOP")
    assert simulator.send(colleague).status == "accepted"
    simulator.post("settings", block_scope="service")
    simulator.text(colleague, "STOP")
    assert simulator.refused(colleague) == 21610
    assert simulator.refused(advisor_number) == 21610


def test_the_carrier_may_leave_stop_to_the_college(
    simulator: Simulator, advisor_number: str
) -> None:
    simulator.post("settings", carrier_blocks_opt_outs=False)
    simulator.text(advisor_number, "STOP")
    assert simulator.send(advisor_number).status == "accepted"
    assert simulator.get(f"phones/{STUDENT}")["threads"][0]["opted_out"]


def test_a_text_to_a_released_number_goes_nowhere(simulator: Simulator) -> None:
    assert "went nowhere" in simulator.text("+17345550111", "hello")["error"]
    assert simulator.ledger("inbound")[0]["lost"]


def test_a_caller_hears_the_announcement_and_is_connected(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    college.answers["/voice"] = lambda: (
        200,
        (
            "<Response><Say>This number is for text messages only.</Say><Dial"
            ' action="/voice/after"><Number>+17345550100</Number></Dial></Response>'
        ),
    )
    college.answers["/voice/after"] = lambda: (200, "<Response><Hangup/></Response>")
    heard = simulator.post(f"phones/{STUDENT}/calls", to=advisor_number)["heard"]
    assert [each["verb"] for each in heard] == ["say", "dial", "hangup"]
    assert heard[1]["text"] == "+17345550100"
    first, after = college.at("/voice")[0], college.at("/voice/after")[0]
    assert first.is_signed
    assert first.form["CallStatus"] == "ringing"
    assert after.is_signed
    assert after.form["DialCallStatus"] == "completed"
    assert simulator.ledger("call")[0]["to"] == advisor_number


def test_a_call_is_rejected_or_goes_unanswered(
    simulator: Simulator, college: College, advisor_number: str
) -> None:
    college.answers["/voice"] = lambda: (
        200,
        '<Response><Reject reason="busy"/></Response>',
    )
    heard = simulator.post(f"phones/{STUDENT}/calls", to=advisor_number)["heard"]
    assert heard == [{"verb": "reject", "text": "busy"}]
    college.answers["/voice"] = lambda: (500, "")
    heard = simulator.post(f"phones/{STUDENT}/calls", to=advisor_number)["heard"]
    assert heard[0]["verb"] == "error"
