"""A mail service's calls: believed with the secret only, an email is
filed, a bounce is put on what came back.
"""

import base64
import json
import uuid
from pathlib import Path
from typing import Any, cast

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import Channel, Direction, Status
from quadline.delivery.models import IncomingEmail, OutgoingEmail
from quadline.delivery.tests.acts import fresh
from quadline.emails import reading, tokens
from quadline.emails.tests import hostile
from quadline.emails.tests.letters import plain
from quadline.webhooks import size_limits
from quadline.webhooks.mail import mail_rate
from quadline.webhooks.mail import routes as mail
from tests.cast import Cast

SECRET = "quadline:a-long-enough-secret"


@pytest.fixture(autouse=True)
def service(settings: Settings, tmp_path: Path) -> None:
    """Postmark is set up, with a secret."""
    settings.STATIC_ROOT = tmp_path
    changes = {
        "email_service": "postmark",
        "email_webhook_secret": SECRET,
        "email_reply_to": "reply@mail.alder.example",
    }
    settings.ENV = settings.ENV.model_copy(update=changes)
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


@pytest.fixture
def conversation(people: Cast) -> Conversation:
    return open_conversation(
        inbox=people.maya.inbox, student=people.bo, now=timezone.now()
    )


@pytest.fixture
def written(conversation: Conversation) -> OutgoingEmail:
    now, message_id = timezone.now(), uuid.uuid4()
    message = Message.objects.create(
        id=message_id,
        conversation=conversation,
        direction=Direction.OUTBOUND,
        channel=Channel.EMAIL,
        body="Free?",
        status=Status.SENT,
        created_at=now,
    )
    return OutgoingEmail.objects.create(
        message=message,
        is_failsafe=False,
        to="bo.jensen@alder.example",
        state=OutgoingEmail.State.SENT,
        header_id=tokens.header_id(message_id, conversation.pk),
        provider_id="pm-1",
        created_at=now,
        sent_at=now,
    )


def call(door: str, content: Any, *, secret: str = SECRET) -> HttpResponse:
    given = (
        {"HTTP_AUTHORIZATION": f"Basic {base64.b64encode(secret.encode()).decode()}"}
        if secret
        else {}
    )
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers: Any = given
    answered: Any = Client().post(
        f"/mail/{door}/", raw, content_type="application/json", **headers
    )
    return cast(HttpResponse, answered)


def answer(
    conversation: Conversation,
    *,
    raw: bytes = b"",
    body: str = "Yes, at 10.",
    **more: Any,
) -> dict[str, Any]:
    to = tokens.reply_address(conversation.pk)
    return {
        "FromFull": {"Email": "bo.jensen@alder.example", "Name": "Bo Jensen"},
        "OriginalRecipient": to,
        "Headers": [{"Name": "Return-Path", "Value": "<bo.jensen@alder.example>"}],
        "RawEmail": (raw or plain(body)).decode(),
        **more,
    }


def news(kind: str = "HardBounce", **more: Any) -> dict[str, Any]:
    about = {
        "MessageID": "pm-1",
        "Email": "bo.jensen@alder.example",
        "Details": "smtp;550 5.1.1 User unknown",
    }
    return {
        "RecordType": "Bounce",
        "ID": 42,
        "Type": kind,
        "BouncedAt": "2026-11-23T15:00:00Z",
        **about,
        **more,
    }


def test_an_answer_is_filed_in_its_conversation(conversation: Conversation) -> None:
    assert call("postmark/inbound", answer(conversation)).status_code == 200
    message = Message.objects.get()
    assert (message.conversation, message.channel, message.body) == (
        conversation,
        Channel.EMAIL,
        "Yes, at 10.",
    )


def test_an_answer_in_the_services_own_form_is_filed_too(
    conversation: Conversation,
) -> None:
    content = answer(
        conversation,
        TextBody="Yes, at 10.\n\n> Free?",
        Subject="Re: Hi",
        ToFull=[],
        Attachments=[],
    )
    content["Headers"].append({"Name": "Message-ID", "Value": "<own@x>"})
    del content["RawEmail"]
    for _ in range(2):
        assert call("postmark/inbound", content).status_code == 200
    assert (Message.objects.get().body, IncomingEmail.objects.get().header_id) == (
        "Yes, at 10.",
        "<own@x>",
    )


def test_a_machine_is_known_by_the_envelope(conversation: Conversation) -> None:
    content = answer(conversation, Headers=[{"Name": "Return-Path", "Value": "<>"}])
    call("postmark/inbound", content)
    assert IncomingEmail.objects.get().kind == "automatic"


@pytest.mark.parametrize("secret", ["", "quadline:wrong-but-long-enough", "x"])
def test_a_call_without_the_secret_is_refused(
    conversation: Conversation, secret: str
) -> None:
    assert (
        call("postmark/inbound", answer(conversation), secret=secret).status_code == 403
    )
    assert not IncomingEmail.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"email_webhook_secret": ""}, {"email_service": ""}, {"email_service": "mailgun"}],
)
def test_nobody_is_at_home_until_the_service_and_a_secret_are_set(
    conversation: Conversation, settings: Settings, change: dict[str, str]
) -> None:
    settings.ENV = settings.ENV.model_copy(update=change)
    assert call("postmark/inbound", answer(conversation)).status_code == 404
    assert not IncomingEmail.objects.exists()


@pytest.mark.parametrize(
    "door",
    ["postmark", "postmark/nothing", "sendgrid/inbound", "postmark/inbound/../x"],
)
def test_other_doors_are_not_there(conversation: Conversation, door: str) -> None:
    assert call(door, {}).status_code == 404


def test_an_email_of_several_mb_is_taken(conversation: Conversation) -> None:
    content = answer(
        conversation,
        Attachments=[
            {
                "Name": "a.pdf",
                "ContentType": "application/pdf",
                "Content": "QUJD" * 1_000_000,
            }
        ],
    )
    content["TextBody"] = "See the form"
    del content["RawEmail"]
    assert call("postmark/inbound", content).status_code == 200
    assert (
        Message.objects.get().body == "See the form\n\n[Attachment: a.pdf was not kept]"
    )


def test_an_email_of_30_mb_is_refused_unread(conversation: Conversation) -> None:
    answered = call("postmark/inbound", b" " * 30_000_000)
    assert (
        answered.status_code,
        b"26,866,666 bytes are the most" in answered.content,
    ) == (413, True)


def test_an_email_over_the_limit_is_dropped_and_not_brought_forever(
    conversation: Conversation,
) -> None:
    assert (
        call(
            "postmark/inbound", answer(conversation, body="x" * 21_000_000)
        ).status_code
        == 200
    )
    assert not IncomingEmail.objects.exists()


def test_the_limit_is_the_one_that_django_is_told(settings: Settings) -> None:
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == size_limits.MAX_EMAIL_CALL


def test_everywhere_else_a_form_is_small(people: Cast) -> None:
    assert (
        Client().post("/accounts/login/", {"email": "x" * 1_100_000}).status_code == 413
    )


@pytest.mark.parametrize(
    "kind", ["HardBounce", "SoftBounce", "BadEmailAddress", "Blocked"]
)
def test_an_email_that_did_not_arrive_says_so(
    written: OutgoingEmail, kind: str
) -> None:
    for _ in range(2):
        assert call("postmark/tracking", news(kind)).status_code == 200
    written.refresh_from_db()
    assert (written.state, fresh(written.message).status) == (
        OutgoingEmail.State.BOUNCED,
        Status.BOUNCED,
    )
    assert "(smtp;550 5.1.1 User unknown)" in written.detail


@pytest.mark.parametrize(
    "content",
    [
        news("Transient"),
        news("AutoResponder"),
        {"RecordType": "Delivery", "MessageID": "pm-1"},
        news(MessageID="pm-9"),
    ],
)
def test_other_news_changes_nothing(
    written: OutgoingEmail, content: dict[str, Any]
) -> None:
    assert call("postmark/tracking", content).status_code == 200
    written.refresh_from_db()
    assert written.state == OutgoingEmail.State.SENT


def test_news_that_is_quicker_than_the_worker_is_to_be_brought_again(
    written: OutgoingEmail,
) -> None:
    OutgoingEmail.objects.update(
        provider_id="", state=OutgoingEmail.State.SENDING, sent_at=None
    )
    assert call("postmark/tracking", news()).status_code == 503
    OutgoingEmail.objects.update(provider_id="pm-1", state=OutgoingEmail.State.SENT)
    assert call("postmark/tracking", news()).status_code == 200
    assert OutgoingEmail.objects.get().state == OutgoingEmail.State.BOUNCED


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff"])
def test_what_cannot_be_read_is_not_taken(
    conversation: Conversation, content: bytes
) -> None:
    assert call("postmark/inbound", content).status_code >= 400
    assert not IncomingEmail.objects.exists()


HOSTILE = [
    "unclosed tags",
    "nested quotes",
    "parentheses in From",
    "encoded words",
    "2,000 parts within parts",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_was_made_to_cost_is_taken_the_first_time(
    conversation: Conversation, name: str
) -> None:
    assert (
        call(
            "postmark/inbound", answer(conversation, raw=hostile.QUICK[name])
        ).status_code
        == 200
    )
    assert IncomingEmail.objects.get().kind in ("reply", "unreadable")
    assert Message.objects.get().conversation == conversation


def test_headers_in_the_services_own_form_are_read_in_the_readers_process(
    conversation: Conversation,
) -> None:
    """Python's parser of these takes a time that grows with
    their square, and may raise.
    """
    content = answer(
        conversation, TextBody="Yes", Subject="Re: Hi", ToFull=[], Attachments=[]
    )
    content["Headers"] += [
        {"Name": "From", "Value": "(" * 50_000},
        {"Name": "To", "Value": '"' * 50_001},
    ]
    del content["RawEmail"]
    assert call("postmark/inbound", content).status_code == 200
    assert IncomingEmail.objects.count() == 1


def test_a_call_that_breaks_its_reader_is_kept_with_its_conversation(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = reading._Reader()
    reader._process.kill()
    monkeypatch.setattr(reading._readers, "_idle", [reader])
    assert call("postmark/inbound", answer(conversation)).status_code == 200
    kept = IncomingEmail.objects.get()
    assert kept.kind == "unreadable"
    assert kept.message is not None
    assert kept.message.conversation == conversation
    assert b"Yes, at 10." in bytes(kept.source or b"")


def test_no_thread_waits_behind_too_many(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_WAITING_CALLERS", 0)
    assert call("postmark/inbound", answer(conversation)).status_code == 503
    assert not IncomingEmail.objects.exists()


def test_a_sender_who_writes_too_often_is_brought_again(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "_rate", mail_rate.MailRate())
    monkeypatch.setattr(mail_rate, "EACH_BURST", 2)
    monkeypatch.setattr(mail_rate, "EACH_PER_SECOND", 0)
    letters = [plain("Yes", Message_ID=f"<{n}@x>") for n in range(3)]
    said = [
        call("postmark/inbound", answer(conversation, raw=letter)).status_code
        for letter in letters
    ]
    assert said == [200, 200, 503]
