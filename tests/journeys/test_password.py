"""My profile, Password: by keyboard on a phone, and what happens elsewhere."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser import Person
from tests.cast import PASSWORD, Cast
from tests.house import House, eventually

Arrive = Callable[..., Person]
NEW = "a quite different one"
REFUSED = (
    "console: Failed to load resource: the server responded with a status of 422"
    " (Unprocessable Entity)"
)


def test_a_password_is_changed_by_keyboard_and_its_owner_is_told(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    other = at_the_screen("maya@alder.example")
    here = at_the_screen("maya@alder.example", viewport={"width": 390, "height": 844})
    page = here.page
    here.open("/me/")
    page.get_by_role("link", name="Password").click()
    page.get_by_label("Current password").focus()
    for typed in (PASSWORD, "AlderCollege1!", "AlderCollege1!"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("New password", exact=True)).to_have_attribute(
        "aria-invalid", "true"
    )
    expect(
        page.get_by_text("mostly your name, or words of the college")
    ).to_be_visible()
    here.faults.remove(REFUSED)
    page.get_by_label("Current password").focus()
    for typed in (PASSWORD, NEW):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.type(NEW)
    page.keyboard.press("Enter")

    expect(page.locator("#toasts")).to_contain_text(
        "Your password is changed. You are signed out on every other device."
    )
    expect(
        other.page.get_by_role("heading", name="You have been signed out")
    ).to_be_visible()
    mail = eventually(lambda: the_house.simulator.mail("maya@alder.example"))[0]
    assert mail["subject"] == "Your Quadline password was changed"
    page.context.clear_cookies()
    here.sign_in("maya@alder.example", NEW)
