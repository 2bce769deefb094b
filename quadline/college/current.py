"""What counts now: what was decided on the screens, over what the environment says.

A process reads the decisions again after a second, so all follow a change within two.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from pydantic import ValidationError

from quadline import clock
from quadline.college.models import CollegeDecision
from quadline.college.rules import CollegeSettings

log = structlog.get_logger(__name__)
READ_AGAIN_SECONDS = 1.0
LONG_AGO = float("-inf")
Decisions = Mapping[str, Any]
NOTHING_DECIDED: Decisions = {}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the database said was decided, and when it was asked, in
    ``clock.monotonic_seconds()``.
    """

    decided: Decisions
    asked: float


_last = Reading(NOTHING_DECIDED, LONG_AGO)
_not_before = LONG_AGO  # a reading from before this is not good enough
_combined: tuple[CollegeSettings, Decisions, CollegeSettings] | None = None
# threads read at the same time: an older answer must not take a newer one's place
_one_at_a_time = threading.Lock()


def college_settings() -> CollegeSettings:
    """The settings of the college, at most a second old.

    In an event loop, which must not wait for the database, and while the database is
    away, they are as last known. An act that goes by a setting more than once keeps
    what it got: the next question may have another answer.
    """
    return _counting(_decisions())


def known_settings() -> CollegeSettings:
    """The same as last known, for who must not wait for the database."""
    return _counting(_last.decided)


def _counting(decided: Decisions) -> CollegeSettings:
    global _combined
    first = first_values()
    if not decided:
        return first
    last = _combined
    if last is None or last[0] is not first or last[1] is not decided:
        last = first, decided, combined(first, decided)
        _combined = last
    return last[2]


def decision(name: str) -> Any:
    """What was decided of this name on the screens, at most a second ago, even if the
    environment knows no such setting; None where nobody has.
    """
    return _decisions().get(name)


def first_values() -> CollegeSettings:
    """What the environment says: it counts until something else is decided."""
    first: CollegeSettings = settings.ENV
    return first


def combined(first: CollegeSettings, decided: Decisions) -> CollegeSettings:
    """What was decided over what was first; what cannot be used counts for nothing."""
    fields = CollegeSettings.model_fields
    known = {name: value for name, value in decided.items() if name in fields}
    given = first.model_dump(include=set(fields))
    try:
        return CollegeSettings.model_validate({**given, **known})
    except ValidationError as error:
        faulty = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
        log.error("settings of the college that cannot be used", names=sorted(faulty))
        usable = {name: known[name] for name in known.keys() - faulty}
        return CollegeSettings.model_validate({**given, **usable})


def read_again() -> None:
    """Ask the database at the next question: something was decided here, or what
    counts must not be older than what was just committed.
    """
    global _not_before
    _not_before = clock.monotonic_seconds()


def _decisions() -> Decisions:
    last = _last
    asked = clock.monotonic_seconds()
    is_recent = last.asked >= _not_before and asked - last.asked < READ_AGAIN_SECONDS
    if is_recent or clock.in_event_loop():
        return last.decided
    try:
        found = dict(CollegeDecision.objects.values_list("name", "value"))
    except DatabaseError:
        return last.decided  # whoever needs the database next says that it is away
    return _noted(found, asked).decided


def _noted(found: Decisions, asked: float) -> Reading:
    """The newest reading: another thread may have asked later and be answered first."""
    global _last
    with _one_at_a_time:
        if asked < _last.asked:
            return _last
        is_same = found == _last.decided
        _last = Reading(_last.decided if is_same else found, asked)
        return _last
