"""What counts at the first run: how long a link is good, which text is a code, how far
the college has come. No database here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from quadline.accounts.rules import AttemptLimit

# What the simulator takes when nobody names another account. Real ones are drawn at
# random: with this one, texts reach no phone.
TRAINING_ACCOUNT = "AC51a0c0113e9e00000000000000000001"
LINK_LASTS = timedelta(hours=24)
# From opening the link to sending the form for the first account.
CLAIM_LASTS = timedelta(hours=1)
# Wrong keys from one address. A key has 256 bits: this only keeps the work small.
KEY_ADDRESS = AttemptLimit("setup-key", 10, timedelta(minutes=5))
CODE_LASTS = timedelta(minutes=30)
CODE_DIGITS = 6
CODE_WORD = "Quadline"
# Phones write a capital, a period or two spaces unasked.
CODE_TEXT = re.compile(rf"\W*{CODE_WORD}\W*(\d{{3}})\W?(\d{{3}})\W*", re.IGNORECASE)
LONGEST_CODE_TEXT = 40
# A job is fetched within a second; after this, nobody works on it.
CHECK_STARTS_WITHIN = timedelta(seconds=30)


class LineState(StrEnum):
    OK = "ok"  # shown by a fact
    TODO = "todo"  # nobody has done it yet
    WRONG = "wrong"  # looked at, and not as it must be
    WAITING = "waiting"  # under way, here or at the carrier
    UNKNOWN = "unknown"  # nothing tells


@dataclass(frozen=True)
class SetupLine:
    """One thing of a check. ``todo``: what to do about it, in words; "" for nothing."""

    name: str
    title: str
    state: LineState
    words: str
    todo: str = ""


@dataclass(frozen=True)
class LinkFacts:
    expires_at: datetime
    opened_at: datetime | None
    used_at: datetime | None


def may_open(link: LinkFacts, *, now: datetime) -> bool:
    """Once, and not for long."""
    return link.opened_at is None and link.used_at is None and now < link.expires_at


def may_use(
    link: LinkFacts,
    *,
    now: datetime,
) -> bool:
    """Whether who opened it may still make the first account."""
    if link.opened_at is None or link.used_at is not None:
        return False
    # A time still to come was noted by a clock that was wrong.
    return link.opened_at <= now < link.opened_at + CLAIM_LASTS


def code_in(body: str) -> str:
    """The six digits of a text that is a code and nothing else; "" for any other."""
    if len(body) > LONGEST_CODE_TEXT or not body.isascii():
        return ""
    found = CODE_TEXT.fullmatch(body.strip())
    return "".join(found.groups()) if found else ""


def worst(states: Iterable[LineState]) -> LineState:
    """One state for several: what needs somebody counts before what waits."""
    order = (
        LineState.WRONG,
        LineState.TODO,
        LineState.WAITING,
        LineState.UNKNOWN,
        LineState.OK,
    )
    return min(states, key=order.index, default=LineState.UNKNOWN)
