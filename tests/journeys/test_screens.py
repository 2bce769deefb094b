"""Every page in every dress: accessible by axe, no sideways scroll, hostile words shown
as words, useful without scripts.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Literal

from django.utils import timezone
from playwright.sync_api import expect

from quadline.conversations.models import Conversation, MessageTemplate
from quadline.conversations.starters import INTRODUCTION
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.web.manage.setting_fields import SECTIONS
from tests.browser import Person
from tests.cast import Cast, student
from tests.history import write_history
from tests.house import House, eventually
from tests.journeys.furnished import furnish, give_number

AXE = Path("tests/vendor/axe.min.js")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
IS = "(scheme) => matchMedia(`(prefers-color-scheme: ${scheme})`).matches"
RUN_AXE = """async (rules) => {
  const fading = document.getAnimations().filter((each) => each instanceof CSSTransition);  // a colour midway is nobody's choice
  await Promise.allSettled(fading.map((each) => each.finished));
  return (await axe.run(document, { runOnly: rules, resultTypes: ["violations"] }))
    .violations.map((found) => found.id + ": " + found.nodes.map((node) => node.target + " " + node.failureSummary).join(" | "));
}"""
TOO_WIDE = """() => [...document.querySelectorAll(
  "html, main, dialog[open], .list, .conversation, .log-scroll, .card, .tabs, .rail")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1 && box.clientWidth).map((box) => box.className || box.tagName)"""
# In the app its main part scrolls: a page that does, too, has something hidden beneath it.
TOO_TALL = """() => document.querySelector(".app") && document.documentElement.scrollHeight > innerHeight + 1"""
REFUSED = "console: Failed to load resource: the server responded with a status of {}"
WIDTHS = {1280: 820, 390: 844}
# 640: a window of 1280 at 200 %; 320: at 400 %
NARROW = {1280: 820, 768: 1024, 640: 410, 320: 640}
DOCS = "/api/v1/docs"
Arrive = Callable[..., Person]


def rooms(people: Cast, found: dict[str, Conversation]) -> dict[str, list[str]]:
    """Who looks at which pages."""
    conversations = {name: f"/inbox/c/{each.pk}/" for name, each in found.items()}
    sally = f"/students/{people.sally.pk}/"
    maya = [
        "/inbox/",
        "/inbox/?show=done",
        "/inbox/?q=nobody",
        *(conversations[who] for who in ("sally", "bo", "rosa", "stranger")),
    ]
    maya += [
        "/students/",
        "/students/?q=nobody",
        sally,
        f"{sally}message/",
        "/inbox/new/",
        f"/inbox/new/?to={people.bo.pk}",
    ]
    shipped = MessageTemplate.objects.get(name=INTRODUCTION).pk
    maya += [
        f"{sally}message/?tab=email&template={shipped}",
        f"{conversations['sally']}?tab=email",
        f"{conversations['bo']}?tab=email",
    ]
    maya += [
        "/templates/",
        "/templates/new/",
        f"/templates/new/?copy={shipped}",
        f"/templates/{shipped}/",
        "/me/announce/",
    ]
    return {
        "maya": [
            *maya,
            f"/students/{people.bo.pk}/no-more-texts/",
            "/me/",
            "/me/password/",
            "/me/security/",
            "/me/tokens/",
            "/me/edit/",
            "/me/preferences/",
            "/me/sessions/",
            "/help/",
            DOCS,
            "/accounts/logout/",
        ],
        "theo": ["/inbox/", "/me/", f"{sally}message/", "/me/announce/"],
        "lena": ["/inbox/?whose=all&show=open", conversations["sally"], "/me/"],
        "omar": [conversations["pending"], "/me/"],
        "ada": [
            "/manage/numbers/",
            *number_pages(people),
            "/manage/health/",
            "/manage/sign-in/",
            "/manage/second-factors/",
            "/manage/departures/",
            f"/manage/departures/new/?staff={people.maya.pk}",
            "/first-day/",
            *(f"/manage/settings/{slug}/" for slug in SECTIONS),
            "/manage/settings/offices/new/",
            "/manage/staff/",
            "/manage/staff/?q=nobody",
            "/manage/staff/invite/",
            "/manage/staff/invite/many/",
            f"/manage/staff/{people.maya.pk}/",
            f"/manage/staff/{people.maya.pk}/deactivate/",
        ],
    }


def number_pages(people: Cast) -> list[str]:
    """A working number and one that failed, and what could be done with each."""
    working = SystemNumber.objects.get(inbox__owner=people.maya)
    failed = SystemNumber.objects.get(state=NumberState.FAILED)
    return [
        f"/manage/numbers/{working.pk}/",
        f"/manage/numbers/{working.pk}/rest/",
        f"/manage/numbers/{failed.pk}/",
        f"/manage/numbers/{failed.pk}/release/",
    ]


# By dark only the colors: all else is as by light.
RULES: dict[Literal["light", "dark"], list[str]] = {
    "light": TAGS,
    "dark": ["color-contrast"],
}


def look(here: Person, where: str) -> list[str]:
    """What axe finds wrong at both widths, by light and by dark."""
    wrong = []
    for width, height in WIDTHS.items():
        here.page.set_viewport_size({"width": width, "height": height})
        for scheme in RULES:
            wrong += [
                f"{where} at {width} px, {scheme}: {each}"
                for each in by_axe(here, scheme)
            ]
    here.page.emulate_media(color_scheme="light")
    return wrong


def by_axe(here: Person, scheme: Literal["light", "dark"]) -> list[str]:
    here.page.emulate_media(color_scheme=scheme)
    assert here.page.evaluate(IS, scheme)
    found: list[str] = here.page.evaluate(RUN_AXE, RULES[scheme])
    return found


def measured_by_axe(at_the_screen: Arrive, who: str) -> Person:
    """Axe measures with inline styles, so here the policy is off. All
    other tests run, and click, under it.
    """
    here = at_the_screen(
        f"{who}@alder.example", reduced_motion="reduce", bypass_csp=True
    )
    here.page.add_init_script(path=AXE)
    return here


def test_axe_finds_nothing_on_any_page(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    wrong: list[str] = []
    for who, pages in rooms(people, furnish(people)).items():
        here = measured_by_axe(at_the_screen, who)
        for path in pages:
            here.open(path)
            wrong += look(here, path)
        if who == "maya":
            wrong += look_at_what_opens(here, people)

    assert wrong == []


def look_at_what_opens(here: Person, people: Cast) -> list[str]:
    """Dialogs, a timeline, the form of the office line, and the
    pages of who is not signed in.
    """
    page = here.page
    page.set_viewport_size({"width": 1280, "height": 820})
    here.open(f"/students/{people.sally.pk}/")
    page.get_by_role("link", name="Message", exact=True).click()
    page.get_by_role("dialog").get_by_role("textbox").fill("Setup test — with a dash")
    wrong = look(here, "the Message dialog")
    page.set_viewport_size({"width": 1280, "height": 820})
    page.get_by_role("dialog").get_by_role("tab", name="Email").click()
    page.get_by_role("dialog").get_by_role("button", name="Templates").click()
    wrong += look(here, "the templates of the Email tab")
    here.open("/me/")
    page.keyboard.press("?")
    wrong += look(here, "the list of keys")
    page.keyboard.press("Escape")
    page.get_by_text("Change").click()
    wrong += look(here, "the office line")
    here.open(f"/inbox/c/{Conversation.objects.get(student=people.rosa).pk}/")
    page.locator("details.meta summary").last.click()
    wrong += look(here, "a timeline")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Details").click()
    wrong += look(here, "the details")
    here.open("/nothing/here/")
    wrong += look(here, "not found")
    here.faults.remove(REFUSED.format("404 (Not Found)"))
    page.context.clear_cookies()
    for path in ("/accounts/login/", "/accounts/password/reset/"):
        here.open(path)
        wrong += look(here, path)
    return wrong


def too_wide(here: Person, where: str) -> list[str]:
    """What is wider than its place, at every width from a
    desk to the narrowest phone.
    """
    wrong = []
    for width, height in NARROW.items():
        here.page.set_viewport_size({"width": width, "height": height})
        wrong += [
            f"{where} at {width} px: {box}" for box in here.page.evaluate(TOO_WIDE)
        ]
        if here.page.evaluate(TOO_TALL):
            wrong.append(f"{where} at {width} px: too tall")
    return wrong


def test_no_page_scrolls_sideways_at_any_width(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    found = furnish(people)
    long = student(
        "00100077",
        "Wilhelmina" * 6,
        "Featherstonehaugh-Cholmondeley" * 3,
        advisor=people.maya,
        mobile="+17345550188",
    )
    found["long"] = write_history(people.maya, long, count=3, until=timezone.now())
    Conversation.objects.get(pk=found["long"].pk).messages.update(
        body="https://alder.example/" + "a" * 200
    )
    wrong: list[str] = []
    for who, pages in rooms(people, found).items():
        here = at_the_screen(
            f"{who}@alder.example", viewport={"width": 320, "height": 640}
        )
        if who == "maya":
            pages += [
                f"/inbox/c/{found['long'].pk}/",
                f"/students/{long.pk}/",
                f"/inbox/new/?to={long.pk}",
            ]
        for path in pages:
            here.open(path)
            wrong += too_wide(here, path)

    assert wrong == []


def test_hostile_words_are_shown_as_words(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    image, script, bold = (
        "<img src=x onerror=alert(1)>",
        "<script>alert(2)</script>",
        '"><b onmouseover=alert(3)>hi</b>',
    )
    hostile = student(
        "00100066", image, "O'Hare & Söhne", advisor=people.maya, mobile="+17345550166"
    )
    here = at_the_screen("maya@alder.example")
    page = here.page
    alarms: list[str] = []
    page.on("dialog", lambda alarm: alarms.append(alarm.message))
    here.open("/students/?q=onerror")
    page.get_by_role("link", name=re.compile("onerror")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{image} O'Hare & Söhne")
    page.get_by_role("link", name="Message", exact=True).click()
    page.get_by_role("dialog").get_by_role("textbox").fill(script)
    page.get_by_role("dialog").get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("link", name="View conversation").click()
    page.get_by_role("textbox", name="Text Message").fill(bold)
    page.get_by_role("button", name="Send", exact=True).click()
    eventually(lambda: the_house.simulator.accepts(to=hostile.mobile)[1:])
    the_house.simulator.text(
        hostile.mobile, SystemNumber.objects.get(inbox__owner=people.maya).phone, image
    )

    bubbles = page.locator("#log .bubble")
    expect(bubbles.first).to_contain_text(script)
    expect(bubbles.nth(1)).to_have_text(bold)
    expect(bubbles.nth(2)).to_have_text(image)
    expect(page.locator("#log .message").nth(1)).to_contain_text("Delivered")
    expect(page.locator("#rows .preview").first).to_have_text(image)
    here.open("/inbox/new/?q=onerror")
    expect(page.locator("#choices .name")).to_have_text(f"{image} O'Hare & Söhne")
    assert alarms == []
    assert page.locator("main img, main b[onmouseover]").count() == 0


def test_three_hundred_texts_open_at_the_end_and_load_backwards(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    give_number(people.maya, "+17342340001")
    long = write_history(
        people.maya, people.rosa, count=300, until=timezone.now() - timedelta(hours=1)
    )
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/inbox/c/{long.pk}/")
    texts = page.locator("#log .message")
    expect(texts).to_have_count(60)
    expect(texts.last).to_be_in_viewport()
    for shown in (120, 180, 240, 300):
        page.get_by_role("link", name="Show earlier texts").click()
        expect(texts).to_have_count(shown)
    expect(page.get_by_role("link", name="Show earlier texts")).to_have_count(0)
    days = [text.strip() for text in page.locator("#log .day").all_inner_texts()]
    assert len(days) == len(set(days))


def test_an_outsider_finds_neither_student_nor_conversation(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    found = furnish(people)
    omar = at_the_screen("omar@alder.example").page.request
    conversation = f"/inbox/c/{found['rosa'].pk}/"
    foreign = [
        f"/students/{people.rosa.pk}/",
        f"/students/{people.rosa.pk}/message/",
        f"/inbox/new/?to={people.rosa.pk}",
    ]
    foreign += [
        conversation,
        f"{conversation}since/",
        f"{conversation}older/",
        f"/inbox/c/{found['stranger'].pk}/",
    ]

    assert {
        path: omar.get(f"{the_house.url}{path}").status for path in foreign
    } == dict.fromkeys(foreign, 404)
    assert "Rosa" not in omar.get(f"{the_house.url}/inbox/?whose=all&show=open").text()


def test_step_1_works_without_scripts(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example", java_script_enabled=False)
    page = here.page
    page.get_by_role("link", name="Students").click()
    page.get_by_role("searchbox").fill("Sally Student-Taynor")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name=re.compile("Sally Student-Taynor")).first.click()
    page.get_by_role("link", name="Message", exact=True).click()
    page.get_by_role("textbox", name=re.compile("Text Message")).fill("Setup test")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator("#log .bubble")).to_contain_text("Setup test")
    accepted = eventually(lambda: the_house.simulator.accepts(to=people.sally.mobile))
    assert accepted[0]["body"].startswith("Setup test\n\n")
    eventually(
        lambda: SystemNumber.objects.filter(
            inbox__owner=people.maya, state="active"
        ).exists()
    )
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#toasts")).to_contain_text("Done with Sally Student-Taynor")
    page.get_by_role("link", name="My profile").click()
    expect(page.locator("[data-number]")).to_have_text(
        SystemNumber.objects.get(inbox__owner=people.maya).written
    )
    page.get_by_text("Change").click()
    page.get_by_label("Office line").fill("12")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#office-phone-help")).to_contain_text(
        "Your office line was not changed."
    )
    page.get_by_label("Office line").fill("734 555 0123")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Your office line is saved.")
    expect(page.locator("#office-line summary")).to_contain_text("(734) 555-0123")
    here.faults.remove(REFUSED.format("422 (Unprocessable Entity)"))


def test_a_forgotten_password_is_replaced_by_the_link_in_the_mail(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen("maya@alder.example")
    page = here.page
    page.context.clear_cookies()
    here.open("/accounts/password/reset/")
    page.get_by_label("Email").fill("maya@alder.example")
    page.locator("main form button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your email")
    mail = eventually(lambda: the_house.simulator.mail("maya@alder.example"))[0]
    link = re.search(
        rf"{re.escape(the_house.url)}/accounts/password/reset/key/\S+", mail["text"]
    )
    assert link, mail["text"]
    page.goto(link.group())
    for field in page.locator("main input[type=password]").all():
        field.fill("a quite different one")
    page.locator("main form button").last.click()
    page.context.clear_cookies()
    here.sign_in("maya@alder.example", "a quite different one")
