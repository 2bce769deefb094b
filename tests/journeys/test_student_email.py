"""Email both ways: what a staff user writes is in the student's mailbox, what the
student answers is on the screen.
"""

import uuid
from collections.abc import Callable

from django.utils import timezone
from playwright.sync_api import expect

from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Channel, Direction, Status
from quadline.delivery.models import IncomingEmail, OutgoingEmail
from quadline.delivery.outbox.email_outbox import accept_email
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually


def write(people: Cast, subject: str = "Before Monday") -> Message:
    now = timezone.now()
    return accept_email(
        author=people.maya,
        student=people.bo,
        message_id=uuid.uuid4(),
        subject=subject,
        body="Are you free?",
        now=now,
    )


def arrived(house: House, people: Cast) -> None:
    eventually(lambda: house.simulator.mail(people.bo.email))


def test_a_students_answer_comes_back_into_the_conversation(
    the_house: House, people: Cast, at_the_screen: Callable[..., Person]
) -> None:
    write(people)
    arrived(the_house, people)
    conversation = Conversation.objects.get(inbox__owner=people.maya, student=people.bo)
    maya = at_the_screen(people.maya.email)
    maya.open(f"/inbox/c/{conversation.pk}/")
    answered = the_house.simulator.answer_mail(
        people.bo.email, "Yes, at 10 in your office."
    )
    assert (answered["taken"], answered["code"]) == (True, 250)
    expect(maya.page.locator("#log")).to_contain_text("Yes, at 10 in your office.")
    conversation.refresh_from_db()
    assert conversation.needs_reply
    (reply,) = Message.objects.filter(direction=Direction.INBOUND)
    assert (reply.channel, reply.subject, reply.body) == (
        Channel.EMAIL,
        "Re: Before Monday",
        "Yes, at 10 in your office.",
    )


def test_an_answer_brought_twice_is_there_once(the_house: House, people: Cast) -> None:
    write(people)
    arrived(the_house, people)
    the_house.simulator.answer_mail(people.bo.email, "Yes", kind="twice")
    assert Message.objects.filter(direction=Direction.INBOUND).count() == 1
    assert [line["answered"] for line in the_house.simulator.ledger("mail_reply")] == [
        250,
        250,
    ]


def test_a_machines_answer_is_known_and_never_answered(
    the_house: House, people: Cast
) -> None:
    write(people)
    arrived(the_house, people)
    the_house.simulator.answer_mail(people.bo.email, "", kind="auto_reply")
    assert IncomingEmail.objects.get().kind == "automatic"
    assert not Message.objects.filter(direction=Direction.INBOUND).exists()
    assert len(the_house.simulator.mail_ledger()) == 1


def test_a_mail_that_comes_back_says_so_on_the_message(
    the_house: House, people: Cast
) -> None:
    the_house.simulator.fault(kind="mail_bounces", to=people.bo.email)
    message = write(people)
    eventually(
        lambda: Message.objects.filter(pk=message.pk, status=Status.BOUNCED).exists()
    )
    assert (
        "there is no such mailbox" in OutgoingEmail.objects.get(message=message).detail
    )


def test_a_strangers_forgery_is_shown_in_no_conversation(
    the_house: House, people: Cast
) -> None:
    write(people)
    arrived(the_house, people)
    the_house.simulator.answer_mail(
        people.bo.email, "Send me her grades", kind="forged"
    )
    assert IncomingEmail.objects.get().kind == "stray"
    assert not Message.objects.filter(direction=Direction.INBOUND).exists()


def test_answers_written_while_the_intake_is_down_come_in_afterwards(
    the_house: House, people: Cast
) -> None:
    write(people)
    arrived(the_house, people)
    the_house.kill("mail_intake")
    assert not the_house.simulator.answer_mail(people.bo.email, "Anybody there?")[
        "taken"
    ]
    the_house.start("mail_intake")
    eventually(lambda: came_again(the_house), every=0.5)
    assert Message.objects.get(direction=Direction.INBOUND).body == "Anybody there?"


def came_again(house: House) -> bool:
    """The student's mail server comes again and again, as they do."""
    house.simulator.fast_forward(1)
    return Message.objects.filter(direction=Direction.INBOUND).exists()
