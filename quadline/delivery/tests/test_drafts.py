"""A draft is what was begun and not sent: words that arrived after all
are none, on any device.
"""

import uuid

import pytest
from django.utils import timezone

from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.reading import JOINT, Returned, save_draft
from quadline.delivery.tests.acts import write
from tests.cast import Cast


@pytest.fixture
def talk(people: Cast) -> Conversation:
    return open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )


def kept(talk: Conversation, text: str, *returned: Returned) -> str:
    save_draft(conversation=talk, text=text, returned=returned)
    talk.refresh_from_db()
    return talk.draft


def test_words_that_arrived_after_all_are_no_draft(
    people: Cast, talk: Conversation
) -> None:
    arrived = write(people.maya, people.rosa, "I am here")
    came_back, lost = (
        Returned(arrived.pk, "I am here"),
        Returned(uuid.uuid4(), "Come in"),
    )
    assert kept(talk, "I am here", came_back) == ""
    assert (
        kept(talk, JOINT.join(["I am here", "and begun since"]), came_back)
        == "and begun since"
    )
    assert kept(
        talk, JOINT.join(["I am here", "Come in", "Bye"]), came_back, lost
    ) == JOINT.join(["Come in", "Bye"])


def test_words_that_were_changed_since_are_a_draft_like_any_other(
    people: Cast, talk: Conversation
) -> None:
    arrived = write(people.maya, people.rosa, "I am here")
    assert kept(talk, "I am here!", Returned(arrived.pk, "I am here")) == "I am here!"
    assert kept(talk, "Begun", Returned(uuid.uuid4(), "Else")) == "Begun"


def test_an_id_of_another_conversation_is_no_proof(
    people: Cast, talk: Conversation
) -> None:
    other = write(people.omar, people.kim, "I am here")
    assert Message.objects.filter(pk=other.pk).exists()
    assert kept(talk, "I am here", Returned(other.pk, "I am here")) == "I am here"
