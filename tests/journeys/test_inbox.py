"""What staff do in the inbox besides writing: call it done, leave a draft behind, look
into the office, count a text.
"""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from quadline.conversations.models import Conversation
from quadline.delivery.notices import opt_out_notice
from quadline.numbers.models import SystemNumber
from quadline.sms import segments
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually
from tests.journeys.furnished import STRANGER, furnish

Arrive = Callable[..., Person]


def draft_of(conversation: Conversation) -> str:
    return Conversation.objects.get(pk=conversation.pk).draft


def test_a_draft_is_kept_by_whichever_way_one_leaves(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    found = furnish(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/inbox/c/{found['sally'].pk}/")
    page.get_by_role("textbox", name="Text Message").fill("Half a sentence")
    page.locator(f"#row-{found['rosa'].pk} a").click()
    eventually(lambda: draft_of(found["sally"]) == "Half a sentence")
    expect(page.locator(f"#row-{found['sally'].pk}")).to_contain_text("Draft")

    expect(page.locator("#conversation-title")).to_have_text("Rosa Calderón")
    page.get_by_role("textbox", name="Text Message").fill("Another")
    here.open("/students/")
    eventually(lambda: draft_of(found["rosa"]) == "Another")

    elsewhere = at_the_screen("maya@alder.example")
    elsewhere.open(f"/inbox/c/{found['sally'].pk}/")
    writing = elsewhere.page.get_by_role("textbox", name="Text Message")
    expect(writing).to_have_value("Half a sentence")
    elsewhere.page.get_by_role("button", name="Send", exact=True).click()
    sent = elsewhere.page.locator("#log .message").filter(has_text="Half a sentence")
    # this number is not the simulator's
    expect(sent).to_contain_text("Trying again automatically")
    eventually(lambda: draft_of(found["sally"]) == "")
    elsewhere.open("/inbox/")
    assert draft_of(found["sally"]) == ""


def test_done_leaves_the_list_and_a_reply_brings_it_back(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    found = furnish(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/inbox/c/{found['sally'].pk}/")
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#toasts")).to_contain_text("Done with Sally Student-Taynor")
    expect(page.locator(f"#row-{found['sally'].pk}")).to_have_count(0)

    here.open(f"/inbox/c/{found['sally'].pk}/")
    page.get_by_role("button", name="Reopen").click()
    expect(page.get_by_role("button", name="Done")).to_be_visible()
    assert not Conversation.objects.get(pk=found["sally"].pk).is_done


def test_a_phone_that_is_not_on_the_roster_has_a_conversation(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    found = furnish(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/inbox/c/{found['stranger'].pk}/")
    expect(page.locator("#conversation-title")).to_have_text(found["stranger"].name)
    expect(page.locator("#context")).to_contain_text("Not on the roster")
    expect(page).to_have_title(re.compile(re.escape(found["stranger"].name)))
    expect(page.get_by_role("textbox", name="Text Message")).to_have_count(0)
    assert found["stranger"].phone == STRANGER


def test_a_lead_looks_into_the_office_and_an_advisor_does_not(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    found = furnish(people)
    lead = at_the_screen("lena@alder.example")
    page = lead.page
    expect(page.locator("#rows > .row")).to_have_count(0)
    page.get_by_role("link", name="My office").click()
    expect(page.locator("#filter-reply")).to_contain_text("1")
    page.get_by_role("link", name=re.compile("^Open")).click()
    rows = page.locator("#rows > .row")
    expect(rows).to_have_count(4)
    expect(rows.filter(has_text="Rosa Calderón")).to_contain_text("with Maya Alvarez")
    page.get_by_role("searchbox").fill("rosa")
    expect(rows).to_have_count(1)
    rows.get_by_role("link").click()
    expect(page.locator("#composer-state")).to_contain_text(
        "Only Maya Alvarez can reply here."
    )
    assert "whose=all" in page.url
    page.reload()
    expect(page.get_by_role("link", name="My office")).to_have_attribute(
        "aria-current", "true"
    )

    auditor = at_the_screen("iris@alder.example").page
    expect(
        auditor.locator("#rows > .row").filter(has_text="with Omar Haddad")
    ).to_have_count(0)
    auditor.get_by_role("link", name=re.compile("^Open")).click()
    expect(
        auditor.locator("#rows > .row").filter(has_text="with Omar Haddad")
    ).to_have_count(1)
    expect(auditor.get_by_role("link", name="Mine")).to_have_count(0)

    omar = at_the_screen("omar@alder.example")
    omar.open("/inbox/?whose=all&show=open")
    expect(omar.page.locator("#rows > .row")).to_have_count(1)
    assert found["pending"].inbox.owner == people.omar


def test_the_counter_counts_what_will_be_sent(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/inbox/new/?to={people.sally.pk}")
    for words in ("Setup test", "x" * 75, "Grüße — “quoted” 🎉", "line\nline\n"):
        page.get_by_role("textbox").fill(words)
        counted = segments.measure(
            f"{words.strip()}\n\n{opt_out_notice(people.maya.name)}"
        )
        plural = "" if counted.segments == 1 else "s"
        expect(page.locator("#counter")).to_have_text(
            re.compile(rf"^\d+ / \d+ · {counted.segments} text{plural}$")
        )
        assert int(page.locator("#counter").inner_text().split()[0]) == counted.units


def test_an_administrator_tries_a_failed_number_again(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    furnish(people)
    page = at_the_screen("ada@alder.example").page
    page.get_by_role("link", name="Manage").click()
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("Lena Ortiz")
    expect(rows.first).to_contain_text("The networks refused to register the number")
    page.get_by_role(
        "button", name="Try again to set up the number of Lena Ortiz"
    ).click()
    expect(page.locator("#toasts")).to_contain_text(
        "Setting up the number of Lena Ortiz again."
    )
    eventually(
        lambda: SystemNumber.objects.filter(
            inbox__owner=people.lena, state="active"
        ).exists()
    )
    assert (
        at_the_screen("lena@alder.example")
        .page.get_by_role("link", name="Manage")
        .count()
        == 0
    )
