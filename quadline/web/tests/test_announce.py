"""Tell your students: not before the number is active, to the
caseload, and remembered on the profile.
"""

import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from quadline.broadcasts.models import Broadcast
from quadline.conversations.starters import INTRODUCTION
from quadline.conversations.templating import TemplateContent, Whose, save_template
from tests.architecture.conftest import Enter
from tests.cast import Cast
from tests.journeys.furnished import give_number

HERE = "announce"


def shown(
    browser: Client, data: dict[str, str] | None = None, where: str = HERE
) -> str:
    answer = browser.post(reverse(where), data) if data else browser.get(reverse(where))
    return str(answer.content.decode())


def written(**fields: str) -> dict[str, str]:
    return {
        "message_id": str(uuid.uuid4()),
        "to": "caseload",
        "subject": "New Texting Number for [Your Name]",
        "body": (
            "Hello [Student Name], save [System Number] as “Text Only”. Calls: [Office"
            " Phone Number]."
        ),
        "with_contact_card": "yes",
        **fields,
    }


@pytest.fixture
def browser(enter: Enter, people: Cast) -> Client:
    give_number(people.maya, "+17345550200")
    return enter(people.maya)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("", "You have no texting number yet."),
        ("registering", "Your number is being set up."),
        ("failed", "There’s a problem with your number."),
    ],
)
def test_it_waits_for_the_number(
    enter: Enter, people: Cast, state: str, said: str
) -> None:
    if state:
        give_number(people.maya, "+17345550200", state)
    browser = enter(people.maya)

    assert said in shown(browser)
    assert browser.post(reverse(HERE), written()).status_code == 422
    assert not Broadcast.objects.exists()
    assert "Tell your students" not in shown(browser, where="profile")


def test_it_begins_with_the_introduction_to_the_whole_caseload(
    browser: Client, people: Cast
) -> None:
    page = shown(browser)

    assert 'value="New Texting Number for [Your Name]"' in page
    assert "All Students on My Caseload (4)" in page
    assert page.count('type="radio" name="to" value="caseload" checked') == 1
    assert ' name="with_contact_card" value="yes" checked' in page
    assert "New Texting Number for Maya Alvarez" in page  # in the preview
    assert "(734) 555-0200" in page
    assert "(734) 555-0100" in page


def test_ones_own_introduction_comes_before_the_colleges(
    browser: Client, people: Cast
) -> None:
    words = TemplateContent(
        INTRODUCTION, "email", "Hello from me", "My own words", with_contact_card=True
    )
    save_template(actor=people.maya, words=words, kind=Whose.PERSONAL)

    assert "My own words" in shown(browser)


def test_the_preview_turns_through_the_students_and_round_the_end(
    browser: Client, people: Cast
) -> None:
    """By name: Rosa Calderón, Gus Hale, Nell Ito, Bo Jensen."""
    preview = "announce-preview"

    assert "Hello Gus, save (734) 555-0200" in shown(
        browser, written(act="next", place="0"), preview
    )
    assert "2 of 4" in shown(browser, written(act="next", place="0"), preview)
    assert "Hello Rosa" in shown(browser, written(act="next", place="3"), preview)
    assert "Hello Bo" in shown(browser, written(act="previous", place="0"), preview)
    # without scripts
    assert "Hello Gus" in shown(browser, written(act="next", place="0"))
    assert not Broadcast.objects.exists()


def test_continue_leads_to_the_review(browser: Client, people: Cast) -> None:
    answer = browser.post(reverse(HERE), written())

    draft = Broadcast.objects.get()
    assert answer["Location"] == reverse("broadcast-review", args=[draft.pk])
    assert (draft.author, draft.channel, draft.state) == (people.maya, "email", "draft")
    assert draft.is_announcement
    assert draft.with_contact_card
    assert draft.audience == {"to": ["caseload"], "except": []}
    assert draft.body == written()["body"]


def test_a_double_click_is_one_draft(browser: Client) -> None:
    twice = written()
    for _ in range(2):
        browser.post(reverse(HERE), twice)

    assert Broadcast.objects.count() == 1


def test_other_recipients_are_chosen_on_the_page_of_a_new_message(
    browser: Client,
) -> None:
    answer = browser.post(reverse(HERE), written(act="recipients"))

    assert (
        answer["Location"] == f"{reverse('compose')}?draft={Broadcast.objects.get().pk}"
    )


def test_what_nothing_fills_stops_it_with_a_way_out(
    browser: Client, people: Cast
) -> None:
    people.maya.office_phone = ""
    people.maya.save()
    page = shown(browser, written())

    assert "There is no office phone on your profile." in page
    assert "Add your office phone" in page
    assert "[Due Date] is not a merge field." in shown(
        browser, written(body="[Due Date]")
    )
    assert not Broadcast.objects.exists()


def test_the_profile_says_when_one_told_them(browser: Client, people: Cast) -> None:
    assert "Tell your students" in shown(browser, where="profile")
    browser.post(reverse(HERE), written())
    assert "You told your students" not in shown(browser, where="profile")

    now = timezone.now()
    Broadcast.objects.update(launched_at=now, state="running")
    said = f"You told your students on {date_format(timezone.localtime(now), 'M j')}"
    assert said in shown(browser, where="profile")
    assert said in shown(browser, where="profile-number")
    assert said in shown(browser)


def test_the_contact_card_is_there_once_the_number_is(
    enter: Enter, people: Cast
) -> None:
    browser = enter(people.maya)
    assert browser.get(reverse("contact-card"))["Location"] == reverse("profile")

    give_number(people.maya, "+17345550200")
    card = browser.get(reverse("contact-card"))
    assert card["Content-Type"] == "text/vcard"
    assert "TEL;TYPE=cell,text:+17345550200" in card.content.decode()


@pytest.mark.parametrize(
    "words", ["Hello {first_name}", "Hello [Student_Name]", "Hello [Student Name,"]
)
def test_what_looks_like_a_merge_field_is_stopped_here(
    browser: Client, words: str
) -> None:
    answer = browser.post(reverse(HERE), written(body=words))
    assert answer.status_code == 422
    assert "Did you mean [Student Name]?" in answer.content.decode()
    assert not Broadcast.objects.exists()
