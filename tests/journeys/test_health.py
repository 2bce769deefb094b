"""What breaks turns red with its sentence, is told once, and is told once more when it
is over: through real processes, and in a browser.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect

from quadline.college.current import college_settings
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.rosters.alerts import note_late_files, note_result
from quadline.health.models import CheckWatch
from quadline.health.rules import Finding, HealthCheck, HealthLevel
from quadline.health.watching import note_finding
from quadline.reports.tests.campus import broadcast_to, opts_out, wrote
from quadline.roster.models import RosterRun, RosterSource
from quadline.webhooks.models import LogReading
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually
from tests.journeys.test_screens import look, measured_by_axe, too_wide

Arrive = Callable[..., Person]
HEALTH = "/manage/health/"
AWAY_SECONDS = 75.0  # the carrier is asked every minute


def check_on(page: Page, name: str) -> str:
    """What the page says of one check, once it is loaded again."""
    page.reload()
    row = page.locator(".health-checks li").filter(
        has=page.get_by_role("heading", name=name, exact=True)
    )
    return row.inner_text()


def letters(house: House, people: Cast, words: str) -> list[str]:
    mails = house.simulator.mail(people.ada.email)
    return [mail["subject"] for mail in mails if words in mail["subject"]]


def ticks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_periodic_defers")
        return int(cursor.fetchone()[0])


def minutes_pass(finding: Finding, minutes: int) -> None:
    """As the watch of each minute would note it."""
    start = timezone.now()
    last = CheckWatch.objects.filter(check_name=finding.check).first()
    if last and last.looked_at > start:
        start = last.looked_at
    for minute in range(1, minutes + 1):
        note_finding(finding, now=start + timedelta(minutes=minute))


@pytest.mark.slow
def test_a_carrier_that_goes_away_and_comes_back(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen(people.ada.email)
    here.open(HEALTH)
    page = here.page
    eventually(lambda: "The carrier answers" in check_on(page, "Carrier"), every=1)
    since = timezone.now()
    the_house.simulator.goes_away(seconds=AWAY_SECONDS)
    eventually(lambda: LogReading.objects.filter(failed_at__gt=since).exists(), every=1)
    # as if it had gone on for longer than a moment
    LogReading.objects.update(read_at=since - timedelta(minutes=9))
    said = check_on(page, "Carrier")
    assert "Nothing can be read from the carrier." in said
    assert "What to do: Look at the carrier's status page." in said
    minutes_pass(Finding(HealthCheck.CARRIER, HealthLevel.RED, said), 9)
    here.open("/inbox/")
    expect(page.locator("#health-trouble")).to_contain_text("Carrier")
    page.get_by_role("link", name="See Health").click()

    # the simulator takes the emails, too: the letter waits for it
    eventually(lambda: "The carrier answers" in check_on(page, "Carrier"), every=1)
    eventually(lambda: letters(the_house, people, "needs attention: Carrier"), every=1)
    minutes_pass(Finding(HealthCheck.CARRIER, HealthLevel.GREEN, "It answers."), 9)
    eventually(lambda: letters(the_house, people, "works again: Carrier"), every=1)
    assert len(letters(the_house, people, "Carrier")) == 2
    page.reload()
    expect(page.locator("#health-trouble")).to_be_hidden()


@pytest.mark.slow
def test_a_worker_that_stops_and_starts_again(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = at_the_screen(people.ada.email)
    here.open(HEALTH)
    page = here.page
    eventually(lambda: "A worker is running." in check_on(page, "Workers"), every=1)
    # Its row goes with it; the timetable's stays.
    eventually(ticks, every=0.2)
    the_house.processes["worker"].stop()
    try:
        said = check_on(page, "Workers")
        assert "No worker has been running since" in said
        assert "quadline worker" in said
        expect(page.locator("#health-trouble")).to_contain_text("Workers")
        # nobody is left who could write a letter; this is when one last looked
        CheckWatch.objects.filter(check_name="workers").delete()
        at = timezone.now() - timedelta(hours=1)
        CheckWatch.objects.create(
            check_name="workers", level="green", since=at, looked_at=at
        )
    finally:
        the_house.start("worker")
    eventually(lambda: "A worker is running." in check_on(page, "Workers"), every=1)

    eventually(lambda: letters(the_house, people, "works again: Workers"), every=1)
    assert len(letters(the_house, people, "Workers")) == 1


def test_a_roster_file_that_is_late(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    now = timezone.now()
    local = now.astimezone(college_settings().zone)
    source = RosterSource.objects.create(
        name="Banner",
        folder="banner",
        created_at=now - timedelta(days=9),
        # Yesterday's came; today's has been due for an hour.
        arrived_at=now - timedelta(hours=20),
        expected_by=(local - timedelta(hours=1)).time().replace(microsecond=0),
    )
    RosterSource.objects.update(arrived_at=now - timedelta(hours=26))
    note_late_files(now=now)
    note_late_files(now=now)
    here = at_the_screen(people.ada.email)
    here.open(HEALTH)
    said = check_on(here.page, "Roster files")
    assert "The file of Banner has not come." in said
    assert "Look at the export" in said
    eventually(lambda: letters(the_house, people, "Banner is late"))

    run = RosterRun.objects.create(
        way="folder", state="applied", source=source, file_names="x", created_at=now
    )
    RosterSource.objects.update(arrived_at=now)
    note_result(run)
    note_result(run)
    eventually(lambda: letters(the_house, people, "Banner come again"))
    assert len(letters(the_house, people, "Banner")) == 2
    assert "The last file came at" in check_on(here.page, "Roster files")


def ill(people: Cast) -> None:
    """Something of everything, with long names."""
    now = timezone.now()
    for place, reason in enumerate(("landline", "filtered", "not_set_up", "unknown")):
        wrote(
            people.maya,
            people.rosa,
            now - timedelta(hours=9 * place + 1),
            Status.EMAILED,
            reason=reason,
            carrier_code=str(30003 + place),
        )
    for students in ([people.rosa, people.bo], [people.rosa]):
        broadcast = broadcast_to(people.maya, students, now - timedelta(hours=2))
        sent = Message.objects.filter(recipient__broadcast=broadcast)
        sent.update(sent_at=now - timedelta(hours=2), is_bulk=True)
    for student in (people.rosa, people.bo):
        opts_out(people.maya, student, now - timedelta(hours=1))
    RosterSource.objects.create(
        name="Banner " + "x" * 60,
        folder="banner",
        created_at=now - timedelta(days=9),
        arrived_at=now - timedelta(days=3),
        trouble="missing",
        told_at=now - timedelta(days=1),
    )


def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    here = measured_by_axe(at_the_screen, "ada")
    here.open(HEALTH)
    wrong = look(here, "healthy") + too_wide(here, "healthy")
    ill(people)
    here.open(HEALTH)
    expect(here.page.locator(".health-checks li.red").first).to_be_visible()
    wrong += look(here, "ill") + too_wide(here, "ill")

    assert wrong == []
