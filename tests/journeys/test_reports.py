"""Reports on the screen: a STOP appears automatically, and every page is accessible,
narrow enough and useful without scripts.
"""

import re
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from quadline.reports.tests.campus import Weeks, opts_out
from tests.browser import Person
from tests.cast import Cast
from tests.house import House
from tests.journeys.test_opt_outs import number_of
from tests.journeys.test_screens import look, measured_by_axe, too_wide

Arrive = Callable[..., Person]
NAME = "Report for Student Opt Outs"
PAGES = [
    "/reports/",
    "/reports/opt-outs/",
    "/reports/opt-outs/?source=carrier",
    "/reports/opt-outs/history/",
    "/reports/delivery/",
    "/reports/delivery/?channel=email&period=7",
    "/reports/delivery/?from=2020-01-01&to=2020-01-02",
    "/reports/delivery/rows/?part=instead",
    "/reports/responses/",
    "/reports/responses/rows/?side=staff",
]


def test_a_stop_is_in_the_open_report_automatically(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    number = number_of(the_house, people)
    here = at_the_screen("maya@alder.example")
    here.open("/reports/")
    here.page.get_by_role("link", name=NAME).click()
    expect(here.page.get_by_text("No students have opted out.")).to_be_visible()
    the_house.simulator.text(people.rosa.mobile, number.phone, "Stop.")

    row = here.page.get_by_role("row", name=re.compile("Rosa Calderón"))
    expect(row).to_contain_text("Replied STOP")
    expect(row).to_contain_text(f"Text START to {number.written}")
    row.get_by_role("link", name="Rosa Calderón").click()
    expect(here.page.get_by_role("heading", level=1)).to_have_text("Rosa Calderón")


def test_axe_finds_nothing_on_any_report(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    Weeks(people)
    here = measured_by_axe(at_the_screen, "ada")
    wrong: list[str] = []
    for path in PAGES:
        here.open(path)
        for summary in here.page.locator("summary", has_text="Show table").all():
            summary.click()
        wrong += look(here, path)

    assert wrong == []


def test_no_report_scrolls_sideways_at_any_width(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    Weeks(people)
    here = at_the_screen("ada@alder.example", viewport={"width": 320, "height": 640})
    wrong = []
    for path in PAGES:
        here.open(path)
        wrong += too_wide(here, path)

    assert wrong == []


def test_reports_work_without_scripts(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    Weeks(people)
    opts_out(
        people.maya,
        people.rosa,
        timezone.now() - timedelta(days=50),
        source="carrier",
        keyword="",
    )
    here = at_the_screen("ada@alder.example", java_script_enabled=False)
    page = here.page
    here.open("/reports/")
    page.get_by_role("link", name=NAME).click()
    page.get_by_role("combobox", name=re.compile("^Staff")).select_option("Omar Haddad")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("link", name="Kim Park")).to_be_visible()
    expect(page.get_by_role("link", name="Bo Jensen")).to_have_count(0)
    with page.expect_download() as started:
        page.get_by_role("link", name="Export CSV").click()
    assert started.value.suggested_filename.startswith("opt-outs-")
    page.get_by_role("link", name="Reports", exact=True).first.click()
    page.get_by_role("link", name="Delivery report").click()
    page.get_by_role("link", name="7 days").click()
    page.get_by_text("Show table").first.click()
    table = page.locator("figure table")
    expect(table.locator("tbody tr")).to_have_count(7)
    total = table.locator("tfoot a").last
    number = total.inner_text()
    total.click()
    expect(page.locator(".pager")).to_contain_text(f"{number} message")
