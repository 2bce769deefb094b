"""Conversations and numbers are seen and written in as their inbox is."""

import pytest
from django.utils import timezone

from quadline.conversations.models import Conversation
from quadline.conversations.opening import open_conversation
from quadline.inboxes.models import Inbox, Membership, may_write_in
from quadline.inboxes.tests.test_models import everybody
from quadline.numbers.models import SystemNumber
from quadline.numbers.provisioning import request_number
from tests.cast import Cast


@pytest.fixture
def front_desk(people: Cast) -> Inbox:
    """Of Maya's office; she and Omar are its members."""
    inbox = Inbox.objects.create(office=people.maya.office, name="Front desk")
    for user in (people.maya, people.omar):
        Membership.objects.create(inbox=inbox, user=user)
    return inbox


def test_what_belongs_to_an_inbox_is_seen_as_it_is(
    people: Cast, front_desk: Inbox
) -> None:
    now = timezone.now()
    for inbox, actor in ((front_desk, people.maya), (people.omar.inbox, people.omar)):
        open_conversation(inbox=inbox, student=people.kim, now=now)
        request_number(inbox=inbox, actor=actor, now=now)
    for user in everybody(people):
        read = set(Inbox.objects.visible_to(user).values_list("pk", flat=True))
        written = set(Inbox.objects.writable_by(user).values_list("pk", flat=True))
        both = {front_desk.pk, people.omar.pk}
        seen = Conversation.objects.visible_to(user).values_list("inbox", flat=True)
        mine = Conversation.objects.writable_by(user).values_list("inbox", flat=True)
        numbers = SystemNumber.objects.visible_to(user).values_list("inbox", flat=True)
        assert (set(seen), set(mine), set(numbers)) == (
            both & read,
            both & written,
            both & read,
        ), user


def test_who_is_no_member_any_more_sees_nothing(
    people: Cast, front_desk: Inbox
) -> None:
    open_conversation(inbox=front_desk, student=people.kim, now=timezone.now())
    assert Conversation.objects.visible_to(people.omar).count() == 1
    Membership.objects.filter(user=people.omar).delete()
    assert not Conversation.objects.visible_to(people.omar).exists()
    assert not may_write_in(people.omar, front_desk.pk)
