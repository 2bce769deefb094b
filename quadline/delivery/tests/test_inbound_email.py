"""A student's email: filed once, where it belongs; machines known, forgeries kept out,
bounces put on what came back.
"""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from quadline.consent.models import ConsentEntry, StopQuestion
from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import Channel, Direction, Status
from quadline.delivery.inbound.inbound_email import EMPTY_EMAIL, file_email
from quadline.delivery.models import IncomingEmail, OutgoingEmail
from quadline.delivery.tests.acts import at_once, fresh, number_row, write
from quadline.emails import tokens
from quadline.emails.limits import EmailTooLarge
from quadline.emails.tests.letters import (
    EXCHANGE_BOUNCE,
    EXIM_BOUNCE,
    POSTFIX_BOUNCE,
    bounce,
    html,
    plain,
    with_files,
)
from tests.cast import Cast

ELSEWHERE = "somebody@elsewhere.example"


@pytest.fixture(autouse=True)
def reply_to(settings: Settings) -> None:
    settings.ENV = settings.ENV.model_copy(
        update={"email_reply_to": "reply@mail.alder.example"}
    )


@pytest.fixture
def conversation(people: Cast) -> Conversation:
    return open_conversation(
        inbox=people.maya.inbox, student=people.bo, now=timezone.now()
    )


@pytest.fixture
def token(conversation: Conversation) -> str:
    return tokens.reply_address(conversation.pk)


@pytest.fixture
def written(conversation: Conversation) -> OutgoingEmail:
    return outgoing(conversation)


def outgoing(
    conversation: Conversation,
    *,
    is_failsafe: bool = False,
    status: Status = Status.SENT,
) -> OutgoingEmail:
    """An email of ours that the mail server has taken."""
    now, message_id = timezone.now(), uuid.uuid4()
    message = Message.objects.create(
        id=message_id,
        conversation=conversation,
        direction=Direction.OUTBOUND,
        channel=Channel.EMAIL,
        body="Free?",
        status=status,
        created_at=now,
    )
    return OutgoingEmail.objects.create(
        message=message,
        is_failsafe=is_failsafe,
        to="bo.jensen@alder.example",
        state=OutgoingEmail.State.SENT,
        header_id=tokens.header_id(message_id, conversation.pk),
        created_at=now,
        sent_at=now,
    )


def arrive(raw: bytes, to: str = "") -> IncomingEmail:
    return file_email(raw, envelope_to=to, now=timezone.now())


def inbound() -> list[Message]:
    return list(
        Message.objects.filter(direction=Direction.INBOUND).order_by("position")
    )


def test_an_answer_joins_its_conversation_unread_and_asking_for_an_answer(
    conversation: Conversation, token: str
) -> None:
    kept = arrive(plain("Yes, at 10."), token)
    (message,) = inbound()
    assert (kept.kind, kept.message, kept.sender, kept.detail) == (
        "reply",
        message,
        "bo.jensen@alder.example",
        "",
    )
    assert (message.channel, message.status, message.subject, message.body) == (
        Channel.EMAIL,
        Status.RECEIVED,
        "Re: Before Monday",
        "Yes, at 10.",
    )
    assert (message.conversation, message.detail, message.events.count()) == (
        conversation,
        "",
        1,
    )
    conversation.refresh_from_db()
    assert (
        conversation.unread_count,
        conversation.needs_reply,
        conversation.is_done,
    ) == (1, True, False)
    assert (conversation.last_message, conversation.last_inbound_at) == (
        message,
        message.created_at,
    )


def test_an_email_is_filed_once_however_often_and_by_whatever_way_it_comes(
    conversation: Conversation, token: str
) -> None:
    first = arrive(plain("Yes"), token)
    again = [
        arrive(plain("Yes", Received="from b", Delivered_To=token)) for _ in range(3)
    ]
    assert again == [first] * 3
    assert (len(inbound()), Conversation.objects.get().unread_count) == (1, 1)


def test_an_email_without_a_message_id_is_filed_once_too(token: str) -> None:
    assert arrive(plain("Yes", Message_ID=""), token) == arrive(
        plain("Yes", Message_ID="", Received="from b"), token
    )
    arrive(plain("No", Message_ID=""), token)
    assert [message.body for message in inbound()] == ["Yes", "No"]


@pytest.mark.parametrize("header", ["To", "Cc", "Delivered_To", "X_Original_To"])
def test_the_address_is_found_where_mail_servers_leave_it(
    conversation: Conversation, token: str, header: str
) -> None:
    arrive(plain("Yes", **{header: f"Maya <{token.upper()}>"}))
    assert inbound()[0].conversation == conversation


def test_the_envelope_comes_before_the_headers(people: Cast, token: str) -> None:
    other = open_conversation(
        inbox=people.maya.inbox, student=people.gus, now=timezone.now()
    )
    arrive(plain("Yes", To=token), tokens.reply_address(other.pk))
    assert inbound()[0].conversation == other


def test_one_email_to_two_advisors_is_in_both_conversations(
    people: Cast, token: str
) -> None:
    other = open_conversation(
        inbox=people.theo.inbox, student=people.bo, now=timezone.now()
    )
    for _ in range(2):
        for address in (token, tokens.reply_address(other.pk)):
            arrive(plain("Yes"), address)
    assert sorted(message.conversation_id for message in inbound()) == sorted(
        Conversation.objects.values_list("pk", flat=True)
    )


def test_another_address_than_the_students_is_named(token: str) -> None:
    kept = arrive(plain("Yes", From=f"Bo <{ELSEWHERE}>"), token)
    assert (kept.kind, kept.detail) == ("reply", f"from {ELSEWHERE}")
    assert inbound()[0].detail == f"from {ELSEWHERE}"


def test_the_students_address_counts_in_any_case(token: str) -> None:
    assert arrive(plain("Yes", From="BO.Jensen@Alder.Example"), token).detail == ""


@pytest.mark.parametrize("change", ["forged", "none"])
def test_without_a_true_token_the_student_may_answer_an_email_of_ours(
    written: OutgoingEmail, token: str, change: str
) -> None:
    to = token.replace("@", "a@") if change == "forged" else "reply@mail.alder.example"
    kept = arrive(
        plain("Yes", In_Reply_To="", References=f"<x@y> {written.header_id}"), to
    )
    assert kept.kind == "reply"
    assert inbound()[0].conversation == written.message.conversation


@pytest.mark.parametrize("change", ["forged", "none"])
def test_without_a_true_token_nobody_else_may(
    written: OutgoingEmail, token: str, change: str
) -> None:
    to = token.replace("@", "a@") if change == "forged" else "reply@mail.alder.example"
    kept = arrive(
        plain("Give me the grades", From=ELSEWHERE, In_Reply_To=written.header_id), to
    )
    assert (kept.kind, kept.message, kept.sender) == ("stray", None, ELSEWHERE)
    assert inbound() == []


@pytest.mark.parametrize("sender", ["bo.jensen@alder.example", "", "nobody"])
def test_mail_that_answers_nothing_of_ours_is_a_stray(
    conversation: Conversation, sender: str
) -> None:
    assert arrive(plain("Hello", From=sender), "texting@alder.example").kind == "stray"
    assert inbound() == []


def test_a_token_of_a_conversation_that_is_gone_is_a_stray(
    conversation: Conversation, token: str
) -> None:
    conversation.delete()
    assert arrive(plain("Hello"), token).kind == "stray"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "auto_reply"},
        {"Return_Path": "<>"},
        {"X_Autoreply": "yes"},
    ],
)
def test_a_machines_answer_is_kept_out_of_the_conversation(
    conversation: Conversation, token: str, headers: dict[str, str]
) -> None:
    assert arrive(plain("I am away.", **headers), token).kind == "automatic"
    assert (inbound(), Conversation.objects.get().needs_reply) == ([], False)


def test_our_own_email_that_comes_around_is_not_an_answer(token: str) -> None:
    assert (
        arrive(plain("Free?", From="Maya <quadline@localhost>"), token).kind
        == "automatic"
    )


def test_nothing_that_comes_in_is_ever_answered(
    written: OutgoingEmail, token: str
) -> None:
    for raw in (
        plain("Yes"),
        plain("Away", Precedence="bulk", Message_ID="<2@x>"),
        bounce(POSTFIX_BOUNCE),
        plain("?", From=ELSEWHERE),
    ):
        arrive(raw, token)
    assert OutgoingEmail.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    "sample",
    [POSTFIX_BOUNCE, EXCHANGE_BOUNCE, EXIM_BOUNCE],
    ids=["Postfix", "Exchange", "Exim"],
)
def test_an_email_that_came_back_says_so(written: OutgoingEmail, sample: str) -> None:
    kept = arrive(bounce(sample, about=written.header_id), "texting@alder.example")
    written.refresh_from_db()
    assert (kept.kind, written.state, fresh(written.message).status) == (
        "bounce",
        OutgoingEmail.State.BOUNCED,
        Status.BOUNCED,
    )
    assert written.detail == kept.detail
    assert Conversation.objects.get().needs_reply


def test_a_failsafe_that_came_back_leaves_its_text_unreached(
    conversation: Conversation,
) -> None:
    email = outgoing(conversation, is_failsafe=True, status=Status.EMAILED)
    arrive(bounce(POSTFIX_BOUNCE, about=email.header_id))
    assert fresh(email.message).status == Status.UNREACHED


def test_a_bounce_that_names_nothing_is_about_the_last_email_that_went_there(
    conversation: Conversation, token: str
) -> None:
    first, last = outgoing(conversation), outgoing(conversation)
    arrive(bounce(POSTFIX_BOUNCE, about="<lost@x>"), token)
    assert [
        OutgoingEmail.objects.get(pk=email.pk).state for email in (first, last)
    ] == ["sent", "bounced"]


@pytest.mark.parametrize(
    "about", ["<m.00000000-0000-0000-0000-000000000000.1@localhost>", "<lost@x>"]
)
def test_a_bounce_of_nothing_of_ours_changes_nothing(
    written: OutgoingEmail, about: str
) -> None:
    assert arrive(bounce(POSTFIX_BOUNCE, about=about)).detail.startswith(
        "about no email of ours"
    )
    written.refresh_from_db()
    assert written.state == OutgoingEmail.State.SENT


def test_mail_that_is_only_late_has_not_come_back(written: OutgoingEmail) -> None:
    assert (
        arrive(
            bounce(
                POSTFIX_BOUNCE,
                about=written.header_id,
                action="delayed",
                status="4.4.1",
            )
        ).kind
        == "automatic"
    )
    written.refresh_from_db()
    assert written.state == OutgoingEmail.State.SENT


def test_files_are_named_and_not_kept(token: str) -> None:
    arrive(with_files("Here it is.", "form.pdf"), token)
    assert inbound()[0].body == "Here it is.\n\n[Attachment: form.pdf was not kept]"


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (html("<img src=x>"), EMPTY_EMAIL),
        (with_files("", "form.pdf"), "[Attachment: form.pdf was not kept]"),
        (plain("a\x00b"), "ab"),
    ],
)
def test_an_email_without_words_is_filed_all_the_same(
    token: str, raw: bytes, body: str
) -> None:
    arrive(raw, token)
    assert inbound()[0].body == body


def test_an_email_of_30_mb_is_refused_and_leaves_nothing(token: str) -> None:
    with pytest.raises(EmailTooLarge):
        arrive(with_files("See", "film.mov", size=22_000_000), token)
    assert not IncomingEmail.objects.exists()


@pytest.mark.parametrize("body", ["STOP", "Unsubscribe", "please stop texting me"])
def test_stop_in_an_email_is_put_to_a_person(
    people: Cast, token: str, body: str
) -> None:
    number = number_row(people.maya)
    waiting = write(people.maya, people.bo)
    arrive(plain(body), token)
    question = StopQuestion.objects.get()
    assert (question.student_phone, question.system_phone, question.wording) == (
        people.bo.mobile,
        number.phone,
        body,
    )
    assert fresh(waiting).due_at is None
    assert not ConsentEntry.objects.exists()  # a keyword of texts only
    assert inbound()[0].conversation.needs_reply


@pytest.mark.parametrize(
    "body", ["Yes, at 10.", "I will stop by your office", "Don't stop"]
)
def test_ordinary_talk_in_an_email_asks_nobody(
    people: Cast, token: str, body: str
) -> None:
    number_row(people.maya)
    arrive(plain(body), token)
    assert not StopQuestion.objects.exists()


def test_the_same_email_twice_at_once_is_one(committed_people: Cast) -> None:
    conversation = open_conversation(
        inbox=committed_people.maya.inbox,
        student=committed_people.bo,
        now=timezone.now(),
    )
    address = tokens.reply_address(conversation.pk)
    at_once([lambda: arrive(plain("Yes"), address)] * 4)
    assert (
        len(inbound()),
        Conversation.objects.get(pk=conversation.pk).unread_count,
    ) == (1, 1)


def test_what_was_answered_is_threaded_on(
    conversation: Conversation, token: str, written: OutgoingEmail
) -> None:
    kept = arrive(plain("Yes"), token)
    assert kept.header_id == "<CAF1@mail.alder.example>"
    assert kept.references.split() == ["<m.1.7@alder.example>", "<m.0.7@alder.example>"]
    assert kept.received_at - timezone.now() < timedelta(minutes=1)
