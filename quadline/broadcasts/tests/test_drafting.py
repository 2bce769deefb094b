"""Drafts: what may be written down, and what a second try with the same form does."""

import uuid
from typing import Any

import pytest

from quadline.accounts.rules import Role
from quadline.broadcasts.models import Broadcast, Recipient
from quadline.broadcasts.rules import BroadcastRefused, BroadcastState
from quadline.broadcasts.tests.acts import draft, email, reviewed
from tests.cast import Cast


def test_a_draft_keeps_what_was_written_and_to_whom(people: Cast) -> None:
    broadcast = email(
        people.maya,
        "caseload",
        "nonsense",
        without=[f"student:{people.bo.pk}"],
        with_contact_card=True,
    )
    assert broadcast.audience == {
        "to": ["caseload"],
        "except": [f"student:{people.bo.pk}"],
    }
    assert broadcast.audience_words == "All Students on My Caseload, except Bo Jensen"
    assert (broadcast.state, broadcast.with_contact_card, broadcast.subject) == (
        BroadcastState.DRAFT,
        True,
        "For [Student Name]",
    )


def test_a_text_has_no_subject_and_no_contact_card(people: Cast) -> None:
    broadcast = draft(people.maya, subject="Hello", with_contact_card=True)
    assert (broadcast.subject, broadcast.with_contact_card) == ("", False)


def test_the_same_form_again_changes_the_one_draft_and_drops_its_review(
    people: Cast,
) -> None:
    broadcast = draft(people.maya)
    reviewed(broadcast)
    same = draft(people.maya, broadcast_id=broadcast.pk)
    assert (same.pk, same.fingerprint, Recipient.objects.count()) == (
        broadcast.pk,
        broadcast.fingerprint,
        4,
    )
    changed = draft(
        people.maya, body="New words. Maya Alvarez", broadcast_id=broadcast.pk
    )
    assert (changed.body, changed.review, changed.fingerprint) == (
        "New words. Maya Alvarez",
        {},
        "",
    )
    assert (Broadcast.objects.count(), Recipient.objects.count()) == (1, 0)


def test_a_form_that_was_sent_is_not_written_over(people: Cast) -> None:
    broadcast = draft(people.maya)
    Broadcast.objects.update(state=BroadcastState.RUNNING)
    with pytest.raises(BroadcastRefused, match="already been sent"):
        draft(people.maya, body="Again", broadcast_id=broadcast.pk)


def test_anothers_form_cannot_be_taken(people: Cast) -> None:
    broadcast = draft(people.maya)
    with pytest.raises(BroadcastRefused, match="cannot be used again"):
        draft(people.omar, broadcast_id=broadcast.pk)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"body": " \n"}, "Write a message first"),
        ({"body": "x" * 1601}, "Shorten it by 1"),
        ({"channel": "email", "subject": " ", "body": "x"}, "Write a subject first"),
        (
            {"channel": "email", "subject": "x" * 201, "body": "x"},
            "subject is 1 characters over 200",
        ),
        (
            {"channel": "email", "subject": "x", "body": "\u200b\n"},
            "Write a message first",
        ),
        (
            {"channel": "email", "subject": "x", "body": "x" * 20_001},
            "1 characters over 20,000",
        ),
        ({"audience": {"to": ["nonsense"]}, "body": "x"}, "Choose who gets it"),
        ({"audience": {}, "body": "x"}, "Choose who gets it"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(
    people: Cast, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(BroadcastRefused, match=words):
        draft(people.maya, **changes)
    assert not Broadcast.objects.exists()


def test_who_may_not_text_writes_no_broadcast(people: Cast) -> None:
    assert people.iris.role == Role.AUDITOR
    with pytest.raises(BroadcastRefused, match="Your role does not send"):
        draft(people.iris, broadcast_id=uuid.uuid4())
