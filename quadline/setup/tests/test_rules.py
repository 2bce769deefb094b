"""The law of the first run: which link opens, which text is a code, what an address
must be.
"""

from datetime import UTC, datetime, timedelta

import pytest

from quadline.setup.public_address import address_line, why_unreachable
from quadline.setup.rules import (
    LineState,
    LinkFacts,
    code_in,
    may_open,
    may_use,
    worst,
)

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("link", "opens", "can_be_used"),
    [
        (LinkFacts(NOW + DAY, None, None), True, False),
        (LinkFacts(NOW, None, None), False, False),
        (LinkFacts(NOW + DAY, NOW, None), False, True),
        (LinkFacts(NOW + DAY, NOW - HOUR, None), False, False),
        (LinkFacts(NOW + DAY, NOW + HOUR, None), False, False),
        # It may run out while somebody has the form before them.
        (LinkFacts(NOW - HOUR / 2, NOW - HOUR / 2, None), False, True),
        (LinkFacts(NOW + DAY, NOW - HOUR / 2, NOW), False, False),
    ],
)
def test_a_link_opens_once_and_is_used_soon(
    link: LinkFacts, opens: bool, can_be_used: bool
) -> None:
    assert may_open(link, now=NOW) is opens
    assert may_use(link, now=NOW) is can_be_used


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("Quadline 482 913", "482913"),
        ("quadline 482913", "482913"),
        (" Quadline: 482-913. ", "482913"),
        ("QUADLINE482913", "482913"),
        ("Quadline 482 91", ""),
        ("Quadline 482 9134", ""),
        ("482 913", ""),
        ("Quadline 482 913 please", ""),
        ("Is this Quadline 482 913", ""),
        ("Quadline ４８２ ９１３", ""),
        ("Quadline" + "." * 60 + "482 913", ""),
        ("STOP", ""),
        ("", ""),
    ],
)
def test_only_a_code_and_nothing_else_is_one(body: str, code: str) -> None:
    assert code_in(body) == code


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://texting.college.edu", ""),
        ("https://texting.college.edu:8443", ""),
        ("http://texting.college.edu", "no HTTPS"),
        ("https://localhost:8000", "this machine or network"),
        ("https://127.0.0.1", "this machine or network"),
        ("https://10.1.2.3", "this machine or network"),
        ("https://[::1]:8000", "this machine or network"),
        ("https://quadline.local", "this machine or network"),
        ("https://8.8.8.8", ""),
    ],
)
def test_an_address_that_the_carrier_cannot_call_is_named(url: str, words: str) -> None:
    why = why_unreachable(url)
    assert words in why
    assert bool(why) is bool(words)


def test_an_address_is_right_only_when_quadline_answers_there() -> None:
    url = "https://texting.college.edu"
    assert address_line(url, answer_of=lambda _: "ok").state is LineState.OK
    for answer in ("", "<html>", "not ready"):
        said = {url: answer}
        line = address_line(url, answer_of=said.__getitem__)
        assert line.state is LineState.WRONG
        assert line.todo


def test_what_needs_somebody_counts_before_what_waits() -> None:
    assert worst([LineState.OK, LineState.WAITING, LineState.WRONG]) is LineState.WRONG
    assert worst([LineState.OK, LineState.UNKNOWN]) is LineState.UNKNOWN
    assert worst([LineState.OK]) is LineState.OK
    assert worst([]) is LineState.UNKNOWN
