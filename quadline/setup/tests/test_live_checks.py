"""Live checks, against the carrier in a box and a real mail server: what is right, what
is not, and what to do about it.
"""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from quadline.audit.models import AuditEntry
from quadline.carriers import registry, twilio_check
from quadline.carriers.protocol import AccountFinding, FindingState, NumberProblem
from quadline.carriers.twilio import Twilio
from quadline.carriers.twilio_setup import CallbackPlace
from quadline.setup import live_checks
from quadline.setup.checklist import carrier_line, email_line
from quadline.setup.models import LiveCheck
from quadline.setup.rules import LineState
from tests.cast import Cast
from tests.house import Simulator
from tests.mail_server import MailServer

OK, WRONG = FindingState.OK, FindingState.WRONG
UNKNOWN, WAITING = FindingState.UNKNOWN, FindingState.WAITING


def states_of(carrier: Twilio) -> dict[str, FindingState]:
    return {each.about: each.state for each in carrier.findings()}


def test_an_account_that_is_set_up_is_right_in_every_line(twilio: Twilio) -> None:
    twilio.connect()
    assert states_of(twilio) == dict.fromkeys(
        ("credentials", "service", "campaign", "webhooks"), OK
    )


def test_webhooks_that_lead_elsewhere_are_found(twilio: Twilio) -> None:
    found = {each.about: each for each in twilio.findings()}
    assert found["webhooks"].state is WRONG
    assert "no address" in found["webhooks"].words


@pytest.mark.parametrize(
    "changes", [{"auth_token": "another"}, {"account_sid": "AC" + "0" * 32}]
)
def test_a_wrong_token_or_account_is_named_and_nothing_else_is_asked(
    twilio: Twilio, changes: dict[str, str]
) -> None:
    for name, value in changes.items():
        setattr(twilio, name, value)
    first, *rest = twilio.findings()
    assert first.state is WRONG
    assert "does not accept" in first.words
    assert {each.state for each in rest} == {UNKNOWN}


def test_what_is_not_set_is_named(twilio: Twilio) -> None:
    twilio.messaging_service_sid = ""
    service = twilio.findings()[1]
    assert (service.about, service.state) == ("service", WRONG)
    assert "TWILIO_MESSAGING_SERVICE_SID" in service.todo
    twilio.auth_token = ""
    assert "TWILIO_AUTH_TOKEN" in twilio.findings()[0].todo


def test_a_service_of_another_account_is_named(twilio: Twilio) -> None:
    twilio.messaging_service_sid = "MG" + "0" * 32
    assert states_of(twilio)["service"] is WRONG


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ({"status": "active", "type": "Trial"}, "trial account"),
        ({"status": "suspended", "type": "Full"}, "suspended"),
        ({"status": "closed", "type": "Full"}, "closed"),
    ],
)
def test_an_account_that_cannot_text_everybody_is_named(
    twilio: Twilio, box: Simulator, account: dict[str, str], words: str
) -> None:
    body = json.dumps({"sid": twilio.account_sid, **account})
    box.fault(kind="odd_answer", on="accounts", body=body)
    first = twilio.findings()[0]
    assert first.state is WRONG
    assert words in first.words


@pytest.mark.parametrize("body", ["page", "half", "another", "empty"])
def test_an_answer_of_something_in_between_is_not_believed(
    twilio: Twilio, box: Simulator, body: str
) -> None:
    box.fault(kind="odd_answer", on="accounts", body=body)
    assert twilio.findings()[0].state is UNKNOWN


def campaign(*states: str, errors: Any = None) -> AccountFinding:
    rows = [SimpleNamespace(campaign_status=each, errors=errors) for each in states]
    service = SimpleNamespace(
        us_app_to_person=SimpleNamespace(list=lambda **_: rows),
        fetch=lambda: SimpleNamespace(sid="MG1"),
    )
    account = SimpleNamespace(sid="AC1", status="active", type="Full")
    client = SimpleNamespace(
        api=SimpleNamespace(
            accounts=lambda _: SimpleNamespace(fetch=lambda: account),
        )
    )
    found = twilio_check.account_findings(
        lambda question: question(client),
        lambda _: service,
        CallbackPlace("MG1", "", ""),
        account_sid="AC1",
        setup_faults=list,
    )
    assert found[-1].state is OK, "a campaign keeps nobody from the webhooks"
    return found[2]


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (["VERIFIED"], OK),
        (["FAILED", "VERIFIED"], OK),
        (["IN_PROGRESS"], WAITING),
        (["PENDING"], WAITING),
        (["FAILED"], WRONG),
        ([], WRONG),
    ],
)
def test_a_campaign_is_said_to_be_what_it_is(
    states: list[str], state: FindingState
) -> None:
    assert campaign(*states).state is state


def test_why_a_campaign_was_refused_is_shown() -> None:
    errors = [{"error_code": 30886, "description": "Opt-in is not described."}]
    assert "Opt-in is not described." in campaign("FAILED", errors=errors).words


def test_the_check_keeps_what_it_found_and_is_on_record(
    people: Cast, twilio: Twilio
) -> None:
    live_checks.ask_carrier_check(actor=people.ada, now=timezone.now(), connects=True)
    assert carrier_line().state is LineState.WAITING
    live_checks.check_carrier_account(LiveCheck.objects.get().pk, connects=True)

    check = LiveCheck.objects.get()
    states = {line.name: line.state for line in check.lines}
    # The tests' PUBLIC_URL has no server behind it.
    assert states.pop("address") is LineState.WRONG
    assert set(states.values()) == {LineState.OK}
    assert carrier_line().state is LineState.WRONG
    assert AuditEntry.objects.get().action == "webhooks pointed here"


def test_a_carrier_that_cannot_be_reached_is_not_called_wrong(
    people: Cast, twilio: Twilio
) -> None:
    twilio.api_url = "http://127.0.0.1:1"
    found = twilio.findings()
    assert found[0].state is UNKNOWN


def test_another_account_begins_with_nothing_known(
    people: Cast, twilio: Twilio, settings: Settings
) -> None:
    live_checks.ask_carrier_check(actor=people.ada, now=timezone.now())
    live_checks.check_carrier_account(LiveCheck.objects.get().pk, connects=False)
    another = {"twilio_account_sid": "AC" + "1" * 32}
    settings.ENV = settings.ENV.model_copy(update=another)
    registry.carrier.cache_clear()
    assert carrier_line().words == "The account was not checked yet."
    live_checks.ask_carrier_check(actor=people.ada, now=timezone.now())
    assert LiveCheck.objects.get().lines == []


@pytest.fixture
def mail_is_set(settings: Settings) -> None:
    set_to = {"email_url": "smtp://user:secret@mail.college.example:587"}
    settings.ENV = settings.ENV.model_copy(update=set_to)


def test_a_test_message_goes_to_whoever_asks(
    people: Cast, mailbox: MailServer, mail_is_set: None
) -> None:
    assert email_line().state is LineState.TODO
    live_checks.ask_email_check(actor=people.ada, now=timezone.now())
    live_checks.check_email(LiveCheck.objects.get().pk)

    [mail] = mailbox.to("ada@alder.example")
    assert "Quadline can send email" in str(mail)
    assert email_line().state is LineState.OK
    assert LiveCheck.objects.get().place == "mail.college.example:587"


def test_a_mail_server_that_is_away_is_said_in_words(
    people: Cast, mail_is_set: None, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    live_checks.ask_email_check(actor=people.ada, now=timezone.now())
    live_checks.check_email(LiveCheck.objects.get().pk)

    line = email_line()
    assert line.state is LineState.WRONG
    assert "could not be reached" in line.words


def test_without_a_mail_server_nothing_is_said_to_work(
    people: Cast, settings: Settings
) -> None:
    nothing = {"email_url": "", "email_service": ""}
    settings.ENV = settings.ENV.model_copy(update=nothing)
    assert email_line().state is LineState.WRONG


def test_a_problem_that_is_final_needs_somebody() -> None:
    def refuses(_: Any) -> Any:
        raise NumberProblem("Not allowed.", is_final=True, carrier_code="20403")

    found = twilio_check.account_findings(
        refuses,
        lambda client: client,
        CallbackPlace("MG1", "", ""),
        account_sid="AC1",
        setup_faults=list,
    )
    assert found[0].state is WRONG
