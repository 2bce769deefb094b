"""What to look at before a broadcast leaves: its words and its
figures, read for trouble. No database here.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from quadline.college.sensitive import SENSITIVE_BY_DEFAULT, sensitive_in


class Level(StrEnum):
    PASS = "pass"  # noqa: S105  # not a password
    LOOK = "look"  # a person decides
    BLOCKED = "blocked"  # cannot be sent so


@dataclass(frozen=True)
class Check:
    level: Level
    words: str


MANY_SEGMENTS = 3
MIN_LETTERS = 12  # less is not shouting: "FAFSA", "BIO-101 EXAM"
SHOUTING = 0.7  # of the letters are capitals
SSN_WORDS = re.compile(r"\b(SSN|social security (number|no\.?|#))", re.IGNORECASE)
ID_LIKE = re.compile(r"(?<![\w-])[A-Z]{0,2}\d{7,9}(?![\w-])")
WORD_PATTERN = re.compile(r"[\w-]+")
GRADES = re.compile(
    r"\b(GPA|grade point|(your|final|midterm|failing|low)"
    r" grades?|failing|failed|academic (probation|standing|warning)"
    r"|transcripts?|disciplinary|suspension|dismissal)\b",
    re.IGNORECASE,
)
# Shared shorteners: the networks filter texts that carry them (CTIA Messaging
# Principles, 2023, section 5.3.3).
SHORTENERS = (
    "bit.ly",
    "tinyurl.com",
    "t.co",
    "goo.gl",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "rebrand.ly",
    "cutt.ly",
    "shorturl.at",
    "rb.gy",
    "tiny.cc",
    "t.ly",
    "bl.ink",
    "s.id",
    "v.gd",
    "lnkd.in",
)
SHORTENED = re.compile(
    rf"(?:^|//|[^\w./-])({'|'.join(map(re.escape, SHORTENERS))})/\S", re.IGNORECASE
)
FIELD_PATTERN = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is known of a broadcast when it is checked."""

    is_email: bool
    words: str  # as written, subject and body, with fields
    sample: str  # as one recipient gets it, without a notice
    sender_names: tuple[str, ...]
    student_ids: Collection[str]
    texts: int
    emails: int
    first_contacts: int
    most_segments: int
    too_long: int
    unknown_fields: tuple[str, ...]  # in words: what looks like a field and is none
    empty_fields: tuple[str, ...]
    unfilled: int
    repeated: int
    repeated_when: str  # on Monday at 2:15 PM
    gone: int  # withdrawn or graduated
    has_active_number: bool
    is_about_number: bool  # introduces it, or brings its contact card
    sensitive_kinds: str = SENSITIVE_BY_DEFAULT  # the college's list


def checks_on(found: Findings) -> list[Check]:
    """Every check, what stops the send first."""
    order = list(reversed(Level))
    made = [
        *_on_recipients(found),
        *_on_fields(found),
        *_on_sender(found),
        *_on_words(found),
        *_on_length(found),
    ]
    return sorted(made, key=lambda check: order.index(check.level))


def _on_recipients(found: Findings) -> Iterator[Check]:
    if not found.texts + found.emails:
        yield Check(
            Level.BLOCKED, "Nobody would get anything. Choose other recipients."
        )
    if found.repeated:
        people = "1 of them" if found.repeated == 1 else f"{found.repeated:,} of them"
        yield Check(
            Level.LOOK, f"You sent {people} the same words {found.repeated_when}."
        )
    else:
        yield Check(Level.PASS, "No duplicate message in the last 24 hours.")
    if found.gone:
        people = "1 of them has" if found.gone == 1 else f"{found.gone:,} of them have"
        yield Check(Level.LOOK, f"{people} withdrawn or graduated.")
    if found.is_about_number and not found.has_active_number:
        yield Check(
            Level.BLOCKED,
            "Your texting number is not active yet. Introduce it to your students when"
            " it is.",
        )
    elif not found.is_email and not found.has_active_number:
        yield Check(
            Level.LOOK,
            "Your texting number is not active yet. Texts wait for it and are sent"
            " automatically.",
        )


def _on_fields(found: Findings) -> Iterator[Check]:
    for written in found.unknown_fields:
        yield Check(Level.BLOCKED, f"{written} Correct it or take it out.")
    for name in found.empty_fields:
        whom = f" for {found.unfilled:,} of them" if found.unfilled else ""
        yield Check(
            Level.BLOCKED,
            f"There is nothing to put in [{name}]{whom}. Take it out, or fill it in.",
        )
    if not found.unknown_fields and not found.empty_fields:
        yield Check(Level.PASS, "All merge fields are filled in.")


def _on_sender(found: Findings) -> Iterator[Check]:
    sample = found.sample.casefold()
    names = [name.casefold() for name in found.sender_names if name]
    is_named = any(name in sample for name in names)
    # An email always says whom it is from.
    if found.is_email or is_named:
        yield Check(Level.PASS, "Your name is included.")
    elif found.first_contacts and found.first_contacts >= found.texts:
        yield Check(Level.PASS, "The opt-out notice at the end names you.")
    else:
        yield Check(
            Level.LOOK,
            "Your name is missing. Students may not know your number: add your name.",
        )
    if found.first_contacts and not found.is_email:
        whose = (
            "1 text is"
            if found.first_contacts == 1
            else f"{found.first_contacts:,} texts are"
        )
        yield Check(
            Level.PASS,
            f"{whose} the first from your number; the opt-out notice is added.",
        )


def _on_words(found: Findings) -> Iterator[Check]:
    sensitive = sensitive_in(found.words, found.sensitive_kinds)
    for match in sensitive:
        yield Check(
            Level.BLOCKED,
            f"It has what looks like a {match.kind} ({match.masked}). Take it out.",
        )
    if not sensitive and SSN_WORDS.search(found.words):
        yield Check(
            Level.LOOK,
            "It speaks of Social Security numbers. Do not ask for one by text or"
            " email.",
        )
    ids = [
        word for word in WORD_PATTERN.findall(found.words) if word in found.student_ids
    ]
    if ids:
        yield Check(
            Level.BLOCKED, f"{ids[0]} is the ID of one of these students. Take it out."
        )
    elif ID_LIKE.search(found.words):
        yield Check(Level.LOOK, "It has a number that looks like a student ID.")
    grade = GRADES.search(found.words)
    if grade:
        yield Check(
            Level.LOOK,
            f"“{grade.group()}”: grades and standing are education records. Is everyone"
            " meant to read this?",
        )
    if _shouts(found.words):
        yield Check(
            Level.LOOK, "It is written in capitals, which networks filter as spam."
        )
    short = SHORTENED.search(found.words)
    if short and not found.is_email:
        yield Check(
            Level.LOOK,
            f"Networks block texts with shortened links ({short.group(1)}). Use the"
            " full address.",
        )


def _on_length(found: Findings) -> Iterator[Check]:
    if found.is_email:
        return
    if found.too_long:
        whom = "1 student" if found.too_long == 1 else f"{found.too_long:,} students"
        yield Check(
            Level.BLOCKED, f"For {whom} it is longer than a text can be. Shorten it."
        )
    elif found.most_segments >= MANY_SEGMENTS:
        yield Check(
            Level.LOOK,
            f"The longest takes {found.most_segments} segments. Shorter texts cost less"
            " and are read more.",
        )


def _shouts(words: str) -> bool:
    # A field's name is not the author's: [FIRST NAME] arrives as Sally.
    own_words = FIELD_PATTERN.sub("", words)
    letters = [letter for letter in own_words if letter.isalpha()]
    if len(letters) < MIN_LETTERS:
        return False
    capitals = sum(map(str.isupper, letters))
    return capitals > SHOUTING * len(letters)
