"""What is suggested, and what is not."""

import pytest

from quadline.consent.wrong_number_words import may_mean_wrong_number


@pytest.mark.parametrize(
    "reply",
    [
        "Wrong number",
        "you have the WRONG PERSON",
        "Sorry this isn't her phone anymore",
        "I don’t know a Rosa",
        "there is no one by that name here",
        "I'm not Rosa",
        "Número equivocado",
        "no soy Rosa",
        "打错了",
        "رقم خطأ",
    ],
)
def test_a_reply_that_may_come_from_somebody_else(reply: str) -> None:
    assert may_mean_wrong_number(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "Yes, Monday works",
        "I'm not sure yet",
        "I'm not going to class today",
        "STOP",
        "What number should I call?",
        "",
    ],
)
def test_everyday_answers_are_none(reply: str) -> None:
    assert not may_mean_wrong_number(reply)
