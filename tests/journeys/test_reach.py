"""One open page tells the truth without a reload: every part follows each
change of who can be texted, at once.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from quadline.conversations.models import Conversation
from quadline.conversations.rules import Status
from quadline.delivery.opting.requests import RequestedBy, record_stop_request
from quadline.delivery.outbox.caseloads import replace_caseload, replace_students
from quadline.numbers.activation import activate
from quadline.numbers.models import SystemNumber
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually
from tests.journeys.furnished import furnish
from tests.journeys.test_opt_outs import number_of

Arrive = Callable[..., Person]
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


class Screen:
    """The parts of Maya's page with Rosa that say whether she can be
    texted. It must stay the same page.
    """

    def __init__(
        self,
        the_house: House,
        people: Cast,
        at_the_screen: Arrive,
        size: dict[str, int],
    ) -> None:
        self.house, self.rosa, self.is_narrow = the_house, people.rosa, size == NARROW
        self.number = number_of(the_house, people)
        self.talk = Conversation.objects.get(
            inbox__owner=people.maya, student=people.rosa
        )
        eventually(lambda: self.talk.messages.get().status == Status.DELIVERED)
        # so that there is something to send again
        self.talk.messages.update(status=Status.UNDELIVERED)
        maya = at_the_screen("maya@alder.example", viewport=size)
        maya.open(f"/inbox/c/{self.talk.pk}/")
        self.person, self.page = maya, maya.page
        self.page.evaluate("window.isStillTheSamePage = true")

    def reply(self, words: str) -> None:
        self.house.simulator.a_second_passes()  # two words of one second are no order
        self.house.simulator.text(self.rosa.mobile, self.number.phone, words)

    def can(self, consent: str = "") -> None:
        self.shows("Can be texted", state="ready", consent=consent)

    def shows(self, chip: str, *, state: str, consent: str = "") -> None:
        """Header, composer, and the side pane, which is a drawer on a phone."""
        expect(self.page.locator("#composer-state")).to_have_attribute(
            "data-state", state
        )
        expect(self.page.locator("#context-body .chip").first).to_have_text(chip)
        cannot = self.page.locator("#who-line .cannot")
        (
            expect(cannot).to_have_count(0)
            if chip == "Can be texted"
            else expect(cannot).to_have_text(chip)
        )
        if consent:
            expect(self.page.locator("#context-body .history")).to_contain_text(consent)
        assert self.page.evaluate("window.isStillTheSamePage"), (
            "no part of this was a reload"
        )

    def row_says(self, words: str) -> None:
        if not self.is_narrow:
            expect(self.page.locator("#rows")).to_contain_text(words)


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def screen(
    the_house: House,
    people: Cast,
    at_the_screen: Arrive,
    request: pytest.FixtureRequest,
) -> Screen:
    return Screen(the_house, people, at_the_screen, request.param)


def test_every_part_follows_what_the_student_says(screen: Screen) -> None:
    page = screen.page
    if screen.is_narrow:
        # it stays open, and follows too
        page.get_by_role("button", name="Details").click()
    screen.can()
    screen.reply("STOP")
    screen.shows("Opted out", state="opted_out", consent="replied STOP")
    screen.row_says("Opted out")
    screen.reply("UNSTOP")
    screen.can(consent="Opted back in to your number: replied UNSTOP")
    if screen.is_narrow:
        expect(page.locator("#context")).to_be_visible()
        page.locator("#context").get_by_role("button", name="Close").click()
    screen.reply("please stop texting me")
    expect(page.locator("#stop-question")).to_contain_text(
        "Did Rosa ask to stop texts?"
    )
    screen.shows("Asked to stop?", state="ready")
    screen.row_says("Asked to stop?")
    page.get_by_role("button", name="Yes, stop texting").click()
    expect(page.locator("#stop-question")).to_be_empty()
    screen.shows("Opted out", state="opted_out")
    screen.reply("START")
    screen.can()


def test_every_part_follows_what_the_college_records(
    screen: Screen, people: Cast
) -> None:
    now, rosa = timezone.now(), people.rosa
    # a START within minutes of a call is no order either
    an_hour_ago = now - timedelta(hours=1)
    record_stop_request(
        student=rosa,
        inbox=people.maya.inbox,
        actor=people.ada,
        how=RequestedBy.BY_PHONE,
        said_at=an_hour_ago,
        now=now,
    )
    screen.shows("Opted out", state="opted_out", consent="By phone")
    screen.reply("START")
    screen.can()

    row = {
        "institutional_id": rosa.institutional_id,
        "first_name": "Rosa",
        "last_name": "Calderón",
        "email": rosa.email,
    }
    replace_students(
        [row | {"mobile": "(734) 555-0188"}], actor=people.ada, now=timezone.now()
    )
    expect(screen.page.locator("#who-line")).to_contain_text("(734) 555-0188")
    replace_students([row | {"mobile": ""}], actor=people.ada, now=timezone.now())
    screen.shows("No mobile", state="no_mobile")
    replace_students(
        [row | {"mobile": rosa.mobile}], actor=people.ada, now=timezone.now()
    )
    screen.can()

    again = screen.page.get_by_role("button", name="Send again")
    expect(again).to_have_count(1)
    replace_caseload(
        people.maya, [people.bo.institutional_id], actor=people.ada, now=timezone.now()
    )
    screen.shows("Cannot be texted", state="read_only")
    expect(again).to_have_count(0)
    expect(screen.page.locator("#who-line a")).to_have_count(0)


def test_a_page_follows_its_own_number_becoming_active(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    talk = furnish(people)["pending"]
    omar = at_the_screen("omar@alder.example")
    omar.open(f"/inbox/c/{talk.pk}/")
    state = omar.page.locator("#composer-state")
    expect(state).to_contain_text("Your number is being set up")
    number = SystemNumber.objects.get(inbox__owner=people.omar)
    activate(number, cause="the networks registered it", now=timezone.now())
    expect(state).to_have_attribute("data-state", "ready")
    expect(omar.page.get_by_text(number.written).first).to_be_visible()


def test_brackets_are_sent_on_purpose_only(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    screen = Screen(the_house, people, at_the_screen, WIDE)
    page, field = screen.page, screen.page.get_by_role("textbox", name="Text Message")
    field.fill("Bring {form_name}")
    expect(page.locator("#panel-text [data-open-fields]")).to_contain_text(
        "{form_name}: not a merge field"
    )
    field.press("Enter")
    refusal = page.locator("#refusal")
    expect(refusal).to_contain_text("{form_name} is not a merge field.")
    expect(field).to_have_value("Bring {form_name}")
    screen.reply("hello?")  # news comes meanwhile
    expect(page.locator("#log")).to_contain_text("hello?")
    expect(refusal).to_contain_text("{form_name} is not a merge field.")
    refusal.get_by_label("Send it as written").check()
    field.press("Enter")
    expect(page.locator("#log .message.out").last).to_contain_text("Bring {form_name}")
    expect(refusal).to_be_empty()
    eventually(lambda: screen.talk.messages.filter(body="Bring {form_name}").exists())
    # the refusal was asked for
    screen.person.faults = [
        fault for fault in screen.person.faults if "422" not in fault
    ]
