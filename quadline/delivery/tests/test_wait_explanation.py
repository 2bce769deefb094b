"""What keeps a text waiting is said at once, with what happens next."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from quadline.carriers.protocol import NumberProblem, Registration
from quadline.carriers.twilio import Twilio
from quadline.conversations.models import Message
from quadline.delivery.outbox.wait_explanation import (
    NOTIFIED,
    WaitExplanation,
    explain_wait,
)
from quadline.delivery.tests.acts import fresh, number_row, write
from quadline.numbers import activation, provisioning
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from tests.cast import Cast
from tests.house import Simulator

PAPERS = "The carrier asks for registration papers before it rents this number."


def wait(text: Message, *, after: timedelta = timedelta()) -> WaitExplanation | None:
    return explain_wait(fresh(text), now=timezone.now() + after)


def test_a_text_says_at_once_that_its_number_failed_and_when_it_goes_as_an_email(
    people: Cast, box: Simulator, twilio: Twilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = write(people.maya, people.rosa)
    assert wait(text) is None

    def refuse(*_: object, **__: object) -> None:
        raise NumberProblem(PAPERS, is_final=True)

    monkeypatch.setattr(Twilio, "buy", refuse)
    provisioning.provision_number(number_id=SystemNumber.objects.get().pk)
    said = wait(text)
    assert said is not None
    assert (said.reason, said.status) == (
        "number_failed",
        "Waiting: there’s a problem with your number",
    )
    assert said.detail.startswith(
        f"{PAPERS} {NOTIFIED} If your number isn’t active by "
    )
    assert said.detail.endswith(", it goes as an email.")
    assert wait_words(text).split(" by ")[1].startswith(written(text.deadline_at))


def test_a_text_says_that_the_networks_refused_its_number(people: Cast) -> None:
    number = number_row(people.maya, state=NumberState.REGISTERING)
    text = write(people.maya, people.rosa)
    news = Registration(
        "EV1",
        number.phone,
        number.carrier_number_id,
        is_registered=False,
        reason="No campaign",
    )
    activation.apply_registration(news, now=timezone.now())
    assert "No campaign" in wait_words(text)


def test_a_text_says_at_once_that_setting_up_its_number_went_wrong_and_is_tried_again(
    people: Cast, box: Simulator, twilio: Twilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = write(people.maya, people.rosa)

    def fail(*_: object, **__: object) -> None:
        raise NumberProblem("The carrier answered 21999.", is_final=False)

    number = SystemNumber.objects.get()
    with monkeypatch.context() as patched:
        patched.setattr(Twilio, "buy", fail)
        with pytest.raises(NumberProblem):
            provisioning.provision_number(number_id=number.pk)
    said = wait(text)
    assert said is not None
    assert said.reason == "number_delayed"
    assert said.detail.startswith(
        "The carrier answered 21999. Quadline keeps trying. If your number"
    )

    provisioning.provision_number(number_id=number.pk)
    assert wait(text) is None, "it goes on, and nothing is known to be wrong any more"


def test_a_text_says_when_its_number_takes_too_long(people: Cast) -> None:
    number_row(people.maya, state=NumberState.REGISTERING)
    text = write(people.maya, people.rosa)
    said = wait(text, after=timedelta(hours=25))
    assert said is not None
    assert said.reason == "number_late"


def test_a_student_without_an_email_address_is_not_promised_one(people: Cast) -> None:
    number_row(people.maya, state=NumberState.FAILED)
    text = write(people.maya, people.rosa)
    type(people.rosa).objects.filter(pk=people.rosa.pk).update(email="")
    assert wait_words(text).endswith(", it is not sent.")


def wait_words(text: Message) -> str:
    said = wait(text)
    assert said is not None
    return said.detail


def written(moment: datetime | None) -> str:
    assert moment is not None
    return timezone.localtime(moment).strftime("%a, %b ")
