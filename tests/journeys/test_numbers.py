"""An administrator lets a number rest, wakes it, and gives it back; then its user's next
text gets a new one.
"""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually


def text_sally(page: Page, house: House, people: Cast, words: str) -> None:
    page.goto(f"{house.url}/students/{people.sally.pk}/")
    page.get_by_role("link", name="Message", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("tab", name="Text Message").click()
    dialog.get_by_role("textbox").fill(words)
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog).to_be_hidden()


def confirmed(page: Page, number: SystemNumber, act: str) -> None:
    page.get_by_role("link", name=act).click()
    expect(page.get_by_role("heading", name="What this means")).to_be_visible()
    page.get_by_label(re.compile("Type .* to confirm")).fill(number.phone[-4:])
    page.get_by_role("button", name=act).click()


def test_rest_wake_and_release_and_the_next_text_gets_a_new_number(
    the_house: House, people: Cast, at_the_screen: Callable[..., Person]
) -> None:
    maya = at_the_screen("maya@alder.example").page
    ada = at_the_screen("ada@alder.example").page
    simulator = the_house.simulator
    text_sally(maya, the_house, people, "Setup test")
    eventually(lambda: simulator.accepts(to=people.sally.mobile))
    number = SystemNumber.objects.get()

    ada.goto(f"{the_house.url}/manage/numbers/")
    ada.get_by_role("link", name=re.compile("Maya Alvarez")).click()
    confirmed(ada, number, "Rest number")
    expect(ada.get_by_text("Resting").first).to_be_visible()

    # Nothing leaves, and what Sally writes still arrives.
    text_sally(maya, the_house, people, "Are you there?")
    maya.get_by_role("link", name="View conversation").click()
    expect(maya.locator("#log")).to_contain_text("your number is resting")
    simulator.text(people.sally.mobile, number.phone, "I am here")
    expect(maya.locator("#log")).to_contain_text("I am here")
    assert len(simulator.accepts(to=people.sally.mobile)) == 1

    ada.get_by_role("button", name="Wake number").click()
    eventually(lambda: len(simulator.accepts(to=people.sally.mobile)) == 2)

    confirmed(ada, number, "Rest number")
    confirmed(ada, number, "Release number")
    eventually(lambda: simulator.ledger("release"))
    eventually(lambda: SystemNumber.objects.filter(state=NumberState.RELEASED).exists())
    ada.reload()
    expect(ada.get_by_text("The college doesn’t have it any more.")).to_be_visible()

    text_sally(maya, the_house, people, "From my new number")
    eventually(lambda: len(simulator.accepts(to=people.sally.mobile)) == 3)
    new = SystemNumber.objects.live().get()
    assert new.phone != number.phone
    assert simulator.accepts(to=people.sally.mobile)[-1]["from"] == new.phone
    assert len(simulator.ledger("release")) == 1
    maya.get_by_role("link", name="View conversation").click()
    expect(maya.locator("#log")).to_contain_text("I am here")  # all of it is kept
