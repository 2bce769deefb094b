"""Both tabs of the composer, on every page that has them; and what their
author does with a message in the log.
"""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.consent import ledger
from quadline.consent.rules import Change, Source
from quadline.conversations.models import Message, MessageTemplate
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import Channel, Status, WaitingFor
from quadline.conversations.templating import TemplateContent, Whose, save_template
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.outbox.accepting import accept_text
from quadline.delivery.outbox.caseloads import replace_caseload
from quadline.roster.models import PhoneTrouble, Student
from tests.architecture.conftest import Enter
from tests.cast import Cast
from tests.journeys.furnished import give_number

HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(enter: Enter, people: Cast) -> Client:
    """Maya's, with an active number."""
    give_number(people.maya, "+17345550200")
    return enter(people.maya)


def email(**fields: str) -> dict[str, str]:
    return {
        "message_id": str(uuid.uuid4()),
        "channel": "email",
        "subject": "Your plan, [Student Name]",
        "body": "Hello [Student Name],\n\ncall me at [Office Phone Number].",
        **fields,
    }


def text(**fields: str) -> dict[str, str]:
    return {
        "message_id": str(uuid.uuid4()),
        "channel": "text",
        "body": "Hi [Student Name]",
        **fields,
    }


def page(answer: Any) -> str:
    assert isinstance(answer, HttpResponse)
    return answer.content.decode()


def panel(html: str, name: str) -> str:
    """The markup of one tab's panel."""
    return html.split(f'id="panel-{name}"')[1].split("</fieldset>")[0]


def is_open(html: str, name: str) -> bool:
    return " hidden>" not in panel(html, name).split("<fieldset")[
        0
    ] and "<fieldset disabled>" not in panel(html, name)


def test_an_email_from_the_dialog_is_filled_and_on_its_way(
    browser: Client, people: Cast
) -> None:
    answer = browser.post(
        reverse("student-message", args=[people.rosa.pk]), email(), headers=HTMX
    )

    written = Message.objects.get()
    assert (written.channel, written.subject) == (Channel.EMAIL, "Your plan, Rosa")
    assert written.body == "Hello Rosa,\n\ncall me at (734) 555-0100."
    assert written.email.to == people.rosa.email
    assert "Email accepted." in page(answer)


def test_an_email_from_a_conversation_comes_back_as_its_bubble(
    browser: Client, people: Cast
) -> None:
    talk = open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )
    shown = page(
        browser.post(
            reverse("send_text", args=[talk.pk]),
            email(with_contact_card="yes"),
            headers=HTMX,
        )
    )

    assert "Your plan, Rosa" in shown
    assert "#icon-envelope" in shown
    assert "Sending" in shown
    assert OutgoingEmail.objects.get().with_contact_card
    assert f"Emailed to {people.rosa.email}, with your contact card." in shown


def test_the_fields_of_a_text_are_filled_before_it_is_kept(
    browser: Client, people: Cast
) -> None:
    browser.post(reverse("student-message", args=[people.rosa.pk]), text())

    assert Message.objects.get().body == "Hi Rosa"


@pytest.mark.parametrize(
    "written",
    [
        text(body="Due [Due Date]"),
        email(body="Due [Due Date]"),
        email(subject="[Due Date]"),
    ],
)
def test_an_unknown_field_stops_it_and_keeps_the_words(
    browser: Client, people: Cast, written: dict[str, str]
) -> None:
    answer = browser.post(reverse("student-message", args=[people.rosa.pk]), written)
    shown = page(answer)

    assert answer.status_code == 422
    assert "[Due Date] is not a merge field." in shown
    assert is_open(shown, written["channel"])
    assert written["body"] in panel(shown, written["channel"]).replace("&#x27;", "'")
    assert not Message.objects.exists()


@pytest.mark.parametrize("written", [text, email])
def test_news_leaves_a_refusal_where_it_stands_and_the_next_send_takes_it_away(
    browser: Client, people: Cast, written: Callable[..., dict[str, str]]
) -> None:
    talk = open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )
    send = reverse("send_text", args=[talk.pk])

    refused = page(browser.post(send, written(body="Due [Due Date]"), headers=HTMX))
    news = page(browser.get(reverse("conversation_since", args=[talk.pk])))
    accepted = page(browser.post(send, written(body="Due Friday"), headers=HTMX))

    assert 'id="refusal" hx-swap-oob="true"' in refused
    assert "[Due Date] is not a merge field." in refused
    assert 'id="composer-state" hx-swap-oob="true"' in news
    assert 'id="refusal"' not in news
    assert 'id="refusal" hx-swap-oob="true"' in accepted
    assert "not a merge field" not in accepted


@pytest.mark.parametrize("written", [text(body="Call [Office Phone Number]"), email()])
def test_an_empty_field_stops_it_with_a_way_out(
    browser: Client, people: Cast, written: dict[str, str]
) -> None:
    people.maya.office_phone = ""
    people.maya.save()
    shown = page(
        browser.post(reverse("student-message", args=[people.rosa.pk]), written)
    )

    assert "There is no office phone on your profile." in shown
    assert f'<a href="{reverse("profile")}">Add your office phone</a>' in shown
    assert not Message.objects.exists()


def test_without_scripts_the_tab_is_an_address(browser: Client, people: Cast) -> None:
    where = reverse("student-message", args=[people.rosa.pk])
    begun, other = page(browser.get(where)), page(browser.get(f"{where}?tab=email"))

    assert (is_open(begun, "text"), is_open(begun, "email")) == (True, False)
    assert (is_open(other, "text"), is_open(other, "email")) == (False, True)
    assert f'href="{where}?tab=email"' in begun


def test_without_scripts_a_template_is_an_address(
    browser: Client, people: Cast
) -> None:
    words = TemplateContent(
        "Mine",
        "email",
        "For [Student Name]",
        "Hello [Student Name], [Your Title]",
        with_contact_card=True,
    )
    template = save_template(actor=people.maya, words=words, kind=Whose.PERSONAL)
    where = f"{reverse('student-message', args=[people.rosa.pk])}?tab=email&template={template.pk}"

    shown = panel(page(browser.get(where)), "email")
    assert 'value="For Rosa"' in shown
    assert ">Hello Rosa, Academic advisor</textarea>" in shown
    assert " checked>Attach my contact card" in shown


def test_a_template_of_somebody_else_is_not_brought(
    browser: Client, people: Cast
) -> None:
    foreign = MessageTemplate.objects.create(
        owner=people.omar, channel="text", name="Omar's", body="Secret words"
    )
    where = f"{reverse('student-message', args=[people.rosa.pk])}?tab=text&template={foreign.pk}"

    assert "Secret words" not in page(browser.get(where))


def test_the_last_used_tab_is_remembered_in_conversations_and_the_dialog_begins_with_text(
    browser: Client, people: Cast
) -> None:
    talk = open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )
    browser.cookies["composer-tab"] = "email"

    assert is_open(page(browser.get(reverse("conversation", args=[talk.pk]))), "email")
    assert is_open(
        page(
            browser.get(reverse("student-message", args=[people.rosa.pk]), headers=HTMX)
        ),
        "text",
    )


def opted_out(people: Cast, student: Student) -> None:
    pair = (student.mobile, "+17345550200")
    ledger.record_consent(
        pair=pair,
        change=Change.OPT_OUT,
        source=Source.REPLY,
        occurred_at=timezone.now(),
        keyword="STOP",
    )


@pytest.mark.parametrize("who", ["bo", "gus", "nell"])
def test_who_cannot_be_texted_can_be_emailed(
    browser: Client, people: Cast, who: str
) -> None:
    """Opted out, a landline only, no phone at all."""
    student = getattr(people, who)
    if who == "bo":
        opted_out(people, student)
    where = reverse("student-message", args=[student.pk])
    shown = page(browser.get(where))

    assert f'href="{where}?tab=email" data-carry' in shown
    assert "Send as email" in shown
    assert " disabled>" in panel(shown, "text").split("</textarea>")[0]
    assert browser.post(where, email()).status_code == 302
    assert OutgoingEmail.objects.get().to == student.email


def test_a_phone_that_takes_no_texts_closes_the_text_tab_and_says_why(
    browser: Client, people: Cast
) -> None:
    PhoneTrouble.objects.create(
        phone=people.rosa.mobile,
        is_bad=True,
        words="The number is not in service.",
        since=timezone.now(),
    )
    shown = page(browser.get(reverse("student-message", args=[people.rosa.pk])))

    assert "Texts to (734) 555-0141 have failed. The number is not in service." in shown
    assert "Ask Rosa for a mobile number" in shown
    assert "data-closed" in shown


def test_without_an_address_the_email_tab_says_so(
    browser: Client, people: Cast
) -> None:
    people.gus.email = ""
    people.gus.save()
    where = reverse("student-message", args=[people.gus.pk])
    shown = page(browser.get(f"{where}?tab=email"))

    assert "There is no email address on file for this student." in shown
    assert "data-carry" not in shown
    refused = browser.post(where, email())
    assert (refused.status_code, Message.objects.count()) == (422, 0)


def waiting(people: Cast) -> Message:
    now = timezone.now()
    message = accept_text(
        author=people.maya,
        student=people.rosa,
        message_id=uuid.uuid4(),
        body="Hello",
        now=now,
    )
    Message.objects.filter(pk=message.pk).update(
        status=Status.WAITING, reason=WaitingFor.NUMBER
    )
    return message


def test_a_waiting_text_is_sent_as_email_once(browser: Client, people: Cast) -> None:
    message = waiting(people)
    where = reverse("message_as_email", args=[message.pk])
    log = page(browser.get(reverse("conversation", args=[message.conversation_id])))
    assert f'action="{where}"' in log

    shown = page(browser.post(where, headers=HTMX))
    browser.post(where, headers=HTMX)
    assert "Being sent as email" in shown
    assert "Email chosen instead by Maya Alvarez" in shown
    assert f'action="{where}"' not in shown
    assert OutgoingEmail.objects.filter(is_failsafe=True).count() == 1


def test_a_text_to_a_student_who_left_the_caseload_says_so_and_offers_no_email(
    browser: Client, people: Cast
) -> None:
    message = waiting(people)
    replace_caseload(people.maya, [], actor=people.ada, now=timezone.now())
    log = page(browser.get(reverse("conversation", args=[message.conversation_id])))
    where = reverse("message_as_email", args=[message.pk])

    assert "The student has left the caseload. <b>Held</b>" in log
    assert f'action="{reverse("cancel_text", args=[message.pk])}"' in log
    assert f'action="{where}"' not in log
    refused = browser.post(where, headers=HTMX)
    assert refused.status_code == 422
    assert "has left your caseload" in page(refused)
    assert not OutgoingEmail.objects.exists()


def test_a_role_that_does_not_write_chooses_no_email(
    browser: Client, people: Cast
) -> None:
    message = waiting(people)
    User.objects.filter(pk=people.maya.pk).update(role=Role.AUDITOR)
    answer = browser.post(reverse("message_as_email", args=[message.pk]), headers=HTMX)

    assert answer.status_code == 422
    assert "Your role does not write to students." in page(answer)
    assert not OutgoingEmail.objects.exists()


def test_nothing_can_be_written_to_a_student_who_left_the_caseload(
    browser: Client, people: Cast
) -> None:
    message = waiting(people)
    replace_caseload(people.maya, [], actor=people.ada, now=timezone.now())
    shown = page(browser.get(reverse("conversation", args=[message.conversation_id])))
    assert (
        "Rosa Calderón has left your caseload, so you cannot write to them. Ask your"
        " administrator." in shown
    )
    assert 'id="composer"' not in shown
    assert f"/students/{people.rosa.pk}/" not in shown

    for posted in (text(), email()):
        refused = browser.post(
            reverse("send_text", args=[message.conversation_id]), posted, headers=HTMX
        )
        assert refused.status_code == 422
        assert "Rosa Calderón has left your caseload" in page(refused)
    assert Message.objects.count() == 1


def test_a_delivered_text_is_not_sent_as_email(browser: Client, people: Cast) -> None:
    message = waiting(people)
    Message.objects.filter(pk=message.pk).update(status=Status.DELIVERED)
    answer = browser.post(reverse("message_as_email", args=[message.pk]), headers=HTMX)

    assert answer.status_code == 422
    assert "Nothing was sent again." in page(answer)
    assert not OutgoingEmail.objects.exists()


def test_an_email_that_came_back_is_sent_again_as_one_new_email(
    browser: Client, people: Cast
) -> None:
    browser.post(
        reverse("student-message", args=[people.rosa.pk]),
        email(with_contact_card="yes"),
    )
    failed = Message.objects.get()
    Message.objects.filter(pk=failed.pk).update(status=Status.BOUNCED)
    for _ in range(2):
        browser.post(reverse("retry_text", args=[failed.pk]))

    again = Message.objects.exclude(pk=failed.pk).get()
    assert (again.channel, again.subject, again.body) == (
        failed.channel,
        failed.subject,
        failed.body,
    )
    assert again.email.with_contact_card


LIKE_A_FIELD = [
    "Hi {first_name}",
    "Hi {{advisor}}",
    "Hi [Student_Name]",
    "Hi [Student Name, come",
    "see the [redacted] part",
]


@pytest.mark.parametrize("words", LIKE_A_FIELD)
@pytest.mark.parametrize("channel", ["text", "email"])
def test_what_looks_like_a_merge_field_stops_a_message_until_it_is_meant(
    browser: Client, people: Cast, channel: str, words: str
) -> None:
    talk = open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )
    sent = {**email(), "channel": channel, "body": words}
    for where in (
        reverse("send_text", args=[talk.pk]),
        reverse("student-message", args=[people.rosa.pk]),
    ):
        refused = browser.post(where, sent, headers=HTMX)
        assert refused.status_code == 422
        assert "not a merge field" in page(refused)
        assert 'name="as_written"' in page(refused)
    assert not Message.objects.exists()

    assert (
        browser.post(
            reverse("send_text", args=[talk.pk]),
            sent | {"as_written": "yes"},
            headers=HTMX,
        ).status_code
        == 200
    )
    assert Message.objects.get().body == words


@pytest.mark.parametrize(
    "words",
    ["see [1] and [sic]", "f on [0, 1)", "{1, 2, 3}", "arr[i] < x", "sad :[ but ok"],
)
def test_ordinary_brackets_are_sent(browser: Client, people: Cast, words: str) -> None:
    talk = open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )
    assert (
        browser.post(
            reverse("send_text", args=[talk.pk]), text(body=words), headers=HTMX
        ).status_code
        == 200
    )
    assert Message.objects.get().body == words


def test_a_field_with_nothing_in_it_cannot_be_meant(
    browser: Client, people: Cast
) -> None:
    User.objects.update(office_phone="")
    talk = open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )
    body = "Call [Office Phone Number] {now}"
    refused = browser.post(
        reverse("send_text", args=[talk.pk]),
        text(body=body, as_written="yes"),
        headers=HTMX,
    )
    assert refused.status_code == 422
    assert 'name="as_written"' not in page(refused)


def test_news_and_other_acts_leave_the_words_of_a_refusal(
    browser: Client, people: Cast
) -> None:
    """The refusal of what stands in the composer is replaced by the
    composer's next answer, and by nothing else.
    """
    talk = open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )
    waiting = accept_text(
        author=people.maya,
        student=people.rosa,
        message_id=uuid.uuid4(),
        body="One",
        now=timezone.now(),
    )
    refused = page(
        browser.post(
            reverse("send_text", args=[talk.pk]), email(subject=""), headers=HTMX
        )
    )
    assert 'id="refusal"' in refused
    assert "Write a subject first" in refused

    news = page(
        browser.get(reverse("conversation_since", args=[talk.pk]), headers=HTMX)
    )
    Message.objects.filter(pk=waiting.pk).update(status=Status.FAILED)
    acts = [
        page(browser.post(reverse(name, args=[waiting.pk]), headers=HTMX))
        for name in ("cancel_text", "message_as_email", "retry_text")
    ]
    assert [html for html in (news, *acts) if 'id="refusal"' in html] == []
    assert all('id="act-refusal"' in html for html in acts)
    assert 'id="refusal"' in page(
        browser.post(reverse("send_text", args=[talk.pk]), text(), headers=HTMX)
    )


@pytest.mark.parametrize(
    ("quiet_hours", "student", "said"),
    [
        ("", "rosa", "Text accepted."),
        ("00:00-23:59", "rosa", "Held until 11:59 PM."),
        ("", "gus", "landline"),
    ],
)
def test_after_sending_no_more_is_said_than_is_known(
    browser: Client,
    people: Cast,
    settings: LazySettings,
    quiet_hours: str,
    student: str,
    said: str,
) -> None:
    settings.ENV = settings.ENV.model_copy(
        update={"quiet_hours": quiet_hours, "college_time_zone": "America/Detroit"}
    )
    answer = page(
        browser.post(
            reverse("student-message", args=[getattr(people, student).pk]),
            text(),
            headers=HTMX,
        )
    )
    assert said in answer
    assert "on its way" not in answer


@pytest.mark.parametrize(
    "returned",
    ["", "[]", "null", "{", "[1]", '[{"id": "x"}]', '{"id": 1}', "[" * 5_000],
)
def test_a_draft_is_kept_whatever_is_told_of_returned_words(
    browser: Client, people: Cast, returned: str
) -> None:
    talk = open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )
    where = reverse("conversation_draft", args=[talk.pk])
    assert (
        browser.post(where, {"body": "Begun", "returned": returned}).status_code == 204
    )
    talk.refresh_from_db()
    assert talk.draft == "Begun"


def test_a_text_that_arrived_after_all_is_no_draft_on_another_device(
    browser: Client, people: Cast
) -> None:
    talk = open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )
    arrived = accept_text(
        author=people.maya,
        student=people.rosa,
        message_id=uuid.uuid4(),
        body="Hi",
        now=timezone.now(),
    )
    told = json.dumps([{"id": str(arrived.pk), "words": "Hi"}])
    browser.post(
        reverse("conversation_draft", args=[talk.pk]), {"body": "Hi", "returned": told}
    )
    talk.refresh_from_db()
    assert talk.draft == ""
