"""Manage › Settings at the screen: the college's name and its quiet hours are changed,
nothing is restarted, and the next text obeys.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from playwright.sync_api import expect

from quadline.conversations.models import Message
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually

Arrive = Callable[..., Person]
SAVED = "Saved. Every part of Quadline follows within two seconds."


def write_to_rosa(here: Person, people: Cast, words: str) -> None:
    here.open(f"/students/{people.rosa.pk}/message/")
    here.page.get_by_role("textbox", name="Text Message").fill(words)
    here.page.get_by_role("button", name="Send", exact=True).click()
    expect(here.page.get_by_text(words).first).to_be_visible()


def test_what_is_saved_is_followed_by_the_next_text_without_a_restart(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    ada = at_the_screen("ada@alder.example")
    ada.open("/manage/settings/college/")
    ada.page.get_by_label("Name", exact=True).fill("Birch College")
    ada.page.get_by_label("Short name").fill("Birch")
    expect(ada.page.locator("#preview")).to_contain_text("via Birch College")
    ada.page.get_by_role("button", name="Save").click()
    expect(ada.page.locator("#toasts")).to_contain_text(SAVED)

    maya = at_the_screen("maya@alder.example")
    maya.open("/me/")
    expect(maya.page).to_have_title(re.compile(r"· *Birch · Quadline"))
    write_to_rosa(maya, people, "Can you stop by?")
    [text] = eventually(lambda: the_house.simulator.accepts(to=people.rosa.mobile))
    assert "at Birch College. Reply STOP" in text["body"]

    with the_house.paused("worker"):  # it knows the hours of before
        write_to_rosa(maya, people, "And on Tuesday?")
        set_quiet_hours_around_now(ada)
    late = Message.objects.get(body="And on Tuesday?")
    eventually(lambda: reason_of(late) == "quiet_hours")
    assert len(the_house.simulator.accepts(to=people.rosa.mobile)) == 1


def set_quiet_hours_around_now(ada: Person) -> None:
    now = timezone.now().astimezone(ZoneInfo("America/Detroit"))
    start, end = (now + timedelta(hours=each) for each in (-2, 3))
    ada.open("/manage/settings/texting/")
    ada.page.get_by_label("From").fill(f"{start:%H:%M}")
    ada.page.get_by_label("to", exact=True).fill(f"{end:%H:%M}")
    expect(ada.page.locator("#preview")).to_contain_text("waits until")
    ada.page.get_by_role("button", name="Save").click()
    expect(ada.page.locator("#toasts")).to_contain_text(SAVED)


def reason_of(text: Message) -> str:
    text.refresh_from_db()
    return text.reason
