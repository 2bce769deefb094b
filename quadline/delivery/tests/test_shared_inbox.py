"""A shared inbox on the way of a text: its members write from
its number, replies come into it.
"""

import uuid

import pytest
from django.utils import timezone
from pytest_django import Settings

from quadline.accounts.models import User
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.opting.requests import (
    RequestedBy,
    StopRequestRefused,
    record_stop_request,
)
from quadline.delivery.outbox import accepting, email_outbox
from quadline.delivery.outbox.out_of_reach import hold_texts_out_of_reach
from quadline.delivery.permission import opt_out_scope
from quadline.delivery.tests.acts import reply, send_due, status
from quadline.inboxes.models import Inbox, Membership
from quadline.numbers import activation, provisioning
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.cast import Cast

DESK_PHONE, MAYAS_PHONE = "+17345550260", "+17345550261"


@pytest.fixture
def front_desk(people: Cast) -> Inbox:
    """Of Maya's office; she is a member, Theo is none."""
    inbox = Inbox.objects.create(office=people.maya.office, name="Front desk")
    Membership.objects.create(inbox=inbox, user=people.maya)
    return inbox


@pytest.fixture
def desk_number(front_desk: Inbox) -> SystemNumber:
    return number_of(front_desk, DESK_PHONE)


def number_of(inbox: Inbox, phone: str) -> SystemNumber:
    now = timezone.now()
    return SystemNumber.objects.create(
        inbox=inbox,
        phone=phone,
        state="active",
        carrier_number_id=f"PN{phone}",
        requested_at=now,
    )


def write_in(inbox: Inbox, author: User, student: Student) -> Message:
    return accepting.accept_text(
        author=author,
        student=student,
        message_id=uuid.uuid4(),
        body="Your form is here.",
        now=timezone.now(),
        inbox=inbox,
    )


def test_a_member_writes_from_its_number_and_stays_the_author(
    people: Cast, front_desk: Inbox, desk_number: SystemNumber
) -> None:
    text = write_in(front_desk, people.maya, people.rosa)
    assert (text.author, text.system_number) == (people.maya, desk_number)
    assert text.conversation.inbox == front_desk
    assert "Front desk" in text.notice
    assert SystemNumber.objects.of(people.maya) is None, "her own inbox is another"


def test_a_second_member_writes_in_the_same_conversation(
    people: Cast, front_desk: Inbox, desk_number: SystemNumber
) -> None:
    Membership.objects.create(inbox=front_desk, user=people.theo)
    first, second = (
        write_in(front_desk, people.maya, people.rosa),
        write_in(front_desk, people.theo, people.rosa),
    )
    assert first.conversation_id == second.conversation_id
    assert (first.author, second.author) == (people.maya, people.theo)


@pytest.mark.parametrize("who", ["theo", "lena", "omar", "ada", "iris"])
def test_who_is_no_member_writes_nothing(
    people: Cast, front_desk: Inbox, who: str
) -> None:
    author: User = getattr(people, who)
    with pytest.raises(accepting.TextRefused):
        write_in(front_desk, author, people.rosa)
    with pytest.raises(email_outbox.EmailRefused):
        email_outbox.accept_email(
            author=author,
            student=people.rosa,
            message_id=uuid.uuid4(),
            subject="Hello",
            body="Your form is here.",
            now=timezone.now(),
            inbox=front_desk,
        )
    assert not Message.objects.exists()
    assert not SystemNumber.objects.exists()


def test_nobody_writes_in_a_colleagues_inbox(people: Cast) -> None:
    with pytest.raises(accepting.TextRefused):
        write_in(people.theo.inbox, people.maya, people.rosa)


@pytest.mark.usefixtures("twilio")
def test_its_first_text_rents_one_number_and_leaves_when_it_is_active(
    people: Cast, front_desk: Inbox
) -> None:
    texts = [
        write_in(front_desk, people.maya, student)
        for student in (people.rosa, people.bo)
    ]
    number = SystemNumber.objects.get()
    assert (number.inbox, {text.system_number for text in texts}) == (
        front_desk,
        {number},
    )
    provisioning.provision_number(number_id=number.pk)
    number.refresh_from_db()
    activation.activate(number, cause="test", now=timezone.now())
    send_due()
    send_due()
    assert [status(text) for text in texts] == [Status.SENT, Status.SENT]


def test_a_reply_comes_into_it(
    people: Cast, front_desk: Inbox, desk_number: SystemNumber
) -> None:
    text = write_in(front_desk, people.maya, people.rosa)
    known, stranger = (
        reply(people.rosa.mobile, DESK_PHONE, "Thanks"),
        reply("+17345550999", DESK_PHONE, "Hi"),
    )
    assert known is not None
    assert stranger is not None
    assert known.conversation_id == text.conversation_id
    assert stranger.conversation.inbox == front_desk


def test_a_stop_to_it_shuts_it_and_as_far_as_its_office_where_that_is_chosen(
    people: Cast, front_desk: Inbox, desk_number: SystemNumber, settings: Settings
) -> None:
    number_of(people.theo.inbox, MAYAS_PHONE)  # a colleague of the same office
    number_of(people.omar.inbox, "+17345550262")
    reply(people.rosa.mobile, DESK_PHONE, "STOP")
    pairs = [
        (people.rosa.mobile, phone)
        for phone in (DESK_PHONE, MAYAS_PHONE, "+17345550262")
    ]
    for chosen, out in (("number", 1), ("office", 2), ("college", 3)):
        settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": chosen})
        assert opt_out_scope.opted_out_in_scope(pairs) == set(pairs[:out])
        assert set(opt_out_scope.system_phones_reached(DESK_PHONE)) == {
            phone for _, phone in pairs[:out]
        }
    assert write_in(front_desk, people.maya, people.rosa).status == Status.BLOCKED


def test_a_stop_is_recorded_for_it_by_members_and_administrators_only(
    people: Cast, front_desk: Inbox, desk_number: SystemNumber
) -> None:
    now = timezone.now()

    def told(actor: User) -> object:
        return record_stop_request(
            student=people.rosa,
            inbox=front_desk,
            actor=actor,
            how=RequestedBy.BY_PHONE,
            said_at=now,
            now=now,
        )

    for actor in (people.theo, people.lena, people.omar, people.iris):
        with pytest.raises(StopRequestRefused):
            told(actor)
    assert told(people.maya)
    assert told(people.ada) is None, "they are out already"


def test_a_text_is_held_when_its_author_may_not_write_to_the_student_any_more(
    people: Cast, front_desk: Inbox, desk_number: SystemNumber
) -> None:
    text = write_in(front_desk, people.maya, people.rosa)
    people.maya.is_active = False
    people.maya.save()
    hold_texts_out_of_reach(now=timezone.now())
    text.refresh_from_db()
    assert (text.reason, text.due_at) == ("author", None)
