"""Maya leaves: her students are Theo's, and who texts her number is told so, once. And
she goes on leave, and is back.
"""

import re
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, expect

from quadline.conversations.models import Conversation
from quadline.handovers.planning import today_on_campus
from quadline.inboxes.models import Departure
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from tests.browser import Person
from tests.cast import Cast
from tests.faults.test_first_texts import first_text
from tests.house import House, eventually


def plan_for_today(page: Page, house: House, people: Cast, *, back: str = "") -> None:
    page.goto(f"{house.url}/manage/departures/")
    page.get_by_label("Who leaves, or goes on leave?").select_option("Maya Alvarez")
    page.get_by_role("button", name="Plan", exact=True).click()
    if back:
        page.get_by_label("On leave, and comes back").check()
        page.get_by_label("First day back (leave only)").fill(back)
    page.get_by_label("First day away").fill(
        today_on_campus(timezone.now()).isoformat()
    )
    successor = page.get_by_label("Successor", exact=True)
    successor.select_option(str(people.theo.pk))
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_text("4 students handed over")).to_be_visible()
    page.get_by_role("button", name="Plan this").click()
    expect(page.locator("#toasts")).to_contain_text("Planned: Maya Alvarez")
    eventually(lambda: Departure.objects.get().is_in_effect)


def texted(house: House, people: Cast) -> SystemNumber:
    """Rosa has a text from Maya's number."""
    first_text(people.maya, people.rosa, "Hello from Maya")
    eventually(lambda: house.simulator.accepts(to=people.rosa.mobile))
    return SystemNumber.objects.get(inbox=people.maya.pk)


def test_maya_leaves_and_who_texts_her_number_is_told_who_follows(
    the_house: House, people: Cast, at_the_screen: Callable[..., Person]
) -> None:
    number = texted(the_house, people)
    maya = at_the_screen("maya@alder.example").page
    ada = at_the_screen("ada@alder.example").page
    theo = at_the_screen("theo@alder.example").page
    plan_for_today(ada, the_house, people)

    ada.reload()
    expect(ada.get_by_text("What was handed over")).to_be_visible()
    maya.goto(f"{the_house.url}/inbox/")
    expect(maya).to_have_url(re.compile("/accounts/login/"))

    simulator = the_house.simulator
    for words in ("Are you there?", "Hello?"):
        simulator.text(people.rosa.mobile, number.phone, words)
    eventually(lambda: len(simulator.accepts(to=people.rosa.mobile)) == 2)
    answer = simulator.accepts(to=people.rosa.mobile)[-1]
    assert answer["from"] == number.phone
    assert "Theo Brandt is your contact now" in answer["body"]

    talk = Conversation.objects.get(student=people.rosa)
    theo.goto(f"{the_house.url}/inbox/c/{talk.pk}/")
    log = theo.locator("#log")
    for words in ("Hello from Maya", "Are you there?", "Hello?"):
        expect(log).to_contain_text(words)
    theo.goto(f"{the_house.url}/first-day/")
    expect(theo.get_by_text("From Maya Alvarez")).to_be_visible()
    theo.get_by_role("button", name="Continue").click()
    expect(theo).to_have_url(re.compile("/broadcasts/.*/review/"))
    assert len(simulator.accepts(to=people.rosa.mobile)) == 2


def test_maya_goes_on_leave_reads_and_is_back(
    the_house: House, people: Cast, at_the_screen: Callable[..., Person]
) -> None:
    number = texted(the_house, people)
    ada = at_the_screen("ada@alder.example").page
    maya = at_the_screen("maya@alder.example").page
    plan_for_today(
        ada,
        the_house,
        people,
        back=(today_on_campus(timezone.now()) + timedelta(days=90)).isoformat(),
    )

    maya.goto(f"{the_house.url}/inbox/")
    expect(maya.get_by_role("link", name="New", exact=True)).to_have_count(0)
    talk = Conversation.objects.get(student=people.rosa)
    assert talk.inbox_id == people.theo.pk

    ada.reload()
    ada.get_by_role("button", name="Back today").click()
    expect(ada.locator("#toasts")).to_contain_text("Maya Alvarez is back.")
    number.refresh_from_db()
    assert number.state == NumberState.ACTIVE
    maya.goto(f"{the_house.url}/inbox/c/{talk.pk}/")
    expect(maya.locator("#log")).to_contain_text("Hello from Maya")
    first_text(people.maya, people.rosa, "I am back")
    eventually(lambda: len(the_house.simulator.accepts(to=people.rosa.mobile)) == 2)
