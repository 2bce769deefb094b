"""Reports on the screen: every number is the number of rows at its link,
every picture says what its table says.
"""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from quadline.audit.models import AuditEntry
from quadline.reports.tests.campus import Weeks, at, heard, opts_out, wrote
from quadline.web.reports.pages import share, took_words
from tests.architecture.conftest import Enter
from tests.cast import Cast, student

LINK = re.compile(r'<a href="(/reports/[^"]*(?:/rows/|/history/)\?[^"]*)">([^<]+)</a>')
PAGES = [
    *(
        f"/reports/{report}/?{query}"
        for report in ("delivery", "responses")
        for query in ("period=30", "period=7", "channel=email")
    ),
    "/reports/delivery/?period=all",
    "/reports/responses/?period=term&staff={maya}",
]


def read(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def download(browser: Client, address: str) -> list[dict[str, str]]:
    answer: Any = browser.get(address)
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline="")))


def links(page: str) -> dict[str, str]:
    """Each distinct address of rows with what is shown for it."""
    return {unescape(address): unescape(shown) for address, shown in LINK.findall(page)}


def total_at(browser: Client, address: str, known: dict[str, int]) -> int:
    """How many rows are there; ``known`` keeps it, for many numbers
    of a page are shares of the same.
    """
    if address not in known:
        known[address] = _total_at(browser, address)
    return known[address]


def _total_at(browser: Client, address: str) -> int:
    found = re.search(
        r'role="status">(?:[\d,]+ to [\d,]+ of )?([\d,]+) (?:message|student|change)',
        read(browser, address),
    )
    return int(found[1].replace(",", "")) if found else 0


def as_shown(browser: Client, address: str, shown: str, known: dict[str, int]) -> str:
    """What a number at a link must be, found from the rows there: a count,
    or for a time their median, or a rate.
    """
    if shown.replace(",", "").isdigit():
        return f"{total_at(browser, address, known):,}"
    if shown.endswith("%"):
        whole = address.replace("part=replied", "")
        return share(total_at(browser, address, known), total_at(browser, whole, known))
    minutes = [
        float(row["Minutes until then"])
        for row in download(browser, address.replace("/rows/", "/rows.csv"))
    ]
    return took_words(timedelta(minutes=median(minutes)))


# Each page once, and each report by everybody who sees another part of the college.
SEEN_BY = ["ada", "lena", "maya", "lena", "ada", "maya"]


@pytest.mark.parametrize(("viewer", "page"), list(zip(SEEN_BY, PAGES, strict=False)))
def test_every_number_is_the_number_of_rows_at_its_link(
    enter: Enter, people: Cast, page: str, viewer: str
) -> None:
    Weeks(people)
    browser = enter(getattr(people, viewer))
    found = links(read(browser, page.format(maya=people.maya.pk)))
    known: dict[str, int] = {}

    assert len(found) > 5
    counted = {
        each: as_shown(browser, each, shown, known) for each, shown in found.items()
    }
    assert counted == found


@pytest.mark.parametrize("page", PAGES)
def test_a_picture_says_what_its_table_says(
    enter: Enter, people: Cast, page: str
) -> None:
    Weeks(people)
    shown = read(enter(people.ada), page.format(maya=people.maya.pk))
    figures = [
        each for each in shown.split("<figure")[1:] if '<svg class="bars' in each
    ]

    assert figures
    for figure in figures:
        body, foot = (
            numbers(figure.split("<tbody>")[1].split("</tbody>")[0]),
            numbers(figure.split("<tfoot>")[1]),
        )
        columns = [sum(line[place] for line in body) for place in range(len(foot[0]))]
        assert columns == foot[0]
        drawings = re.findall(r'<svg class="bars.*?</svg>', figure, re.DOTALL)
        assert len(drawings) == 2
        for drawing in drawings:
            by_series: dict[str, int] = {}
            for series, value in re.findall(
                r'data-series="(\w+)" data-value="(\d+)"', drawing
            ):
                by_series[series] = by_series.get(series, 0) + int(value)
            assert sorted(by_series.values()) == sorted(
                each for each in columns[:-1] if each
            )
            assert sum(by_series.values()) == columns[-1]


def numbers(table: str) -> list[list[int]]:
    lines = [
        re.findall(r"<td>\s*(?:<a [^>]*>)?([\d,]+)", line)
        for line in table.split("</tr>")
    ]
    return [[int(each.replace(",", "")) for each in line] for line in lines if line]


@pytest.mark.parametrize("report", ["delivery", "responses"])
def test_pictures_have_words(enter: Enter, people: Cast, report: str) -> None:
    Weeks(people)
    page = read(enter(people.ada), f"/reports/{report}/")

    for drawing in re.findall(r'<svg class="bars.*?</svg>', page, re.DOTALL):
        named = re.search(r'role="img" aria-labelledby="([\w-]+) ([\w-]+)"', drawing)
        assert named
        assert all(f'id="{each}">' in drawing for each in named.groups())
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert page.count("<figcaption>") == page.count("<figure")
    assert "style=" not in page


def test_the_report_for_student_opt_outs_shows_a_stop(
    enter: Enter, people: Cast
) -> None:
    wrote(
        people.maya,
        people.bo,
        timezone.now() - timedelta(hours=2),
        body="Are you <b>coming</b>?",
    )
    browser = enter(people.maya)
    assert "No students have opted out." in read(browser, "/reports/opt-outs/")

    opts_out(people.maya, people.bo, timezone.now() - timedelta(hours=1))
    page = read(browser, "/reports/opt-outs/")
    assert "<h1>Report for Student Opt Outs</h1>" in page
    for words in (
        "Bo Jensen",
        "00100002",
        "Replied STOP",
        "Are you &lt;b&gt;coming&lt;/b&gt;?",
        "Not checked yet",
        "1 opt-out<",
    ):
        assert words in page
    assert re.search(r'data-copy="Text START to \(734\) 234-\d{4}"', page)
    assert 'hx-trigger="sse:inbox' in page
    assert "1 opted out now" in read(browser, "/reports/")
    assert "No opt-outs match these filters." in read(
        browser, "/reports/opt-outs/?source=carrier"
    )


def test_its_history_shows_both_ways(enter: Enter, people: Cast) -> None:
    opts_out(people.maya, people.bo, timezone.now() - timedelta(hours=2))
    opts_out(
        people.maya, people.bo, timezone.now() - timedelta(hours=1), change="opt_in"
    )
    page = read(enter(people.maya), "/reports/opt-outs/history/")

    assert page.index("Opted in") < page.index("Opted out</span></td>")
    assert "Replied START" in page


def test_its_export_is_what_the_screen_shows_and_is_on_record(
    enter: Enter, people: Cast
) -> None:
    wrote(
        people.maya,
        people.bo,
        timezone.now() - timedelta(hours=2),
        body="=HYPERLINK(1)",
    )
    opts_out(people.maya, people.bo, at("2026-03-01 09:30"))
    browser = enter(people.maya)
    row = download(browser, "/reports/opt-outs.csv?period=all")[0]

    assert (row["Student"], row["Student ID"], row["Student phone"]) == (
        "Bo Jensen",
        "00100002",
        "(734) 555-0142",
    )
    assert (row["How"], row["By"], row["Opted out at"]) == (
        "Replied STOP",
        "the student",
        "2026-03-01T09:30:00-05:00",
    )
    assert row["How to opt back in"].startswith("Text START to (734) 234-")
    assert len(download(browser, "/reports/opt-outs/history.csv?period=all")) == 1
    assert [
        entry.detail["export"] for entry in AuditEntry.objects.filter(action="exported")
    ] == ["opt-outs", "opt-out-history"]


def test_formulas_in_messages_leave_as_words(enter: Enter, people: Cast) -> None:
    wrote(people.maya, people.rosa, timezone.now(), body="=cmd|' /C calc'!A0")
    assert (
        download(enter(people.maya), "/reports/delivery/rows.csv")[0]["Message"]
        == "'=cmd|' /C calc'!A0"
    )


def test_a_long_list_has_pages(enter: Enter, people: Cast) -> None:
    for place in range(101):
        phone = f"+1734555{2000 + place}"
        opts_out(
            people.maya,
            student(
                f"009{place:05d}",
                "Many",
                f"No{place}",
                advisor=people.maya,
                mobile=phone,
            ),
            timezone.now(),
        )
    browser = enter(people.maya)
    first = read(browser, "/reports/opt-outs/?staff=&source=reply")
    older = re.search(r'href="(\?[^"]*skip=100)"', first)

    assert "1 to 100 of 101 opt-outs" in first
    assert older
    assert "101 to 101 of 101 opt-outs" in read(
        browser, f"/reports/opt-outs/{unescape(older[1])}"
    )
    assert len(download(browser, "/reports/opt-outs.csv")) == 101


@pytest.mark.parametrize(
    "page",
    [
        "opt-outs/",
        "opt-outs/history/",
        "delivery/",
        "responses/",
        "delivery/rows/",
        "responses/rows/",
    ],
)
def test_nonsense_in_an_address_harms_nothing(
    enter: Enter, people: Cast, page: str
) -> None:
    heard(people.maya, people.rosa, timezone.now())
    nonsense = "from=2026-02-30&to=%00&part='&weekday=99&hour=x&broadcast=%22&skip=99999999999999999999&reason=%00&side=zzz"
    assert enter(people.maya).get(f"/reports/{page}?{nonsense}").status_code == 200
    assert (
        enter(people.maya).get(f"/reports/{page}?hour=99999999999999999999").status_code
        == 200
    )


def test_rows_say_which_number_they_are(enter: Enter, people: Cast) -> None:
    Weeks(people)
    query = f"part=failed&staff={people.maya.pk}&weekday=1&hour=13&reason=landline&broadcast=single"
    page = read(enter(people.ada), f"/reports/delivery/rows/?{query}")

    assert "<h1>Not delivered</h1>" in page
    for words in (
        "Maya Alvarez",
        "Mons",
        "13:00 to 13:59",
        "reason: landline",
        "not of a broadcast",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("took", "words"),
    [
        (None, "–"),
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3599, "60 min"),
        (3600, "1 h"),
        (7380, "2 h 3 min"),
        (7199, "2 h"),
        (86400, "1 day"),
        (200000, "2 days 8 h"),
    ],
)
def test_times_are_said_as_people_say_them(took: Any, words: str) -> None:
    assert took_words(None if took is None else timedelta(seconds=took)) == words


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (0, 0, "–"),
        (0, 5, "0%"),
        (1, 3, "33%"),
        (999, 1000, "99.9%"),
        (1, 5000, "0.1%"),
        (5, 5, "100%"),
    ],
)
def test_a_share_hides_neither_the_one_that_failed_nor_the_one_that_did_not(
    part: int, whole: int, words: str
) -> None:
    assert share(part, whole) == words


def test_rows_lead_back_to_their_own_report(enter: Enter, people: Cast) -> None:
    page = read(
        enter(people.maya), "/reports/responses/rows/?side=staff&period=7&part=soon"
    )
    back = re.search(r'class="crumb"><a href="([^"]+)"', page)

    assert back
    assert urlsplit(unescape(back[1])).path == "/reports/responses/"
    assert urlsplit(unescape(back[1])).query == "period=7"
