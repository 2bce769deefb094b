"""Whatever happens, in whatever order and however often: one email per text at most,
and none for one that had arrived.
"""

import uuid
from functools import partial
from threading import Event

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from quadline.carriers.protocol import (
    Failure,
    Receipt,
    ReceiptProgress,
    Refused,
    Unsent,
)
from quadline.conversations.models import Message
from quadline.conversations.rules import FINAL_STATUSES, Status
from quadline.delivery.failsafe import closing, email_sender
from quadline.delivery.models import Attempt, OutgoingEmail
from quadline.delivery.outbox.deadlines import email_overdue_texts
from quadline.delivery.outcomes import receipts
from quadline.delivery.rules import EMAIL_LOST_AFTER
from quadline.delivery.sending import recording
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.tests.acts import (
    at_once,
    due_now,
    fresh,
    mail_due,
    never_fell,
    number_row,
    reply,
    status,
    write,
)
from tests.cast import Cast
from tests.mail_server import MailServer

NUMBER = "+17345550200"


class World:
    """One text, and everything that can happen to it."""

    def __init__(self, people: Cast, mailbox: MailServer) -> None:
        self.people, self.mailbox = people, mailbox
        self.text = write(people.maya, people.rosa)
        self.had_arrived = False

    def mails(self) -> list[str]:
        return [
            str(letter["Message-ID"])
            for letter in self.mailbox.to(self.people.rosa.email)
        ]

    def act(self, name: str) -> None:
        now = timezone.now()
        before = len(self.mails())
        match name:
            case "sent" | "delivered" | "undelivered" | "failed":
                went_wrong = name in ("undelivered", "failed")
                news = Receipt(
                    "SM1",
                    str(self.text.pk),
                    ReceiptProgress(name),
                    Failure.NETWORK if went_wrong else None,
                    "30008",
                )
                receipts.apply_receipts_in_order([news], now=now)
            case "stop":
                reply(self.people.rosa.mobile, NUMBER, "STOP")
            case "deadline":
                Message.objects.filter(pk=self.text.pk).update(deadline_at=now)
                email_overdue_texts(timestamp=0)
            case "by hand":
                closing.send_as_email(
                    message=self.text, actor=self.people.maya, now=now
                )
            case "accepted" | "refused" | "put off":
                self.hand_over(name)
            case "mail":
                mail_due()
            case "mail server down":
                self.mailbox.refuse(450)
            case "mail worker killed":
                OutgoingEmail.objects.exclude(due_at=None).update(due_at=now)
                email_sender._claim_due()
                OutgoingEmail.objects.exclude(taken_at=None).update(
                    taken_at=now - EMAIL_LOST_AFTER * 2
                )
                email_sender.send_overdue_emails(timestamp=0)
        assert not (self.had_arrived and len(self.mails()) > before), (
            "an email for a text that had arrived"
        )
        self.had_arrived = status(self.text) == Status.DELIVERED

    def hand_over(self, outcome: str) -> None:
        due_now()
        for claim in claim_batch(limit=1):
            now = timezone.now()
            if outcome == "accepted":
                recording.record_accepted(
                    [recording.AcceptedText(claim.message.pk, claim.attempt.pk, "SM1")],
                    now=now,
                )
            elif outcome == "refused":
                recording.record_text_refused(
                    claim.message,
                    claim.attempt,
                    Refused(Failure.FILTERED, "30007"),
                    now=now,
                )
            else:
                recording.record_unsent(
                    claim.message, claim.attempt, Unsent("later", 60), now=now
                )


ACTS = [
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "stop",
    "deadline",
    "by hand",
    "accepted",
    "refused",
    "put off",
]
MAIL = ["mail", "mail", "mail", "mail server down", "mail worker killed"]


@given(acts=st.lists(st.sampled_from([*ACTS, *MAIL]), min_size=1, max_size=10))
@how(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_course_of_events_ends_in_one_email_at_most(
    people: Cast, mailbox: MailServer, acts: list[str]
) -> None:
    with transaction.atomic():
        mailbox.forget()
        number_row(people.maya, NUMBER)
        world = World(people, mailbox)
        for act in [*acts, "mail", "mail"]:
            world.act(act)
        ended = status(world.text)
        assert len(world.mails()) <= 1
        assert OutgoingEmail.objects.filter(message=world.text).count() <= 1
        assert never_fell(world.text)
        if ended is Status.EMAILED:
            assert len(world.mails()) == 1
        # then its email is still on its way
        if ended in (Status.BLOCKED, Status.FAILED, Status.UNDELIVERED):
            assert OutgoingEmail.objects.filter(
                message=world.text, state="queued"
            ).exists()
        assert (fresh(world.text).due_at is None) or ended not in FINAL_STATUSES
        transaction.set_rollback(True)


# Races


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("race", range(6))
def test_a_sender_and_the_deadline_never_both_have_a_text(
    committed_people: Cast, race: int
) -> None:
    people = committed_people
    number_row(people.maya)
    texts = [
        write(people.maya, student, str(race))
        for student in (people.rosa, people.bo, people.sally)
    ]
    Message.objects.update(deadline_at=timezone.now())
    at_once(
        [
            partial(claim_batch, limit=50),
            partial(email_overdue_texts, timestamp=0),
            partial(claim_batch, limit=50),
        ]
    )
    for text in texts:
        tried, mailed = (
            Attempt.objects.filter(message=text).count(),
            OutgoingEmail.objects.filter(message=text).count(),
        )
        assert (status(text), tried, mailed) in [
            (Status.SENDING, 1, 0),
            (Status.BLOCKED, 0, 1),
        ]


@pytest.mark.django_db(transaction=True)
def test_two_failures_at_the_same_moment_write_one_email(
    committed_people: Cast, mailbox: MailServer
) -> None:
    people = committed_people
    number_row(people.maya)
    text = write(people.maya, people.rosa)
    claim_batch(limit=1)
    news = [
        Receipt("SM1", str(text.pk), progress, Failure.NETWORK, "30008")
        for progress in (ReceiptProgress.FAILED, ReceiptProgress.UNDELIVERED)
    ]
    at_once(
        [
            partial(receipts.apply_receipts_in_order, [each], now=timezone.now())
            for each in news * 3
        ]
    )
    at_once([mail_due] * 3)
    mail_due()
    assert (status(text), len(mailbox.all())) == (Status.EMAILED, 1)


@pytest.mark.django_db(transaction=True)
def test_a_delivery_that_is_being_written_down_is_waited_for(
    committed_people: Cast, mailbox: MailServer
) -> None:
    """The last look before an email leaves and a late
    "delivered" meet at the row of the text.
    """
    people = committed_people
    number_row(people.maya)
    text = write(people.maya, people.rosa)
    claim_batch(limit=1)
    receipts.apply_receipts_in_order(
        [
            Receipt(
                "SM1",
                str(text.pk),
                ReceiptProgress.UNDELIVERED,
                Failure.NETWORK,
                "30008",
            )
        ],
        now=timezone.now(),
    )
    applied, looked = Event(), Event()

    def deliver_slowly() -> None:
        with transaction.atomic():
            receipts.apply_receipts_in_order(
                [Receipt("SM1", str(text.pk), ReceiptProgress.DELIVERED)],
                now=timezone.now(),
            )
            applied.set()
            assert looked.wait(10)

    def mail_meanwhile() -> None:
        assert applied.wait(10)
        mail_due()
        looked.set()

    at_once([deliver_slowly, mail_meanwhile])
    mail_due()
    assert (status(text), mailbox.all()) == (Status.DELIVERED, [])


@pytest.mark.django_db(transaction=True)
def test_a_double_click_on_send_as_email_is_one_email(
    committed_people: Cast, mailbox: MailServer
) -> None:
    people = committed_people
    text = write(people.maya, people.rosa)
    at_once(
        [
            partial(
                closing.send_as_email,
                message=text,
                actor=people.maya,
                now=timezone.now(),
            )
        ]
        * 4
    )
    at_once([mail_due] * 2)
    assert (status(text), len(mailbox.all())) == (Status.EMAILED, 1)


def test_the_database_keeps_it_to_one_email_per_message(people: Cast) -> None:
    text = write(people.maya, people.nell)
    kept = OutgoingEmail.objects.get(message=text)
    OutgoingEmail.objects.bulk_create(
        [
            OutgoingEmail(
                message=text,
                is_failsafe=True,
                to="x@y.example",
                header_id=f"<{uuid.uuid4()}@y>",
                created_at=timezone.now(),
            )
        ],
        ignore_conflicts=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM delivery_outgoingemail WHERE message_id = %s",
            [text.pk],
        )
        assert cursor.fetchone() == (1,)
    assert OutgoingEmail.objects.get(message=text) == kept
