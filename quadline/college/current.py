"""What counts now: what was decided on the screens, over what the environment says.

A process reads the decisions again after a second, so all follow a change within two.
"""

from collections.abc import Mapping
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
Decisions = Mapping[str, Any]
NOTHING_DECIDED: Decisions = {}

_read_at: float | None = None
_decided: Decisions = NOTHING_DECIDED
_combined: tuple[CollegeSettings, Decisions, CollegeSettings] | None = None


def college_settings() -> CollegeSettings:
    """The settings of the college, at most a second old.

    In an event loop, which must not wait for the database, and while the database is
    away, they are as last known.
    """
    global _combined
    decided = _decisions()
    first = first_values()
    if not decided:
        return first
    last = _combined
    if last is None or last[0] is not first or last[1] is not decided:
        last = first, decided, combined(first, decided)
        _combined = last
    return last[2]


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
    """Ask the database at the next question: something was decided here."""
    global _read_at
    _read_at = None


def _decisions() -> Decisions:
    global _read_at, _decided
    asked = clock.monotonic_seconds()
    is_recent = _read_at is not None and asked - _read_at < READ_AGAIN_SECONDS
    if is_recent or clock.in_event_loop():
        return _decided
    try:
        found = dict(CollegeDecision.objects.values_list("name", "value"))
    except DatabaseError:
        return _decided  # whoever needs the database next says that it is away
    if found != _decided:
        _decided = found
    _read_at = asked
    return _decided
