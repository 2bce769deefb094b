"""The pages of bulk sending in every dress: accessible by axe, no sideways
scroll, hostile names shown as names.
"""

import re
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from quadline.broadcasts import pausing
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.tests import acts
from tests.browser import Person
from tests.cast import Cast, student
from tests.house import House
from tests.journeys.furnished import furnish
from tests.journeys.test_screens import look, measured_by_axe, too_wide

Arrive = Callable[..., Person]
IMAGE = "<img src=x onerror=alert(1)>"


def bulk(people: Cast) -> tuple[Broadcast, Broadcast]:
    """A draft, and a broadcast that was stopped on its way, to people
    with long, foreign and hostile names.
    """
    furnish(people)
    student(
        "00100077",
        "Wilhelmina" * 6,
        "Featherstonehaugh-Cholmondeley" * 3,
        advisor=people.maya,
        mobile="+17345550188",
    )
    student("00100078", "محمد", "الحسن", advisor=people.maya, mobile="+17345550189")
    student("00100079", IMAGE, "O'Hare & Söhne", advisor=people.maya)
    draft = acts.draft(
        people.maya,
        body="Hi [Student Name], https://alder.example/" + "a" * 90,
        without=[f"student:{people.nell.pk}"],
    )
    with transaction.atomic():  # before the worker takes the first
        sent = acts.send(acts.draft(people.maya))
        pausing.pause_sending(sent, actor=people.maya, now=timezone.now())
    return draft, sent


def pages(draft: Broadcast, sent: Broadcast) -> list[str]:
    new = [
        f"/inbox/new/{query}"
        for query in (
            "",
            "?q=b",
            "?to=caseload",
            f"?draft={draft.pk}",
            f"?quiet={sent.pk}",
        )
    ]
    lists = [
        f"/broadcasts/{draft.pk}/review/recipients/?outcome=text",
        f"/broadcasts/{draft.pk}/discard/",
    ]
    return [
        *new,
        "/broadcasts/",
        f"/broadcasts/{draft.pk}/review/",
        *lists,
        f"/broadcasts/{sent.pk}/",
        f"/broadcasts/{sent.pk}/stop/",
    ]


def test_axe_finds_nothing_on_them(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    draft, sent = bulk(people)
    here = measured_by_axe(at_the_screen, "maya")
    wrong: list[str] = []
    for path in pages(draft, sent):
        here.open(path)
        wrong += look(here, path)
    wrong += look_at_what_opens(here, draft, sent)
    lena = measured_by_axe(at_the_screen, "lena")
    for path in ("/broadcasts/", f"/broadcasts/{sent.pk}/"):
        lena.open(path)
        wrong += look(lena, path)

    assert wrong == []


def look_at_what_opens(here: Person, draft: Broadcast, sent: Broadcast) -> list[str]:
    page = here.page
    here.open("/inbox/new/")
    page.get_by_role("combobox", name="To").press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    wrong = look(here, "the open list")
    page.get_by_role("combobox", name="To").press_sequentially("zzzz")
    expect(page.locator(".options-none")).to_be_visible()
    wrong += look(here, "the empty list")
    page.get_by_text("Save these recipients").click()
    page.get_by_text("Paste a list").click()
    page.get_by_label("Student IDs or email addresses").fill(
        "00100001, 00100002, 99999999"
    )
    page.get_by_role("button", name="Add these students").click()
    expect(page.locator("#pasted-report")).to_contain_text("2 students found.")
    wrong += look(here, "a pasted list")
    here.open(f"/broadcasts/{draft.pk}/review/")
    page.get_by_role("link", name=re.compile("See all|Rosa")).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    wrong += look(here, "the list behind a count")
    here.open(f"/broadcasts/{sent.pk}/")
    page.get_by_role("link", name="Cancel remaining").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    wrong += look(here, "the question before Stop")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="More").click()
    return wrong + look(here, "More, on a phone")


def test_none_of_them_scrolls_sideways_at_any_width(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    draft, sent = bulk(people)
    here = at_the_screen("maya@alder.example", viewport={"width": 320, "height": 640})
    wrong = []
    for path in pages(draft, sent):
        here.open(path)
        wrong += too_wide(here, path)

    assert wrong == []


def test_a_hostile_name_is_shown_as_a_name(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    draft, sent = bulk(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    alarms: list[str] = []
    page.on("dialog", lambda alarm: alarms.append(alarm.message))
    here.open("/inbox/new/")
    page.get_by_role("combobox", name="To").press_sequentially("onerror")
    expect(page.get_by_role("option")).to_contain_text(IMAGE)
    page.get_by_role("combobox", name="To").press("Enter")
    expect(page.locator("[data-chip]")).to_contain_text(IMAGE)
    here.open("/inbox/new/")
    # kept in the browser, and put together again
    expect(page.locator("[data-chip]")).to_contain_text(IMAGE)
    here.open(f"/broadcasts/{draft.pk}/review/")
    page.get_by_label("Find a recipient").fill("onerror")
    expect(page.locator("#read")).to_contain_text(f"What {IMAGE} will read")
    here.open(f"/broadcasts/{sent.pk}/")
    expect(page.locator("#results")).to_contain_text(IMAGE)

    assert alarms == []
    assert page.locator("main img[onerror]").count() == 0
