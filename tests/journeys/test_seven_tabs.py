"""Seven tabs of one person over HTTP/1.1, where a browser opens six connections to a
house: each opens, and none is behind.
"""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from quadline.conversations.models import Conversation
from quadline.numbers.models import SystemNumber
from tests.browser import Person
from tests.cast import Cast
from tests.faults.test_first_texts import first_text
from tests.house import House, eventually

TABS = 7
# A browser without a screen shows every page at once; a tab in the background is hidden
# by hand.
HIDEABLE = """
  let isHidden = false;
  Object.defineProperty(document, "hidden", { get: () => isHidden });
  window.hide = (hidden) => { isHidden = hidden; document.dispatchEvent(new Event("visibilitychange")); };
"""


def streams(pages: list[Page]) -> int:
    return sum(page.evaluate("() => window.open_streams()") for page in pages)


COUNTED = """
  const Plain = window.EventSource;
  const made = [];
  window.EventSource = class extends Plain { constructor(...told) { super(...told); made.push(this); } };
  window.open_streams = () => made.filter((each) => each.readyState !== Plain.CLOSED).length;
"""


def test_a_seventh_tab_opens_and_the_first_catches_up_when_it_is_looked_at(
    the_house: House, people: Cast, at_the_screen: Callable[..., Person]
) -> None:
    first_text(people.maya, people.rosa, "Hello")
    eventually(lambda: the_house.simulator.accepts(to=people.rosa.mobile))
    number = SystemNumber.objects.get(inbox__owner=people.maya).phone
    where = f"/inbox/c/{Conversation.objects.get(inbox__owner=people.maya).pk}/"
    here = at_the_screen(people.maya.email)
    here.page.context.add_init_script(HIDEABLE + COUNTED)
    pages = [here.page]
    here.open(where)
    for _ in range(TABS - 1):
        pages[-1].evaluate("() => window.hide(true)")
        pages.append(here.page.context.new_page())
        pages[-1].goto(f"{the_house.url}{where}")
    expect(pages[-1].locator("#connection")).to_be_hidden()
    eventually(lambda: streams(pages) <= 4)
    assert pages[-1].evaluate("() => window.open_streams()") == 1

    the_house.simulator.text(people.rosa.mobile, number, "I am here")
    expect(pages[-1].locator("#log .bubble").last).to_have_text("I am here")
    # one of the few that stay connected
    expect(pages[0].locator("#log .bubble").last).to_have_text("I am here")
    behind = pages[-2]
    expect(behind.locator("#log .bubble").last).not_to_have_text("I am here")
    pages[-1].evaluate("() => window.hide(true)")
    behind.evaluate("() => window.hide(false)")
    expect(behind.locator("#log .bubble").last).to_have_text("I am here")
    the_house.simulator.text(people.rosa.mobile, number, "And here")
    expect(behind.locator("#log .bubble").last).to_have_text("And here")
    assert streams(pages) <= 4
