"""One conversation per staff user and student, or unknown phone,
and what its reader does with it.
"""

import pytest
from django.db import IntegrityError, transaction

from quadline.audit.models import AuditEntry
from quadline.conversations.models import Conversation
from quadline.conversations.opening import open_conversation, open_with_phone
from quadline.conversations.reading import mark_read, save_draft, set_done
from quadline.conversations.tests.conftest import NOON
from tests.cast import Cast

pytestmark = pytest.mark.django_db
PHONE = "+17345559999"


def test_opening_twice_opens_the_same(people: Cast, with_rosa: Conversation) -> None:
    assert (
        open_conversation(inbox=people.maya.inbox, student=people.rosa, now=NOON)
        == with_rosa
    )
    assert (
        open_conversation(inbox=people.theo.inbox, student=people.rosa, now=NOON)
        != with_rosa
    )


def test_an_unknown_phone_has_one_conversation_per_staff_user(people: Cast) -> None:
    stranger = open_with_phone(inbox=people.maya.inbox, phone=PHONE, now=NOON)

    assert open_with_phone(inbox=people.maya.inbox, phone=PHONE, now=NOON) == stranger
    assert stranger.name == "(734) 555-9999"
    assert stranger.student_phone == PHONE


def test_the_database_refuses_a_second_conversation_and_one_with_nobody(
    people: Cast, with_rosa: Conversation
) -> None:
    for wrong in ({"student": people.rosa}, {"student": None, "phone": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Conversation.objects.create(
                inbox=people.maya.inbox, last_activity_at=NOON, **wrong
            )


def test_only_its_own_staff_user_reading_counts(
    people: Cast, with_rosa: Conversation
) -> None:
    Conversation.objects.update(unread_count=3)
    mark_read(conversation=with_rosa, reader=people.lena)
    assert Conversation.objects.get().unread_count == 3

    mark_read(conversation=with_rosa, reader=people.maya)
    assert Conversation.objects.get().unread_count == 0


def test_done_ends_needing_a_reply_and_is_on_record(
    people: Cast, with_rosa: Conversation
) -> None:
    Conversation.objects.update(needs_reply=True)
    set_done(conversation=with_rosa, is_done=True, actor=people.maya)

    with_rosa.refresh_from_db()
    assert (with_rosa.is_done, with_rosa.needs_reply) == (True, False)
    assert AuditEntry.objects.get().action == "conversation done"


def test_a_draft_is_kept_and_cut_at_a_sane_length(with_rosa: Conversation) -> None:
    save_draft(conversation=with_rosa, text="x" * 9000)

    assert len(Conversation.objects.get().draft) == 4000


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cald", 1),
        ("CALDERON", 1),
        ("0141", 1),
        ("9999", 1),
        ("999", 0),
        ("kim", 0),
        ("zzz", 0),
    ],
)
def test_conversations_are_found_by_who_is_at_the_other_end(
    people: Cast, with_rosa: Conversation, query: str, found: int
) -> None:
    open_with_phone(inbox=people.maya.inbox, phone=PHONE, now=NOON)

    assert Conversation.objects.matching(query).count() == found


@pytest.mark.parametrize(
    "signs", ["%", "_", "'; --", "a' | b:*", "!!", "\\", "(", "<->", "\x00"]
)
def test_signs_that_mean_something_to_the_database_are_only_signs(
    with_rosa: Conversation, signs: str
) -> None:
    assert set(Conversation.objects.matching(signs)) <= {with_rosa}
