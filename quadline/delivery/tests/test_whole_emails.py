"""Nothing a student writes by email is lost: what is not shown is kept, what cannot be
read is kept as it came, and what a machine wrote is kept beside the conversation.
"""

from datetime import timedelta
from email import message_from_bytes
from email.message import Message as Letter
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from quadline.consent.models import StopQuestion
from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.delivery.inbound import inbound_email, source_retention
from quadline.delivery.inbound.inbound_email import EmailKind, file_email
from quadline.delivery.models import IncomingEmail
from quadline.delivery.tests.acts import fresh, number_row, write
from quadline.emails import tests as email_tests
from quadline.emails import tokens
from quadline.emails.charsets import decode_bytes
from quadline.emails.tests import hostile
from quadline.emails.tests.letters import POSTFIX_BOUNCE, bounce, part, parts, plain
from tests.cast import Cast

CASES = sorted((Path(email_tests.__file__).parent / "data").glob("*.eml"))
GMAIL = "On Mon, Nov 30, 2026 at 9:00 AM Maya Alvarez <maya@alder.example> wrote:"
OURS = "mx.alder.example"
FAILED = {"Authentication_Results": f"{OURS}; spf=pass; dmarc=fail (p=none)"}


@pytest.fixture(autouse=True)
def settings_of_the_college(settings: Settings) -> None:
    update = {"email_reply_to": "reply@mail.alder.example", "email_authserv_id": OURS}
    settings.ENV = settings.ENV.model_copy(update=update)


@pytest.fixture
def conversation(people: Cast) -> Conversation:
    now = timezone.now()
    return open_conversation(inbox=people.maya.inbox, student=people.bo, now=now)


@pytest.fixture
def token(conversation: Conversation) -> str:
    return tokens.reply_address(conversation.pk)


def arrive(raw: bytes, to: str = "") -> IncomingEmail:
    file_email(raw, envelope_to=to, now=timezone.now())
    return IncomingEmail.objects.latest("pk")


def text_of(letter: Letter) -> str:
    content = letter.get_payload(decode=True)
    assert isinstance(content, bytes)
    return decode_bytes(content, str(letter.get_content_charset()))


def words_of(case: Path) -> list[str]:
    text = text_of(message_from_bytes(case.read_bytes()))
    for tag in ("<", ">"):
        text = text.replace(tag, f" {tag} ")
    return [word for word in text.split() if word.isalpha() and len(word) > 4]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_word_of_a_real_email_is_kept(token: str, case: Path) -> None:
    kept = arrive(case.read_bytes(), token)
    is_machine = case.stem.startswith("machine")
    assert kept.kind == (EmailKind.AUTOMATIC if is_machine else EmailKind.REPLY)
    tags = {"blockquote", "style", "color"}
    assert [
        each for each in words_of(case) if each not in kept.words and each not in tags
    ] == []


SHOWN = {
    "answers-inside-blockquote": ["Yes, on Friday.", "No, thanks."],
    "answers-below-outlook-block": ["Yes, for BIO 101", "Yes please"],
    "forwarded-notice": ["Your registration is on hold"],
    "own-words-that-look-like-a-header": ["Detroit", "Can I miss the exam?"],
    "postscript-below-a-signature": ["can we move it?"],
    "quoted-registrar-then-question": ["page 2 is missing", "the form?"],
    "quote-line-in-spanish": ["Sí, puedo ir el jueves."],
}


@pytest.mark.parametrize("name", SHOWN)
def test_what_a_student_wrote_is_shown_at_once(token: str, name: str) -> None:
    (case,) = [each for each in CASES if each.stem == name]
    message = arrive(case.read_bytes(), token).message
    assert message is not None
    assert [each for each in SHOWN[name] if each not in message.body] == []


def test_what_is_not_shown_follows(token: str) -> None:
    kept = arrive(plain(f"Yes\n\nSent from my iPhone\n\n{GMAIL}\n> Free?"), token)
    assert kept.message is not None
    assert kept.message.body == "Yes"
    assert kept.rest == f"Sent from my iPhone\n\n{GMAIL}\n> Free?"


def test_of_words_between_quotes_the_rest_is_all_of_it(token: str) -> None:
    kept = arrive(plain(f"{GMAIL}\n> Free?\n\nYes"), token)
    assert kept.message is not None
    assert (kept.message.body, kept.rest) == ("Yes", f"{GMAIL}\n> Free?\n\nYes")


def test_what_is_too_long_to_show_is_kept(token: str) -> None:
    kept = arrive(plain("word " * 80_000), token)
    assert kept.words.split() == ["word"] * 80_000
    assert kept.rest.split() == ["word"] * 80_000
    assert kept.source is None


def test_what_is_too_long_to_keep_as_text_is_kept_as_it_came(token: str) -> None:
    raw = plain("word " * 150_000)
    assert bytes(arrive(raw, token).source or b"") == raw


def test_an_automatic_reply_is_kept_with_its_conversation(
    conversation: Conversation, token: str
) -> None:
    kept = arrive(plain("I am away.", Auto_Submitted="auto-replied"), token)
    assert (kept.kind, kept.message) == (EmailKind.AUTOMATIC, None)
    assert (kept.conversation, kept.words) == (conversation, "I am away.")
    assert kept not in IncomingEmail.objects.needing_a_look()


def test_a_stray_is_kept_as_it_came_and_needs_a_look(
    conversation: Conversation,
) -> None:
    raw = plain(
        "Hello", From="somebody@elsewhere.example", In_Reply_To="", References=""
    )
    kept = arrive(raw)
    assert (kept.kind, bytes(kept.source or b"")) == (EmailKind.STRAY, raw)
    assert list(IncomingEmail.objects.needing_a_look()) == [kept]


def test_returned_mail_of_nobody_needs_a_look(conversation: Conversation) -> None:
    kept = arrive(bounce(POSTFIX_BOUNCE, about="<lost@x>"))
    assert (kept.kind, kept.about_ours) == (EmailKind.BOUNCE, False)
    assert kept in IncomingEmail.objects.needing_a_look()


@pytest.mark.parametrize(
    "raw",
    [
        hostile.QUICK["2,000 parts within parts"],
        hostile.QUICK["many headers"],
        plain("Yes", X_Spam="x" * 200_000),
    ],
    ids=["parts", "headers", "a long header"],
)
def test_an_email_that_is_not_read_is_kept_and_its_conversation_says_so(
    conversation: Conversation, token: str, raw: bytes
) -> None:
    kept = arrive(raw, token)
    assert (kept.kind, kept.size) == (EmailKind.UNREADABLE, len(raw))
    assert bytes(kept.source or b"") == raw[: source_retention.MAX_SOURCE]
    message = Message.objects.get()
    assert (kept.message, message.conversation) == (message, conversation)
    assert message.body.startswith("[This email couldn't be read: ")
    assert kept in IncomingEmail.objects.needing_a_look()


def test_an_email_that_is_not_read_is_kept_once(token: str) -> None:
    raw = plain("Yes", X_Spam="x" * 200_000)
    assert arrive(raw, token) == arrive(b"Received: by b\r\n" + raw, token)
    assert Message.objects.count() == 1


def test_an_email_that_cannot_be_filed_is_kept_as_it_came(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object, **named: object) -> None:
        raise ValueError("nobody thought of this")

    monkeypatch.setattr(inbound_email, "_file_read", broken)
    kept = arrive(plain("Yes"), token)
    assert (kept.kind, kept.detail) == (EmailKind.UNREADABLE, "it broke what files it")
    assert bytes(kept.source or b"") == plain("Yes")


def test_a_database_that_is_away_is_no_fault_of_the_email(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*arguments: object, **named: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(inbound_email, "_file_read", away)
    with pytest.raises(OperationalError):
        arrive(plain("Yes"), token)
    assert not IncomingEmail.objects.exists()


def test_what_our_own_server_found_forged_is_filed_with_a_mark(token: str) -> None:
    kept = arrive(plain("Yes", **FAILED), token)
    assert (kept.kind, kept.failed_dmarc) == (EmailKind.REPLY, True)


@pytest.mark.parametrize(
    "said",
    [
        "mx.elsewhere.example; dmarc=fail",
        f"{OURS}; dmarc=pass",
        f"{OURS}; dmarc=none",
        f"{OURS}; dmarc=temperror",
        f"{OURS}; spf=fail; dkim=fail",
        f"elsewhere.example (of {OURS}); dmarc=fail",
        f"{OURS}; dmarc=pass\r\nAuthentication-Results: {OURS}; dmarc=fail",
    ],
)
def test_what_others_say_of_a_sender_does_not_count(token: str, said: str) -> None:
    assert not arrive(plain("Yes", Authentication_Results=said), token).failed_dmarc


@pytest.mark.parametrize(
    "said",
    [
        f"{OURS}; dmarc=fail",
        f"{OURS.upper()} 1; spf=pass smtp.mailfrom=x; DMARC = Fail (p=reject)",
        f"{OURS};\r\n dkim=none;\r\n dmarc=fail action=none",
        f"{OURS}; dmarc=fail\r\nAuthentication-Results: {OURS}; dmarc=pass",
        f"{OURS}; spf=pass\r\nAuthentication-Results: {OURS}; dmarc=fail",
    ],
)
def test_our_own_servers_word_counts_however_it_is_written(
    token: str, said: str
) -> None:
    assert arrive(plain("Yes", Authentication_Results=said), token).failed_dmarc


def test_without_our_servers_name_nothing_is_marked(
    token: str, settings: Settings
) -> None:
    update = {"email_authserv_id": ""}
    settings.ENV = settings.ENV.model_copy(update=update)
    assert not arrive(plain("Yes", **FAILED), token).failed_dmarc


def test_a_stop_that_may_be_forged_asks_and_holds_nothing(
    people: Cast, token: str
) -> None:
    number_row(people.maya)
    waiting = write(people.maya, people.bo)
    arrive(plain("Please stop texting me", **FAILED), token)
    assert not StopQuestion.objects.get().holds_texts
    assert fresh(waiting).due_at is not None
    assert write(people.maya, people.bo).due_at is not None


def test_a_true_stop_after_a_doubtful_one_holds(people: Cast, token: str) -> None:
    number_row(people.maya)
    waiting = write(people.maya, people.bo)
    arrive(plain("Please stop texting me", **FAILED), token)
    arrive(plain("I mean it, please stop texting me", Message_ID="<2@x>"), token)
    question = StopQuestion.objects.get()
    assert question.holds_texts
    assert question.wording == "I mean it, please stop texting me"
    assert fresh(waiting).due_at is None


def test_a_doubtful_stop_does_not_loosen_a_true_one(people: Cast, token: str) -> None:
    number_row(people.maya)
    waiting = write(people.maya, people.bo)
    arrive(plain("please stop texting me"), token)
    arrive(plain("please stop texting me", Message_ID="<2@x>", **FAILED), token)
    assert StopQuestion.objects.get().holds_texts
    assert fresh(waiting).due_at is None


@pytest.mark.parametrize(
    "raw",
    [
        plain("See:\n\n---------- Forwarded message ---------\nFrom: Bank\n\nSTOP"),
        plain(
            "FYI\n\nFrom: B\nSent: Monday\nTo: Bo\nSubject: x\n\nplease stop"
            " texting me",
            Subject="Fw: x",
        ),
        plain(f"Yes\n\n{GMAIL}\n> Reply STOP to opt out\n> please stop texting me"),
        plain(f"{GMAIL}\n> please stop texting me\n\nHa\n\n> Maya"),
        plain("She wrote this:\n\n> please stop texting me\n\nWhat do I do?"),
        parts(
            "mixed",
            part("Please look at this"),
            part(plain("STOP").decode(), "message/rfc822"),
        ),
        plain("Yes\n\n-- \nBo"),
    ],
)
def test_stop_in_what_is_not_the_students_own_asks_nobody(
    people: Cast, token: str, raw: bytes
) -> None:
    number_row(people.maya)
    assert arrive(raw, token).kind == EmailKind.REPLY
    assert not StopQuestion.objects.exists()


@pytest.mark.parametrize("subject", ["STOP", "Please stop texting me"])
def test_a_subject_that_a_student_wrote_is_heard(
    people: Cast, token: str, subject: str
) -> None:
    number_row(people.maya)
    arrive(plain("", Subject=subject), token)
    assert StopQuestion.objects.get().wording == subject


def test_a_subject_that_was_answered_is_ours(people: Cast, token: str) -> None:
    number_row(people.maya)
    arrive(plain("Yes", Subject="Re: stop texting me?"), token)
    assert not StopQuestion.objects.exists()


def test_of_what_strangers_send_only_so_much_is_kept(
    conversation: Conversation, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_retention, "MAX_STRAYS_PER_DAY", 2)
    monkeypatch.setattr(source_retention, "MAX_STRAY_SOURCE", 50)
    stranger = {"From": "x@elsewhere.example", "In_Reply_To": "", "References": ""}
    kept = [arrive(plain("Hello", Message_ID=f"<{n}@x>", **stranger)) for n in range(4)]
    assert [len(bytes(row.source or b"")) for row in kept] == [50, 0, 0, 0]
    assert [row.words for row in kept] == ["Hello"] * 4
    unread = arrive(plain("Yes", X_Spam="x" * 200_000, Message_ID="<own@x>"), token)
    assert len(bytes(unread.source or b"")) == unread.size


def test_sources_of_strangers_are_dropped_in_time_and_students_are_not(
    conversation: Conversation, token: str
) -> None:
    stray = arrive(
        plain("Hello", From="x@elsewhere.example", In_Reply_To="", References="")
    )
    unread = arrive(plain("Yes", X_Spam="x" * 200_000, Message_ID="<own@x>"), token)
    IncomingEmail.objects.update(received_at=timezone.now() - timedelta(days=90))
    fresh_one = arrive(
        plain(
            "Hi",
            From="x@elsewhere.example",
            In_Reply_To="",
            References="",
            Message_ID="<2@x>",
        )
    )
    source_retention.drop_old_sources(timestamp=0)
    left = set(IncomingEmail.objects.exclude(source=None))
    assert left == {unread, fresh_one}
    stray.refresh_from_db()
    assert (stray.source, stray.words) == (None, "Hello")


def test_an_email_that_came_astray_first_is_filed_when_its_place_is_known(
    conversation: Conversation, token: str
) -> None:
    stranger = {"From": "bo@home.example", "In_Reply_To": "", "References": ""}
    assert arrive(plain("Yes", **stranger)).kind == EmailKind.STRAY
    kept = [arrive(plain("Yes", **stranger), token) for _ in range(2)]
    assert [row.kind for row in kept] == [EmailKind.REPLY] * 2
    assert Message.objects.get().conversation == conversation
    assert not IncomingEmail.objects.needing_a_look().exists()
