"""The checks before a broadcast leaves, as tables. No database."""

from typing import Any

import pytest

from quadline.broadcasts.checks import Findings, Level, checks_on

CALM = "Hi Rosa, registration opens on Monday at 9. Maya Alvarez"


def findings(words: str = CALM, **changes: Any) -> Findings:
    usual: dict[str, Any] = {
        "is_email": False,
        "words": words,
        "sample": words,
        "sender_names": ("Maya Alvarez", "Alvarez", "Alder College"),
        "student_ids": frozenset({"00417733", "A123"}),
        "texts": 10,
        "emails": 2,
        "first_contacts": 0,
        "most_segments": 1,
        "too_long": 0,
        "unknown_fields": (),
        "empty_fields": (),
        "unfilled": 0,
        "repeated": 0,
        "repeated_when": "",
        "gone": 0,
        "has_active_number": True,
        "is_about_number": False,
    }
    return Findings(**usual | changes)


def said(level: Level, words: str = CALM, **changes: Any) -> list[str]:
    return [
        check.words
        for check in checks_on(findings(words, **changes))
        if check.level is level
    ]


def test_an_ordinary_text_passes() -> None:
    assert said(Level.LOOK) == said(Level.BLOCKED) == []
    assert said(Level.PASS) == [
        "No duplicate message in the last 24 hours.",
        "All merge fields are filled in.",
        "Your name is included.",
    ]


BLOCKED = [
    ("Your number 123-45-6789 is on file", "Social Security number"),
    ("Is 123 45 6789 right?", "Social Security number"),
    ("Your ID 00417733 needs a form", "00417733 is the ID of one of these students"),
]


@pytest.mark.parametrize(("words", "about"), BLOCKED)
def test_what_must_not_leave_stops_it(words: str, about: str) -> None:
    (check,) = said(Level.BLOCKED, f"{words}. Alvarez")
    assert about in check


LOOK = [
    ("Bring your social security number", "Do not ask for one"),
    ("Student 00998877, please call", "looks like a student ID"),
    ("Your GPA fell", "“GPA”"),
    ("You are failing a class", "“failing”"),
    ("About your final grade", "“final grade”"),
    ("You are on academic probation", "“academic probation”"),
    ("REGISTER TODAY OR LOSE YOUR PLACE", "capitals"),
    ("Sign up at https://bit.ly/abc", "bit.ly"),
    ("See tinyurl.com/xyz", "tinyurl.com"),
]


@pytest.mark.parametrize(("words", "about"), LOOK)
def test_what_may_be_wrong_is_shown(words: str, about: str) -> None:
    (check,) = said(Level.LOOK, f"{words}. Alvarez")
    assert about in check


FINE = [
    "Call (734) 555-0100 or 734-555-0100",
    "Room 123-45, building 6789",
    "000-12-3456 is no such number",
    "Order 12345678901234",
    "The grade school visits on Friday",
    "FAFSA is due",
    "https://alder.example/bit.ly/x and mybit.ly/x",
    "BIO-101 EXAM",
    "Upgrade your laptop",
]


@pytest.mark.parametrize("words", FINE)
def test_what_only_looks_alike_passes(words: str) -> None:
    assert (
        said(Level.LOOK, f"{words}. Alvarez")
        == said(Level.BLOCKED, f"{words}. Alvarez")
        == []
    )


FIGURES: list[tuple[dict[str, Any], Level, str]] = [
    ({"texts": 0, "emails": 0}, Level.BLOCKED, "Nobody would get anything"),
    (
        {"unknown_fields": ("{first_name} is not a merge field.",)},
        Level.BLOCKED,
        "{first_name} is not a merge field. Correct",
    ),
    (
        {"empty_fields": ("Your Title",)},
        Level.BLOCKED,
        "There is nothing to put in [Your Title]. ",
    ),
    (
        {"empty_fields": ("Your Title",), "unfilled": 3},
        Level.BLOCKED,
        "[Your Title] for 3 of them",
    ),
    ({"too_long": 1}, Level.BLOCKED, "For 1 student it is longer"),
    ({"most_segments": 3}, Level.LOOK, "takes 3 segments"),
    (
        {"repeated": 12, "repeated_when": "on Monday at 2:15 PM"},
        Level.LOOK,
        "12 of them the same words on Monday at 2:15 PM",
    ),
    ({"gone": 2}, Level.LOOK, "2 of them have withdrawn"),
    ({"has_active_number": False}, Level.LOOK, "not active yet"),
    (
        {"has_active_number": False, "is_about_number": True},
        Level.BLOCKED,
        "Introduce it to your students when it is",
    ),
    ({"sample": "Hi Rosa"}, Level.LOOK, "Your name is missing"),
    (
        {"sample": "Hi Rosa", "first_contacts": 10},
        Level.PASS,
        "notice at the end names you",
    ),
    ({"first_contacts": 1}, Level.PASS, "1 text is the first from your number"),
]


@pytest.mark.parametrize(("changes", "level", "about"), FIGURES)
def test_figures_are_read_too(
    changes: dict[str, Any], level: Level, about: str
) -> None:
    assert any(about in words for words in said(level, **changes))


def test_what_stops_it_stands_first() -> None:
    levels = [
        check.level
        for check in checks_on(
            findings("YOUR GPA IS 2.0 AND MORE", unknown_fields=("Who Ever",))
        )
    ]
    assert levels == sorted(levels, key=[Level.BLOCKED, Level.LOOK, Level.PASS].index)


def test_an_email_is_not_asked_about_segments_or_its_sender() -> None:
    email = {
        "is_email": True,
        "most_segments": 9,
        "sample": "Hi",
        "has_active_number": False,
    }
    assert said(Level.LOOK, "See bit.ly/x", **email) == []
