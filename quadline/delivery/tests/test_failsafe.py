"""Exactly one email for each text that cannot be delivered, whatever
the reason and whenever it is learnt.
"""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from quadline.accounts.models import User
from quadline.audit.models import AuditEntry
from quadline.carriers.protocol import Failure, Receipt, ReceiptProgress
from quadline.carriers.twilio_codes import FAILURES, failure
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Status
from quadline.delivery import alerts
from quadline.delivery.failsafe import closing
from quadline.delivery.models import Attempt, OutgoingEmail
from quadline.delivery.outbox.accepting import cancel_text
from quadline.delivery.outbox.deadlines import email_overdue_texts
from quadline.delivery.outcomes import receipts
from quadline.delivery.sending.claiming import claim_batch
from quadline.delivery.tests.acts import (
    due_now,
    fresh,
    jobs,
    mail_due,
    number_row,
    reply,
    send_due,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from quadline.roster.models import PhoneTrouble, Student
from tests.cast import Cast
from tests.house import Simulator
from tests.mail_server import MailServer

pytestmark = pytest.mark.usefixtures("mailbox")

# Each code and its class, as docs/adding-a-carrier.md has them: N bad number, O opted
# out, M this text, R later, U the college's set-up, ? unknown.
CLASSES = """
21211 N  21214 N  21217 N  21614 N  21612 N  30005 N  30006 N
21610 O  30004 O  30640 O
30007 M  30011 M  30019 M  30036 M
30003 R  30008 R  30001 R  21611 R  30017 R  30022 R  30023 R  30024 R  30035 R  30046 R  30410 R  30450 R  30453 R
30454 R  30500 R  30610 R  63038 R  20429 R
30002 U  30010 U  30032 U  30033 U  30034 U  30037 U  30039 U  14107 U  21408 U  21602 U  21603 U  21604 U  21606 U
21617 U  21620 U  21623 U  21608 U  21219 U  21701 U  21702 U  21703 U  21704 U  21705 U  20003 U  20404 U
11200 U  11205 U  11751 U
39999 ?
"""
CLASS_OF = dict(pair.split() for pair in re.split(r"\s{2,}|\n", CLASSES.strip()))
# of a number that is not registered everywhere yet
TOO_NEW = {"30024", "30034", "30035"}


def mails(mailbox: MailServer, student: Student) -> int:
    return len(mailbox.to(student.email))


def arrives(
    text: Message, progress: ReceiptProgress, code: str = "", *, sid: str = "SM1"
) -> None:
    why = failure(code) if code else None
    receipts.apply_receipts_in_order(
        [Receipt(sid, str(text.pk), progress, why, code)], now=timezone.now()
    )


def handed_over(people: Cast) -> Message:
    number_row(people.maya)
    text = write(people.maya, people.rosa)
    claim_batch(limit=50)
    return text


def test_every_code_of_the_table_is_known_and_tested() -> None:
    assert set(FAILURES) == set(CLASS_OF) - {"39999"}


# At the carrier's refusal


@pytest.mark.parametrize(
    "code", [code for code, kind in CLASS_OF.items() if kind in "NOM?"]
)
def test_a_refusal_for_good_is_emailed_at_once_and_once(
    people: Cast, box: Simulator, number: SystemNumber, mailbox: MailServer, code: str
) -> None:
    box.fault(kind="refuse", code=int(code), times=1)
    text = write(people.maya, people.rosa)
    send_due()
    assert (
        status(text),
        OutgoingEmail.objects.filter(due_at__lte=timezone.now()).count(),
    ) == (Status.FAILED, 1)
    for _ in range(2):
        mail_due()
    assert (status(text), mails(mailbox, people.rosa), box.accepts()) == (
        Status.EMAILED,
        1,
        [],
    )
    assert ("39999" in fresh(text).detail) is (code == "39999")


@pytest.mark.parametrize(
    "code", [code for code, kind in CLASS_OF.items() if kind == "R" or code in TOO_NEW]
)
def test_what_time_fixes_is_tried_until_the_deadline_and_then_emailed_once(
    people: Cast, box: Simulator, number: SystemNumber, mailbox: MailServer, code: str
) -> None:
    box.fault(kind="refuse", code=int(code))
    text = write(people.maya, people.rosa)
    for _ in range(3):
        due_now()
        send_due()
        Attempt.objects.update(started_at=timezone.now() - timedelta(hours=1))
        email_overdue_texts(timestamp=0)
        mail_due()
    assert (status(text), mails(mailbox, people.rosa)) == (Status.SENDING, 0)
    Message.objects.update(deadline_at=timezone.now())
    SystemNumber.objects.update(active_at=timezone.now() - timedelta(hours=5))
    for _ in range(2):
        email_overdue_texts(timestamp=0)
        due_now()
        send_due()
        mail_due()
    assert (status(text), fresh(text).reason, mails(mailbox, people.rosa)) == (
        Status.EMAILED,
        "deadline",
        1,
    )
    assert failure(code).words in fresh(text).detail
    assert (box.accepts(), text.attempts.count()) == ([], 3)


@pytest.mark.parametrize(
    "code",
    [code for code, kind in CLASS_OF.items() if kind == "U" and code not in TOO_NEW],
)
def test_what_the_college_must_fix_is_tried_for_some_minutes_and_then_emailed_once(
    people: Cast, box: Simulator, number: SystemNumber, mailbox: MailServer, code: str
) -> None:
    box.fault(kind="refuse", code=int(code))
    text = write(people.maya, people.rosa)
    send_due()
    due_now()
    send_due()
    mail_due()
    assert (status(text), mails(mailbox, people.rosa)) == (Status.SENDING, 0)
    Attempt.objects.update(started_at=timezone.now() - timedelta(minutes=15))
    due_now()
    send_due()
    assert (status(text), fresh(text).carrier_code, fresh(text).due_at) == (
        Status.FAILED,
        code,
        None,
    )
    for _ in range(2):
        mail_due()
    assert (status(text), mails(mailbox, people.rosa), box.accepts()) == (
        Status.EMAILED,
        1,
        [],
    )


def test_what_is_fixed_in_time_goes_as_a_text(
    people: Cast, box: Simulator, number: SystemNumber, mailbox: MailServer
) -> None:
    box.fault(kind="refuse", code=20003, times=2)
    text = write(people.maya, people.rosa)
    for _ in range(3):
        due_now()
        send_due()
    mail_due()
    assert (status(text), len(box.accepts()), mailbox.all()) == (Status.SENT, 1, [])


def test_administrators_hear_of_each_code_once_an_hour(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    for code in (20003, 20003, 30034, 30007, 21211, 21611):
        box.clear_faults()
        box.fault(kind="refuse", code=code, times=1)
        write(people.maya, people.rosa)
        write(people.maya, people.bo)
        due_now()
        send_due()
    assert [job["carrier_code"] for job in jobs(alerts.email_carrier_trouble)] == [
        "20003",
        "30034",
        "30007",
    ]


def test_the_letter_to_administrators_names_the_code(
    people: Cast, mailbox: MailServer
) -> None:
    alerts.email_carrier_trouble(words=Failure.NOT_SET_UP.words, carrier_code="20003")
    [letter] = mailbox.to(people.ada.email)
    assert letter["Subject"] == "The carrier refuses texts (code 20003)"
    assert Failure.NOT_SET_UP.words in letter.get_content()


# At a final receipt


TWICE, IN_DISORDER = ("failed", "failed"), ("undelivered", "failed", "sent")
ONE_OF_EACH_CLASS = {kind: code for code, kind in CLASS_OF.items()}.values()


@pytest.mark.parametrize(
    ("code", "order"),
    [
        *((code, TWICE) for code in CLASS_OF),
        *((code, IN_DISORDER) for code in ONE_OF_EACH_CLASS),
    ],
)
def test_a_failure_after_acceptance_is_emailed_once_and_never_texted_again(
    people: Cast, mailbox: MailServer, code: str, order: tuple[str, ...]
) -> None:
    text = handed_over(people)
    for word in order:
        arrives(text, ReceiptProgress(word), "" if word == "sent" else code)
    assert status(text) == Status(order[0])
    for _ in range(2):
        mail_due()
        for word in order:
            arrives(text, ReceiptProgress(word), "" if word == "sent" else code)
    assert (status(text), fresh(text).due_at, mails(mailbox, people.rosa)) == (
        Status.EMAILED,
        None,
        1,
    )
    assert (fresh(text).reason, fresh(text).carrier_code) == (
        failure(code).name.lower(),
        code,
    )


def test_the_email_is_held_for_a_late_delivery(
    people: Cast, mailbox: MailServer, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"failsafe_hold_seconds": 60})
    text, before = handed_over(people), timezone.now()
    arrives(text, ReceiptProgress.UNDELIVERED, "30003")
    email = OutgoingEmail.objects.get()
    assert email.due_at is not None
    assert email.due_at - before >= timedelta(seconds=60)
    arrives(text, ReceiptProgress.DELIVERED)
    mail_due()
    email.refresh_from_db()
    assert (status(text), email.state, mailbox.all()) == (
        Status.DELIVERED,
        OutgoingEmail.State.DROPPED,
        [],
    )


def test_an_email_that_has_left_is_not_called_back_by_a_late_delivery(
    people: Cast, mailbox: MailServer
) -> None:
    text = handed_over(people)
    arrives(text, ReceiptProgress.UNDELIVERED, "30003")
    mail_due()
    arrives(text, ReceiptProgress.DELIVERED)
    assert (status(text), mails(mailbox, people.rosa)) == (Status.EMAILED, 1)
    assert text.events.filter(to_status=Status.DELIVERED).exists()


# Before anything is handed over


@pytest.mark.parametrize("who", ["nell", "gus", "bo", "rosa"])
def test_a_text_that_may_not_be_sent_is_emailed_once(
    people: Cast, mailbox: MailServer, who: str
) -> None:
    number = number_row(people.maya)
    reply(people.bo.mobile, number.phone, "STOP")
    PhoneTrouble.objects.create(
        phone=people.rosa.mobile, is_bad=True, since=timezone.now()
    )
    text = write(people.maya, getattr(people, who))
    assert status(text) == Status.BLOCKED
    for _ in range(2):
        mail_due()
    assert (status(text), mails(mailbox, getattr(people, who))) == (Status.EMAILED, 1)
    assert (
        fresh(text).reason
        == {
            "nell": "no_mobile",
            "gus": "landline",
            "bo": "opted_out",
            "rosa": "bad_number",
        }[who]
    )


def test_a_stop_turns_each_waiting_text_into_one_email_and_leaves_emails_alone(
    people: Cast, mailbox: MailServer
) -> None:
    number = number_row(people.maya)
    texts = [write(people.maya, people.rosa, word) for word in ("Monday?", "Tuesday?")]
    other = write(people.maya, people.bo)
    reply(people.rosa.mobile, number.phone, "STOP")
    for _ in range(2):
        mail_due()
    assert [status(text) for text in (*texts, other)] == [
        Status.EMAILED,
        Status.EMAILED,
        Status.QUEUED,
    ]
    assert [
        ("Monday?" in str(letter), "Tuesday?" in str(letter))
        for letter in mailbox.to(people.rosa.email)
    ] == [
        (True, False),
        (False, True),
    ]


def test_who_opts_out_between_acceptance_and_hand_over_gets_one_email(
    people: Cast, box: Simulator, number: SystemNumber, mailbox: MailServer
) -> None:
    box.fault(kind="rate_limit", times=1)
    text = write(people.maya, people.rosa)
    send_due()
    reply(people.rosa.mobile, number.phone, "STOP")
    due_now()
    send_due()
    mail_due()
    assert (status(text), box.accepts(), mails(mailbox, people.rosa)) == (
        Status.EMAILED,
        [],
        1,
    )


def test_a_text_its_author_took_back_becomes_no_email(
    people: Cast, mailbox: MailServer
) -> None:
    text = write(people.maya, people.rosa)
    cancel_text(message=text, actor=people.maya, now=timezone.now())
    closing.write_email(fresh(text), now=timezone.now())
    mail_due()
    assert (status(text), mailbox.all()) == (Status.CANCELLED, [])


def test_asking_twice_for_an_email_writes_one(people: Cast) -> None:
    text = write(people.maya, people.nell)
    closing.write_email(text, now=timezone.now())
    assert OutgoingEmail.objects.count() == 1


# Nobody to write to


def test_without_an_address_nobody_is_reached_and_staff_are_told(
    people: Cast, mailbox: MailServer
) -> None:
    Student.objects.filter(pk=people.nell.pk).update(email="")
    people.nell.refresh_from_db()
    text = write(people.maya, people.nell)
    told = Conversation.objects.get(pk=text.conversation_id)
    assert (status(text), told.needs_reply, told.is_done) == (
        Status.UNREACHED,
        True,
        False,
    )
    assert (
        fresh(text).detail
        == "There is no mobile number on file. There is no email address on file"
        " either."
    )
    mail_due()
    assert mailbox.all() == []


def test_a_failure_to_a_phone_nobody_is_known_by_reaches_nobody(people: Cast) -> None:
    text = handed_over(people)
    Conversation.objects.update(student=None, phone=people.rosa.mobile)
    arrives(text, ReceiptProgress.FAILED, "30006")
    assert status(text) == Status.UNREACHED


# By hand


@pytest.fixture
def waiting(people: Cast) -> Message:
    return write(people.maya, people.rosa)  # for the number


def by_hand(text: Message, actor: User) -> bool:
    return closing.send_as_email(message=text, actor=actor, now=timezone.now())


def test_a_waiting_text_can_be_sent_as_an_email_by_hand(
    people: Cast, waiting: Message, mailbox: MailServer
) -> None:
    assert by_hand(waiting, people.maya)
    mail_due()
    assert (status(waiting), fresh(waiting).reason, mails(mailbox, people.rosa)) == (
        Status.EMAILED,
        "by_hand",
        1,
    )
    assert not by_hand(waiting, people.maya)
    assert (
        AuditEntry.objects.filter(
            action="text sent as email", actor=people.maya
        ).count()
        == 1
    )
    assert waiting.events.get(to_status=Status.BLOCKED).actor == people.maya


def test_the_next_text_carries_the_notice_of_one_that_went_as_an_email(
    people: Cast, waiting: Message
) -> None:
    second = write(people.maya, people.rosa, "And another thing")
    assert (bool(waiting.notice), second.notice) == (True, "")
    by_hand(waiting, people.maya)
    assert fresh(second).notice == waiting.notice


@pytest.mark.parametrize("ended", [Status.FAILED, Status.UNDELIVERED, Status.BLOCKED])
def test_a_text_that_did_not_arrive_can_be_sent_as_an_email_by_hand(
    people: Cast, waiting: Message, mailbox: MailServer, ended: Status
) -> None:
    Message.objects.update(
        status=ended, due_at=None, reason="unreachable", detail="Phone switched off."
    )
    assert by_hand(waiting, people.maya)
    mail_due()
    assert (status(waiting), fresh(waiting).reason, mails(mailbox, people.rosa)) == (
        Status.EMAILED,
        "unreachable",
        1,
    )


def test_by_hand_does_not_wait_for_the_hold(people: Cast) -> None:
    text = handed_over(people)
    arrives(text, ReceiptProgress.UNDELIVERED, "30003")
    assert by_hand(text, people.maya)
    assert OutgoingEmail.objects.filter(due_at__lte=timezone.now()).exists()


@pytest.mark.parametrize(
    "state",
    [Status.SENT, Status.DELIVERED, Status.CANCELLED, Status.EMAILED, Status.UNREACHED],
)
def test_a_text_that_is_on_its_way_or_over_is_not_sent_by_hand(
    people: Cast, waiting: Message, state: Status
) -> None:
    Message.objects.update(status=state, due_at=None)
    assert not by_hand(waiting, people.maya)
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize(
    ("outcome", "may"),
    [
        (Attempt.Outcome.UNDER_WAY, False),
        (Attempt.Outcome.UNKNOWN, False),
        (Attempt.Outcome.NOTHING_FOUND, True),
        (Attempt.Outcome.UNSENT, True),
    ],
)
def test_a_text_in_doubt_is_sent_by_hand_only_when_the_carrier_does_not_have_it(
    people: Cast, outcome: Attempt.Outcome, may: bool
) -> None:
    text = handed_over(people)
    Attempt.objects.update(outcome=outcome)
    Message.objects.update(status=Status.UNCONFIRMED)
    assert by_hand(text, people.maya) is may


# What phones teach


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("21211", 1),
        ("21614", 1),
        ("30006", 1),
        ("30005", 2),
        ("21612", 2),
        ("30003", 9),
    ],
)
def test_a_phone_that_fails_for_good_gets_no_more_texts(
    people: Cast, code: str, texts: int
) -> None:
    number_row(people.maya)
    for sent in range(3):
        text = write(people.maya, people.rosa)
        assert (text.status == Status.BLOCKED, text.reason) == (
            (True, "bad_number") if sent >= texts else (False, "")
        )
        if sent < texts:
            claim_batch(limit=50)
            arrives(text, ReceiptProgress.FAILED, code, sid=f"SM{sent}")
            arrives(text, ReceiptProgress.FAILED, code, sid=f"SM{sent}")


@pytest.mark.parametrize("sign_of_life", ["a reply", "a delivery"])
def test_a_phone_that_shows_signs_of_life_is_texted_again(
    people: Cast, sign_of_life: str
) -> None:
    text = handed_over(people)
    PhoneTrouble.objects.create(
        phone=people.rosa.mobile, is_bad=True, since=timezone.now()
    )
    assert write(people.maya, people.rosa).status == Status.BLOCKED
    if sign_of_life == "a reply":
        reply(people.rosa.mobile, SystemNumber.objects.get().phone, "I am here")
    else:
        arrives(text, ReceiptProgress.DELIVERED)
    assert write(people.maya, people.rosa).status == Status.QUEUED
