"""Opting out in a student's own words, and in person: seen in two open
browsers, on the phone and at the carrier.
"""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from quadline.consent.models import CarrierCheck, ConsentEntry
from quadline.consent.rules import Change
from quadline.numbers.models import SystemNumber
from tests.browser import Person
from tests.cast import Cast
from tests.faults.test_first_texts import first_text
from tests.house import House, eventually

Arrive = Callable[..., Person]
QUESTION = "Did Rosa ask to stop texts?"
WORDS = "please stop texting me"


def number_of(the_house: House, people: Cast) -> SystemNumber:
    """Maya's, after her first text to Rosa."""
    first_text(people.maya, people.rosa, "Are you free on Monday?")
    eventually(lambda: the_house.simulator.accepts(to=people.rosa.mobile))
    return SystemNumber.objects.get(inbox__owner=people.maya)


def send(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="Text Message").fill(words)
    page.get_by_role("button", name="Send", exact=True).click()


def bodies(the_house: House, people: Cast) -> list[str]:
    return [
        text["body"].splitlines()[0]
        for text in the_house.simulator.accepts(to=people.rosa.mobile)
    ]


def test_words_that_may_mean_stop_are_asked_about_and_texts_wait_for_the_answer(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    number = number_of(the_house, people)
    maya = at_the_screen("maya@alder.example")
    page = maya.page
    page.locator("#rows").get_by_text("Rosa Calderón").click()
    expect(page.locator("#stop-question")).to_be_empty()

    # The question appears without a reload, above the composer and in the list; it is
    # said, and interrupts nobody's writing.
    page.get_by_role("textbox", name="Text Message").fill("Half a sentence")
    the_house.simulator.text(people.rosa.mobile, number.phone, WORDS)
    question = page.locator("#stop-question")
    expect(question).to_contain_text(QUESTION)
    expect(question).to_contain_text(WORDS)
    expect(page.locator("#rows")).to_contain_text("Asked to stop?")
    expect(page.locator("#say")).to_have_text(QUESTION)
    expect(page.get_by_role("textbox", name="Text Message")).to_have_value(
        "Half a sentence"
    )
    expect(page.get_by_role("textbox", name="Text Message")).to_be_focused()

    # What is written meanwhile waits, visibly.
    send(page, "Of course. One more thing:")
    expect(page.locator("#log .message").last).to_contain_text(
        re.compile("held", re.IGNORECASE)
    )
    assert bodies(the_house, people) == ["Are you free on Monday?"]

    # No, keep texting: it leaves, and nothing is written to the ledger.
    page.get_by_role("button", name="No, keep texting").press("Enter")
    expect(question).to_be_empty()
    expect(page.locator("#conversation-title")).to_be_focused()
    expect(page.locator("#toasts")).to_contain_text("You can go on texting Rosa")
    eventually(
        lambda: (
            bodies(the_house, people)
            == ["Are you free on Monday?", "Of course. One more thing:"]
        )
    )
    assert not ConsentEntry.objects.exists()


def test_yes_stops_the_texts_here_and_at_the_carrier_until_the_students_own_start(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    number = number_of(the_house, people)
    maya = at_the_screen("maya@alder.example")
    page = maya.page
    page.locator("#rows").get_by_text("Rosa Calderón").click()
    expect(page.locator("#conversation-title")).to_have_text("Rosa Calderón")
    the_house.simulator.text(people.rosa.mobile, number.phone, "no más mensajes")
    page.get_by_role("button", name="Yes, stop texting").click()

    state = page.locator("#composer-state")
    expect(state).to_contain_text(f"Rosa must text START to {number.written}")
    expect(page.locator("#rows")).to_contain_text(
        f"Rosa must text START to {number.written}"
    )
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    told = eventually(lambda: the_house.simulator.ledger("opt_out"))
    assert [(each["phone"], each["scope"]) for each in told] == [
        (people.rosa.mobile, number.phone)
    ]
    eventually(lambda: CarrierCheck.objects.filter(agrees=True).exists())
    assert the_house.simulator.ledger("auto_reply") == [], (
        "no confirmation, from nobody"
    )

    the_house.simulator.a_second_passes()
    the_house.simulator.text(people.rosa.mobile, number.phone, "START")
    expect(state).not_to_contain_text("must text START")
    expect(page.locator("#rows")).not_to_contain_text("Opted out")
    send(page, "Welcome back")
    eventually(lambda: bodies(the_house, people)[-1] == "Welcome back")


def test_what_was_told_in_person_is_recorded_from_the_profile_without_scripts_too(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    number = number_of(the_house, people)
    plain = at_the_screen("maya@alder.example", java_script_enabled=False)
    plain.open(f"/students/{people.rosa.pk}/")
    plain.page.get_by_role("link", name="Record an opt-out").click()
    plain.page.get_by_label("In person").check()
    plain.page.get_by_label("Note").fill("After class.")
    plain.page.get_by_role("button", name="Stop texting Rosa").click()
    main = plain.page.get_by_role("main")
    expect(main).to_contain_text(f"Rosa must text START to {number.written}")
    expect(main).to_contain_text("asked Maya Alvarez. In person. After class.")
    expect(plain.page.get_by_role("link", name="Record an opt-out")).to_have_count(0)
    assert first_text(people.maya, people.rosa, "Hello?").status == "blocked"
    eventually(lambda: the_house.simulator.ledger("opt_out"))


def test_the_dialog_records_it_and_shows_the_new_state(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    number = number_of(the_house, people)
    maya = at_the_screen("maya@alder.example")
    maya.open(f"/students/{people.rosa.pk}/")
    maya.page.get_by_role("link", name="Record an opt-out").click()
    dialog = maya.page.get_by_role("dialog")
    dialog.get_by_label("By phone").check()
    dialog.get_by_role("button", name="Stop texting Rosa").click()
    expect(dialog).to_have_count(0)
    expect(maya.page.locator("#toasts")).to_contain_text(
        "Rosa gets no more texts from you"
    )
    expect(maya.page.get_by_role("main")).to_contain_text(
        f"Rosa must text START to {number.written}"
    )
    assert ConsentEntry.objects.get().change == Change.OPT_OUT
