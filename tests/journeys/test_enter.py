"""Enter in one line of a form does what belongs to that line: it goes on, saves, or
continues; it takes no recipient out.
"""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from quadline.broadcasts.models import Audience, Broadcast
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually
from tests.journeys.furnished import give_number

Arrive = Callable[..., Person]


def new_message(here: Person, people: Cast) -> Page:
    """To one that the page brings, and one that is added."""
    here.open(f"/inbox/new/?to=student:{people.rosa.pk}")
    field = here.page.get_by_role("combobox", name="To", exact=True)
    field.fill("all students")
    field.press("Enter")
    expect(here.page.locator("[data-recipients=to] [data-chip]")).to_have_count(2)
    expect(here.page.get_by_role("button", name="Review")).to_be_visible()
    return here.page


def test_enter_in_the_subject_goes_on_to_the_words(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    page = new_message(at_the_screen("maya@alder.example"), people)
    page.get_by_role("tab", name="Email").click()
    page.get_by_role("textbox", name="Subject").fill("Registration")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Email", exact=True)).to_be_focused()
    page.keyboard.type("It opens on Monday.")
    expect(page.locator("[data-recipients=to] [data-chip]")).to_have_count(2)
    assert page.url.endswith(f"?to=student:{people.rosa.pk}")


def test_enter_in_the_name_of_an_audience_saves_it(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    page = new_message(at_the_screen("maya@alder.example"), people)
    page.get_by_text("Save these recipients as an audience").click()
    page.get_by_role("textbox", name="Name of the audience").fill("Mondays")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Saved as “Mondays”.")
    expect(page.locator("[data-recipients=to] [data-chip]")).to_have_count(2)
    assert Audience.objects.get().name == "Mondays"


def test_enter_where_students_are_told_continues(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    give_number(people.maya, "+17342340001")
    here = at_the_screen("maya@alder.example")
    here.open("/me/announce/")
    here.page.get_by_role("textbox", name="Subject").press("Enter")
    here.page.wait_for_url("**/review/")
    eventually(lambda: Broadcast.objects.get().is_announcement)


def test_without_scripts_enter_in_the_subject_sends_and_removes_nothing(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example", java_script_enabled=False)
    page = here.page
    here.open(f"/inbox/new/?to=student:{people.rosa.pk}&tab=email")
    page.get_by_role("textbox", name="Subject").fill("Registration")
    page.keyboard.press("Enter")
    expect(page.locator("[data-recipients=to] [data-chip]")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Subject")).to_have_value("Registration")
    page.get_by_role("button", name="Remove Rosa Calderón").click()
    expect(page.locator("[data-recipients=to] [data-chip]")).to_have_count(0)
    assert not Broadcast.objects.exists()
