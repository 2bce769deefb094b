"""A night of a large college: a OneRoster delta is compared, shown and applied; a whole
file that changes nothing; and the pages that administrators open in the morning.

60,000 students, 300 staff, 180,000 enrollments.
"""

import time
from collections.abc import Iterable, Iterator
from statistics import median

from django.test import Client
from django.utils import timezone

from bench import college
from bench.figures import Figures, Reach, Row, Work, p95
from bench.oneroster_files import EACH, Part, zipped
from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.delivery.rosters.running import (
    GivenFile,
    apply_run,
    ask_to_apply,
    begin_run,
    check_run,
    confirmation_of,
)
from quadline.roster.models import CaseloadEntry, RosterRun, Student

STAFF, ADMINISTRATOR = 300, 1
MOVED_PERCENT = 2  # of students, in a night
SMALL = 600  # students of the college that is the limit of pages
ROUNDS, VISITS = 5, 20
DELTA, QUIET = "nightly delta", "nightly file without a change"
DIFF, PAGES = "diff page", "pages of a large college"
ROWS = (
    Row(DELTA, "s", "the whole file for the first time", Reach(at_most=0.75)),
    Row(QUIET, "s", "the whole file for the first time", Reach(at_most=1)),
    Row(DIFF, "ms p95", "the diff of 600 students", Reach(at_most=1.3)),
    Row(PAGES, "ms p95", "the same pages with 600 students", Reach(at_most=1.5)),
)
# What administrators and advisors of any college open.
VISITED = (
    "/inbox/",
    "/students/",
    "/students/?q=First12",
    "/manage/staff/",
    "/manage/numbers/",
    "/manage/roster/",
    "/manage/roster/history/",
)
_limits: dict[str, float] = {}


def measure(work: Work) -> Figures:
    """First the small college, whose pages are the limit, then the large one."""
    count = work.of(60_000, quick=6_000)
    _found(SMALL)
    _limits[DIFF] = _time_of_pages([_diff_address()])
    _limits[PAGES] = _time_of_pages(VISITED)
    _limits[DELTA] = _limits[QUIET] = _found(count)
    diff, pages = _time_of_pages([_diff_address()]), _time_of_pages(VISITED)
    quiet = _night(zipped(Part(count)))
    moved = Part(count, moved=count * MOVED_PERCENT // 100)
    delta = _night(zipped(moved, is_delta=True))
    assert Student.objects.filter(mobile__startswith="+1313").count() == moved.moved
    return {DELTA: delta, QUIET: quiet, DIFF: diff, PAGES: pages}


def limit(work: Work) -> Figures:
    return _limits


def _found(count: int) -> float:
    """An empty college gets so many students from a whole file. Seconds."""
    college.empty()
    college.staff(STAFF, now=timezone.now())
    User.objects.filter(pk=ADMINISTRATOR).update(role=Role.ADMINISTRATOR, office=None)
    seconds = _night(zipped(Part(count)))
    assert Student.objects.filter(courses__len=EACH).count() == count
    _assign(count)
    college.settle()
    return seconds


def _night(content: bytes) -> float:
    """Seconds from when the file is there until it is applied."""
    college.settle()
    actor = User.objects.get(pk=ADMINISTRATOR)
    began = time.perf_counter()
    run = begin_run(
        [GivenFile("oneroster.zip", content)],
        way="upload",
        actor=actor,
        now=timezone.now(),
    )
    check_run(run.pk, now=timezone.now())
    run.refresh_from_db()
    if run.state == RosterRun.State.SHOWN:
        typed = confirmation_of(run)
        ask_to_apply(run, actor=actor, typed=typed, now=timezone.now())
        apply_run(run.pk, now=timezone.now())
    run.refresh_from_db()
    assert run.state == RosterRun.State.APPLIED, f"{run.state}: {run.why}"
    return time.perf_counter() - began


def _assign(count: int) -> None:
    """Everybody to an advisor: OneRoster knows classes, not caseloads."""
    college.fill(
        CaseloadEntry,
        "roster_student AS student",
        staff_id=f"1 + student.id % {STAFF}",
        student_id="student.id",
        relation="'Primary advisor'",
    )


def _diff_address() -> str:
    run = RosterRun.objects.filter(counts__new__gt=0).latest("pk")
    return f"/manage/roster/runs/{run.pk}/"


def _time_of_pages(addresses: Iterable[str]) -> float:
    """Of all of them together: p95 of a visit, in milliseconds."""
    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.get(pk=ADMINISTRATOR))
    addresses = list(addresses)
    list(_visits(client, addresses))  # what is read once in a process is read
    rounds = [
        p95([each for _ in range(VISITS) for each in _visits(client, addresses)])
        for _ in range(ROUNDS)
    ]
    return median(rounds)


def _visits(client: Client, addresses: Iterable[str]) -> Iterator[float]:
    for address in addresses:
        began = time.perf_counter()
        answer = client.get(address)
        yield 1000 * (time.perf_counter() - began)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
