"""A call to a system number is answered: text only, and
connected to the office line.
"""

import pytest
from pytest_django import Settings

from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.webhooks.tests.conftest import Caller
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def call(carrier: Caller, to: str) -> str:
    heard = carrier.post(
        "/webhooks/twilio/voice", {"CallSid": "CA1", "From": "+17345550141", "To": to}
    )
    assert (heard.status, heard.headers["content-type"]) == (
        200,
        "text/xml; charset=utf-8",
    )
    return heard.body


def test_the_caller_hears_whose_number_it_is_and_is_connected(
    carrier: Caller, number: SystemNumber
) -> None:
    answer = call(carrier, number.phone)
    assert (
        "This number is for text messages only. It belongs to Maya Alvarez at Alder"
        " College." in answer
    )
    assert "Connecting you to the office line, 7 3 4, 5 5 5, 0 1 0 0." in answer
    assert (
        f'<Dial callerId="{number.phone}"'
        ' timeout="25"><Number>+17345550100</Number></Dial>' in answer
    )


def test_who_has_no_office_line_is_reached_through_the_college(
    carrier: Caller, committed_people: Cast, number: SystemNumber, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"college_phone": "+17345550199"})
    committed_people.maya.office_phone = ""
    committed_people.maya.save()
    assert "<Number>+17345550199</Number>" in call(carrier, number.phone)


def test_without_any_line_the_call_ends_after_the_words(
    carrier: Caller, committed_people: Cast, number: SystemNumber, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"college_phone": ""})
    committed_people.maya.office_phone = ""
    committed_people.maya.name = "Maya <&> Alvarez"
    committed_people.maya.save()
    answer = call(carrier, number.phone)
    assert "Maya &lt;&amp;&gt; Alvarez" in answer
    assert answer.endswith("<Hangup /></Response>")
    assert "Dial" not in answer


def test_a_number_nobody_has_belongs_to_the_college(
    carrier: Caller, number: SystemNumber
) -> None:
    answer = call(carrier, "+17345550298")
    assert "It belongs to Alder College." in answer
    assert "Maya" not in answer


def test_a_number_that_has_changed_hands_names_its_newest_user(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    SystemNumber.objects.update(state=NumberState.RELEASED, carrier_number_id="")
    SystemNumber.objects.create(
        inbox=committed_people.omar.inbox,
        phone=number.phone,
        state=NumberState.ACTIVE,
        requested_at=number.requested_at,
    )
    assert "Omar Haddad" in call(carrier, number.phone)
