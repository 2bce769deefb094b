"""What a conversation shows of emails, and what administrators
see of those that reached none.
"""

import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.delivery.inbound.inbound_email import file_email
from quadline.delivery.models import IncomingEmail
from quadline.delivery.tests.acts import number_row, write
from quadline.emails import tokens
from quadline.emails.tests.letters import plain
from quadline.web.inbox.emails_shown import MAX_REST
from tests.architecture.conftest import Enter
from tests.cast import Cast

GMAIL = "On Mon, Nov 30, 2026 at 9:00 AM Maya Alvarez <maya@alder.example> wrote:"
OURS = "mx.alder.example"


@pytest.fixture(autouse=True)
def settings_of_the_college(settings: Settings) -> None:
    update = {"email_reply_to": "reply@mail.alder.example", "email_authserv_id": OURS}
    settings.ENV = settings.ENV.model_copy(update=update)


@pytest.fixture
def conversation(people: Cast) -> Conversation:
    return open_conversation(
        inbox=people.maya.inbox, student=people.bo, now=timezone.now()
    )


def arrive(conversation: Conversation | None, raw: bytes) -> IncomingEmail:
    to = tokens.reply_address(conversation.pk) if conversation else ""
    return file_email(raw, envelope_to=to, now=timezone.now())


def shown(browser: Client, conversation: Conversation) -> str:
    return browser.get(reverse("conversation", args=[conversation.pk])).content.decode()


def test_the_rest_of_an_email_opens_below_its_new_words(
    people: Cast, enter: Enter, conversation: Conversation
) -> None:
    arrive(conversation, plain(f"Yes, at 10.\n\n{GMAIL}\n> Are you <b>free</b>?"))
    page = shown(enter(people.maya), conversation)
    bubble, rest = page.split('<details class="rest">')
    assert "Yes, at 10." in bubble
    assert "Are you" not in bubble
    assert "<summary>Show the rest</summary>" in rest
    assert "&gt; Are you &lt;b&gt;free&lt;/b&gt;?" in rest


def test_an_email_that_is_new_throughout_has_no_rest(
    people: Cast, enter: Enter, conversation: Conversation
) -> None:
    arrive(conversation, plain("Yes, at 10."))
    assert '<details class="rest">' not in shown(enter(people.maya), conversation)


def test_a_rest_that_is_too_long_for_the_log_has_a_page(
    people: Cast, enter: Enter, conversation: Conversation
) -> None:
    kept = arrive(conversation, plain(f"Yes\n\n{GMAIL}\n" + "> again\n" * 10_000))
    browser = enter(people.maya)
    page = shown(browser, conversation)
    assert page.count("again") < MAX_REST
    where = reverse("whole_email", args=[kept.message_id])
    assert where in page
    answer = browser.get(where)
    assert answer.content.decode() == kept.words
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        "text/plain; charset=utf-8",
        "nosniff",
    )
    assert "sandbox" in answer["Content-Security-Policy"]
    for other in (people.omar, people.theo):
        assert enter(other).get(where).status_code == 404


def test_automatic_replies_are_one_line_that_opens(
    people: Cast, enter: Enter, conversation: Conversation
) -> None:
    number_row(people.maya)
    write(people.maya, people.bo, "Free on Monday?")
    for place in range(2):
        away = plain(
            "I am away.",
            Auto_Submitted="auto-replied",
            Message_ID=f"<{place}@x>",
            Subject=f"Away {place}",
        )
        arrive(conversation, away)
    arrive(conversation, plain("I am back. Yes!", Message_ID="<3@x>"))
    page = shown(enter(people.maya), conversation)
    assert "<span>2 automatic replies</span>" in page
    places = [
        page.rindex(each)
        for each in ("Free on Monday?", "Away 0", "Away 1", "I am back. Yes!")
    ]
    assert places == sorted(places)
    conversation.refresh_from_db()
    assert conversation.unread_count == 1


def test_an_automatic_reply_alone_is_shown_too(
    people: Cast, enter: Enter, conversation: Conversation
) -> None:
    arrive(conversation, plain("I am away.", Auto_Submitted="auto-replied"))
    assert "<span>1 automatic reply</span>" in shown(enter(people.maya), conversation)


def test_earlier_pages_show_the_automatic_replies_of_their_time(
    people: Cast, enter: Enter, conversation: Conversation
) -> None:
    arrive(conversation, plain("I am away.", Auto_Submitted="auto-replied"))
    for place in range(61):
        arrive(conversation, plain(f"Answer {place}", Message_ID=f"<{place}@y>"))
    browser = enter(people.maya)
    assert "automatic reply" not in shown(browser, conversation)
    before = Message.objects.order_by("position")[1].position
    older = browser.get(
        reverse("conversation_older", args=[conversation.pk]), {"before": before}
    )
    assert "1 automatic reply" in older.content.decode()


def test_an_email_that_may_be_forged_says_so(
    people: Cast, enter: Enter, conversation: Conversation
) -> None:
    arrive(conversation, plain("Yes", Authentication_Results=f"{OURS}; dmarc=fail"))
    arrive(conversation, plain("No", Message_ID="<2@x>"))
    page = shown(enter(people.maya), conversation)
    assert (
        page.count(
            "This may not be from Bo Jensen. The email failed the sender check (DMARC)."
        )
        == 1
    )


def test_a_stop_that_may_be_forged_is_asked_about_without_a_hold(
    people: Cast, enter: Enter, conversation: Conversation
) -> None:
    number_row(people.maya)
    arrive(
        conversation,
        plain("please stop texting me", Authentication_Results=f"{OURS}; dmarc=fail"),
    )
    page = shown(enter(people.maya), conversation)
    assert "texts are not on hold" in page
    assert "no text goes to" not in page


def test_administrators_see_what_reached_no_conversation(
    people: Cast, enter: Enter, conversation: Conversation
) -> None:
    arrive(
        None,
        plain(
            "Where do I go?",
            From="parent@family.example",
            Subject="Aid <script>",
            In_Reply_To="",
            References="",
        ),
    )
    arrive(conversation, plain("x", X_Spam="y" * 200_000, Message_ID="<2@x>"))
    arrive(conversation, plain("Yes", Message_ID="<3@x>"))
    page = enter(people.ada).get(reverse("manage_strays")).content.decode()
    assert "parent@family.example" in page
    assert "Aid &lt;script&gt;" in page
    assert "Where do I go?" in page
    assert "one of its headers is too long" in page
    assert page.count("Open source") == 2


def test_the_source_of_a_stray_is_text_and_nothing_else(
    people: Cast, enter: Enter
) -> None:
    raw = plain(
        "<script>alert(1)</script>",
        From="parent@family.example",
        In_Reply_To="",
        References="",
    )
    stray = arrive(None, raw)
    answer = enter(people.ada).get(reverse("stray_source", args=[stray.pk]))
    assert answer.content == raw
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        "text/plain; charset=utf-8",
        "nosniff",
    )
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_nobody_opens_the_source_of_a_students_email_there(
    people: Cast, enter: Enter, conversation: Conversation
) -> None:
    kept = arrive(conversation, plain("word " * 150_000))
    assert kept.source is not None
    assert (
        enter(people.ada).get(reverse("stray_source", args=[kept.pk])).status_code
        == 404
    )


def test_no_unmatched_email_says_so(people: Cast, enter: Enter) -> None:
    assert (
        "No unmatched email."
        in enter(people.ada).get(reverse("manage_strays")).content.decode()
    )


def test_the_twenty_first_text_asks_and_keeps_its_words(
    people: Cast, enter: Enter
) -> None:
    number_row(people.maya)
    for _ in range(20):
        conversation = write(people.maya, people.rosa).conversation
    browser, where = enter(people.maya), reverse("send_text", args=[conversation.pk])
    form = {"message_id": str(uuid.uuid4()), "channel": "text", "body": "One more"}
    for headers in ({}, {"HX-Request": "true"}):
        asked = browser.post(where, form, headers=headers)
        assert asked.status_code == 422
        assert "You&#x27;ve sent 20 texts to Rosa" in asked.content.decode()
        assert 'name="one_more"' in asked.content.decode()
    assert Message.objects.count() == 20
    assert browser.post(where, form | {"one_more": "yes"}).status_code == 302
    assert Message.objects.count() == 21
