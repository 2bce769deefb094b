"""An address that says where an answer belongs: nobody can make one
up, and mail servers cannot spoil it.
"""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from quadline.emails import tokens


@pytest.fixture(autouse=True)
def replies(settings: Settings) -> None:
    settings.ENV = settings.ENV.model_copy(
        update={"email_reply_to": "replies@texting.alder.example"}
    )


@pytest.mark.parametrize("conversation_id", [1, 42, 10**9, 2**59])
def test_the_address_leads_back_to_the_conversation(conversation_id: int) -> None:
    address = tokens.reply_address(conversation_id)
    assert address.startswith("replies+")
    assert address == address.lower()
    assert len(address.partition("@")[0]) <= 64  # RFC 5321, 4.5.3.1.1
    for as_it_came in (
        address,
        address.upper(),
        f"Maya <{address}>",
        f"  {address} ",
        address.replace("texting.alder", "mx"),
    ):
        assert tokens.conversation_in(as_it_came) == conversation_id


def test_without_an_address_for_answers_there_is_none(settings: Settings) -> None:
    settings.ENV = settings.ENV.model_copy(update={"email_reply_to": ""})
    assert tokens.reply_address(42) == ""


@pytest.mark.parametrize("other", [41, 43, 420, 4])
def test_a_signature_is_of_one_conversation(other: int) -> None:
    signed = tokens.reply_address(42)
    assert tokens.conversation_in(signed.replace("+42-", f"+{other}-")) is None


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "replies@texting.alder.example",
        "replies+@texting.alder.example",
        "replies+42@texting.alder.example",
        "replies+42-@texting.alder.example",
        "replies+42-aaaaaaaaaaaaaaaa@texting.alder.example",
        "replies+-aaaaaaaaaaaaaaaa@texting.alder.example",
        "replies+²-aaaaaaaaaaaaaaaa@texting.alder.example",
        "replies+999999999999999999999999999-a@texting.alder.example",
        "42-aaaaaaaaaaaaaaaa",
        "\x00+\x00-\x00@",
        "é+1-é@é",
    ],
)
def test_a_made_up_address_leads_nowhere(forged: str) -> None:
    assert tokens.conversation_in(forged) is None


def test_every_letter_of_the_signature_counts() -> None:
    address = tokens.reply_address(42)
    start = address.index("-") + 1
    for place in range(start, start + tokens.SIGNATURE_LENGTH):
        other = "a" if address[place] != "a" else "b"
        assert (
            tokens.conversation_in(f"{address[:place]}{other}{address[place + 1 :]}")
            is None
        )
    assert tokens.conversation_in(address.replace("@", "a@")) is None


@given(st.text(max_size=80))
def test_no_address_is_too_odd(anything: str) -> None:
    assert tokens.conversation_in(anything) is None


def test_another_secret_makes_another_signature(settings: Settings) -> None:
    address = tokens.reply_address(42)
    settings.SECRET_KEY = "another secret, of another college"
    assert tokens.conversation_in(address) is None


def test_a_message_has_one_name_among_mail_servers() -> None:
    message_id = uuid.UUID("7f1d7e0e-6e3f-4c5e-9a53-5b0b2d0f7c11")
    assert (
        tokens.header_id(message_id, 42)
        == tokens.header_id(message_id, 42)
        == f"<m.{message_id}.42@localhost>"
    )
