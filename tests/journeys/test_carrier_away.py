"""While the carrier is away its author's screen says so on every page, quietly, and
takes it back when it is through.
"""

from collections.abc import Callable
from itertools import product
from typing import Literal

from playwright.sync_api import expect

from tests.browser import Person
from tests.cast import Cast
from tests.faults.test_first_texts import first_text
from tests.house import House, eventually
from tests.journeys.test_screens import AXE, RUN_AXE, TAGS, TOO_WIDE, WIDTHS

AWAY_SECONDS = 12
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WORDS = "The texting service cannot be reached just now"


def test_the_strip_comes_and_goes_with_the_carrier(
    the_house: House, people: Cast, at_the_screen: Callable[..., Person]
) -> None:
    simulator = the_house.simulator
    first_text(people.maya, people.rosa, "Hello")
    eventually(lambda: simulator.accepts(to=people.rosa.mobile))
    here = at_the_screen(people.maya.email, bypass_csp=True)
    page, strip = here.page, here.page.locator("#carrier-away")
    page.add_init_script(path=AXE)
    expect(strip).to_be_hidden()

    simulator.goes_away(seconds=AWAY_SECONDS)
    text = first_text(people.maya, people.bo, "Are you free on Monday?")
    eventually(lambda: text.attempts.filter(outcome="unsent").exists())
    with the_house.paused("worker"):  # so that it stays while the page is looked at
        expect(strip).to_be_visible()
        expect(strip).to_contain_text(WORDS)
        expect(page.locator("#say")).to_contain_text(WORDS)
        here.open(f"/inbox/c/{text.conversation_id}/")
        for scheme, (width, height) in product(SCHEMES, WIDTHS.items()):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": height})
            expect(strip).to_be_visible()
            expect(
                page.get_by_role("button", name="Send", exact=True)
            ).to_be_in_viewport(ratio=1)
            assert page.evaluate(TOO_WIDE) == []
            assert page.evaluate(RUN_AXE, TAGS) == []

    expect(strip).to_be_hidden()
    expect(page.locator("#say")).to_contain_text("The texting service is back")
    eventually(lambda: simulator.accepts(to=people.bo.mobile))
