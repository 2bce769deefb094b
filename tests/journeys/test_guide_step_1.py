"""The guide's Step 1, in its own words: Trigger Your Number Assignment;
then Sally answers, stops and starts.
"""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from quadline.numbers.models import SystemNumber
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually

DAY = 24 * 3600


def test_step_1_a_first_text_brings_a_number_and_sally_answers(
    the_house: House, people: Cast, at_the_screen: Callable[..., Person]
) -> None:
    the_house.simulator.settings(registration_delay=DAY)
    maya = at_the_screen("maya@alder.example")
    page = maya.page

    # Identify a Test Recipient: search for a designated test student.
    page.get_by_role("link", name="Students").click()
    page.get_by_role("searchbox").fill("Sally Student-Taynor")
    page.get_by_role("link", name=re.compile("Sally Student-Taynor")).first.click()

    # Send the Initial Text: click Message, select the Text Message tab, type, click
    # Send.
    send_from_profile(page, "Setup test")

    # Wait for Activation: the pending state is honest, and the text waits in sight.
    page.get_by_role("link", name="View conversation").click()
    expect(page.locator("#log")).to_contain_text("Waiting for your number")
    my_profile = at_the_screen("maya@alder.example").page
    my_profile.goto(f"{the_house.url}/me/")
    number = my_profile.locator("#system-number")
    expect(number).to_contain_text("Being set up")
    expect(my_profile.locator("#number")).to_contain_text("1 text is waiting")
    eventually(lambda: SystemNumber.objects.filter(attached_at__isnull=False).exists())
    assert the_house.simulator.accepts() == []

    the_house.simulator.fast_forward(hours=24)

    # Verify Your Number: it appears on the profile directly under the photo, without a
    # reload.
    expect(number).to_contain_text("System · Text Only")
    expect(number).to_contain_text(re.compile(r"\(\d{3}\) \d{3}-\d{4}"))
    is_directly_under_photo(my_profile)
    system_phone = SystemNumber.objects.get(inbox__owner=people.maya).phone

    # The waiting text goes out automatically, with the opt-out line.
    accepted = eventually(lambda: the_house.simulator.accepts(to=people.sally.mobile))
    assert [text["from"] for text in accepted] == [system_phone]
    assert accepted[0]["body"].startswith("Setup test")
    assert "Reply STOP to opt out" in accepted[0]["body"]
    expect(page.locator("#log")).to_contain_text("Delivered")

    # Sally's answer appears in the open inbox without a reload, within two seconds.
    the_house.simulator.text(people.sally.mobile, system_phone, "Got it, thanks! 🙏")
    expect(page.locator("#log")).to_contain_text("Got it, thanks! 🙏")
    expect(page.locator("#rows")).to_contain_text("Got it, thanks! 🙏")


def test_stop_closes_the_composer_and_only_start_to_that_number_opens_it(
    the_house: House, people: Cast, at_the_screen: Callable[..., Person]
) -> None:
    page = at_the_screen("maya@alder.example").page
    page.goto(f"{the_house.url}/students/{people.sally.pk}/")
    send_from_profile(page, "Setup test")
    page.get_by_role("link", name="View conversation").click()
    expect(page.locator("#log")).to_contain_text("Delivered")
    system_phone = SystemNumber.objects.get(inbox__owner=people.maya).phone
    other_phone = another_staff_member_texts_sally(the_house, people, at_the_screen)
    writing = page.get_by_role("textbox", name=re.compile("Text Message"))

    the_house.simulator.text(people.sally.mobile, system_phone, "STOP")
    expect(writing).to_be_disabled()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    expect(page.locator("#composer-state")).to_contain_text(
        "Sally must text START to ("
    )

    the_house.simulator.text(people.sally.mobile, other_phone, "START")
    page.reload()  # the house has answered: it is filed
    expect(writing).to_be_disabled()

    the_house.simulator.a_second_passes()
    the_house.simulator.text(people.sally.mobile, system_phone, "START")
    expect(writing).to_be_enabled()
    writing.fill("Welcome back")
    page.get_by_role("button", name="Send", exact=True).click()
    eventually(
        lambda: [
            t
            for t in the_house.simulator.accepts(sender=system_phone)
            if t["body"] == "Welcome back"
        ]
    )


def test_a_double_click_is_one_text_and_one_bubble(
    the_house: House, people: Cast, at_the_screen: Callable[..., Person]
) -> None:
    page = at_the_screen("maya@alder.example").page
    page.goto(f"{the_house.url}/students/{people.rosa.pk}/")
    send_from_profile(page, "Hello Rosa")
    page.get_by_role("link", name="View conversation").click()
    writing = page.get_by_role("textbox", name=re.compile("Text Message"))
    writing.fill("See you at 3")
    page.get_by_role("button", name="Send", exact=True).dblclick()
    expect(page.locator("#log .message").filter(has_text="See you at 3")).to_have_count(
        1
    )
    expect(
        page.locator("#log .message").filter(has_text="See you at 3")
    ).to_contain_text("Delivered")
    assert (
        len([t for t in the_house.simulator.accepts() if t["body"] == "See you at 3"])
        == 1
    )


def test_a_caller_hears_text_only_and_reaches_the_office_line(
    the_house: House, people: Cast, at_the_screen: Callable[..., Person]
) -> None:
    page = at_the_screen("maya@alder.example").page
    page.goto(f"{the_house.url}/students/{people.sally.pk}/")
    send_from_profile(page, "Setup test")
    number = eventually(
        lambda: SystemNumber.objects.filter(
            inbox__owner=people.maya, state="active"
        ).first()
    )
    assert number is not None
    heard = the_house.simulator.ask(
        "POST", f"/simulator/phones/{people.sally.mobile}/calls", {"to": number.phone}
    )["heard"]
    assert "text messages only" in heard[0]["text"]
    assert heard[1] == {"verb": "dial", "text": people.maya.office_phone}


def send_from_profile(page: Page, words: str) -> None:
    """Message → Text Message → type → Send, on a student's profile."""
    page.get_by_role("link", name="Message", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("tab", name="Text Message").click()
    dialog.get_by_role("textbox").fill(words)
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog).to_be_hidden()


def is_directly_under_photo(page: Page) -> None:
    photo = page.locator("#number img, #number .face").first.bounding_box()
    number = page.locator("[data-number]").bounding_box()
    assert photo is not None
    assert number is not None
    gap = number["y"] - (photo["y"] + photo["height"])
    assert 0 <= gap < 40, f"the number is {gap} px under the photo"
    assert abs(number["x"] - photo["x"]) < 12


def another_staff_member_texts_sally(
    the_house: House, people: Cast, at_the_screen: Callable[..., Person]
) -> str:
    page = at_the_screen("omar@alder.example").page
    page.goto(f"{the_house.url}/students/{people.sally.pk}/")
    send_from_profile(page, "Hello from Omar")
    eventually(lambda: the_house.simulator.accepts(to=people.sally.mobile)[1:])
    phone: str = SystemNumber.objects.get(inbox__owner=people.omar).phone
    return phone
