"""Whole replies that are requests: what we act on, what the carrier acts
on, and what is done where they differ.

Words that only may mean stop are not here: phrases.py and stop_classifier.py.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Keyword(StrEnum):
    """What a whole reply can ask for."""

    STOP = "stop"
    START = "start"
    HELP = "help"


class Decoration(StrEnum):
    """What becomes of a keyword in a form that the carrier does not act
    on, such as “Stop.” with its full stop.
    """

    OBEYED = "obeyed"  # we act, and tell the carrier through its Consents API
    # the carrier stays shut, so we do not open either: it must be texted exactly
    TALK = "talk"
    SHOWN = "shown"  # nothing changes for either; the staff user reads it


@dataclass(frozen=True)
class Form:
    """One row of the table. ``by_carrier``: the carrier acts on this word
    automatically, when it is the exact reply.
    """

    keyword: Keyword
    by_carrier: bool
    dressed: Decoration
    only_when_out: bool = False


_STOP = Form(Keyword.STOP, by_carrier=True, dressed=Decoration.OBEYED)
_STOP_TO_US = Form(Keyword.STOP, by_carrier=False, dressed=Decoration.OBEYED)
_START = Form(Keyword.START, by_carrier=True, dressed=Decoration.TALK)
# "Yes" is an everyday answer: it opts in only a person who is out.
_YES = Form(
    Keyword.START,
    by_carrier=True,
    dressed=Decoration.TALK,
    only_when_out=True,
)
_HELP = Form(Keyword.HELP, by_carrier=True, dressed=Decoration.SHOWN)

# What the carrier acts on:
# https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out, read 2026-11. The
# FCC lists "stop, quit, end, revoke, opt out, cancel, or unsubscribe" as conclusive (47
# CFR 64.1200(a)(10)).
FORMS: dict[str, Form] = {
    "STOP": _STOP,
    "STOPALL": _STOP,
    "UNSUBSCRIBE": _STOP,
    "CANCEL": _STOP,
    "END": _STOP,
    "QUIT": _STOP,
    "REVOKE": _STOP,
    "OPTOUT": _STOP,
    "STOP ALL": _STOP_TO_US,
    "OPT OUT": _STOP_TO_US,
    "START": _START,
    "UNSTOP": _START,
    "YES": _YES,
    "HELP": _HELP,
    "INFO": _HELP,
}

_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_GAPS = re.compile(r"[\W_]+")
_INVISIBLE = frozenset({"Cc", "Cf"})
# what a carrier can be trusted to trim; it has to be told about anything else
_TRIMMED = " \t\r\n"


def keyword_in(body: str, *, opted_out: bool) -> tuple[Keyword, str] | None:
    """The request a whole message makes and the word it
    used, or None for ordinary talk.

    A STOP or HELP may wear what phones add: case, full-width letters, signs, emoji and
    invisible characters around it, any gap inside “opt out”. An opt-in must be exact:
    the carrier opens to nothing else. Any further word is talk.
    """
    word = _bare(body)
    form = FORMS.get(word)
    if form is None or (form.only_when_out and not opted_out):
        return None
    if form.dressed is Decoration.TALK and not is_exact(body):
        return None
    return form.keyword, word


def is_exact(body: str) -> bool:
    """Whether a reply is one of the carrier's own words
    and nothing else, in any case.
    """
    form = FORMS.get(exact_word(body))
    return form is not None and form.by_carrier


def exact_word(body: str) -> str:
    """As a carrier compares it. ASCII only: "ſtop" in upper
    case is STOP, and no carrier's.
    """
    trimmed = body.strip(_TRIMMED)
    return trimmed.upper() if trimmed.isascii() else ""


def _bare(body: str) -> str:
    """Upper case, one space for each gap, nothing around
    it, no invisible characters.
    """
    shown = "".join(
        sign
        for sign in body
        if sign in _TRIMMED or unicodedata.category(sign) not in _INVISIBLE
    )
    return _GAPS.sub(" ", _EDGES.sub("", unicodedata.normalize("NFKC", shown))).upper()
