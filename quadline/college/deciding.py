"""Decide something for the college: one act, checked as a whole, on record."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from pydantic import ValidationError

from quadline import clock
from quadline.audit.models import record_audit
from quadline.college import current
from quadline.college.models import CollegeDecision
from quadline.college.rules import CollegeSettings

DECIDED_IN_TURN = (
    "SELECT pg_advisory_xact_lock(hashtextextended('college decisions', 0))"
)
PRIVATE = frozenset({"registration_probe_to"})  # a person's phone: not on record


class NotDecided(Exception):
    """Nothing was changed. ``faults``: what is wrong, in words, by name of setting."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = faults


class DecidedMeanwhile(Exception):
    """Somebody else changed one of these settings since they were read.

    ``names``: which ones. Nothing was changed.
    """

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def decide(
    values: Mapping[str, Any], *, seen: Mapping[str, Any], actor: Any
) -> list[str]:
    """Set the named settings. Returns the names of those that changed.

    ``seen``: the values that the actor had before them, by the same names. Raises
    NotDecided, DecidedMeanwhile.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(DECIDED_IN_TURN)
        decided = dict(CollegeDecision.objects.values_list("name", "value"))
        before = current.combined(current.first_values(), decided)
        after = _checked(before, values)
        changed = [
            name for name in values if getattr(before, name) != getattr(after, name)
        ]
        stale = [name for name in changed if seen[name] != getattr(before, name)]
        if stale:
            raise DecidedMeanwhile(stale)
        for name in changed:
            _write(name, before, after, actor)
        transaction.on_commit(current.read_again)
    return changed


def _checked(before: CollegeSettings, values: Mapping[str, Any]) -> CollegeSettings:
    known = before.model_dump()
    try:
        return CollegeSettings.model_validate({**known, **values})
    except ValidationError as error:
        faults = {str(each["loc"][0]): refusal_words(each) for each in error.errors()}
        raise NotDecided(faults) from error


def _write(
    name: str, before: CollegeSettings, after: CollegeSettings, actor: Any
) -> None:
    value = getattr(after, name)
    decision, _ = CollegeDecision.objects.update_or_create(
        name=name,
        defaults={"value": value, "changed_at": clock.now()},
    )
    told = {} if name in PRIVATE else {"was": getattr(before, name), "is": value}
    record_audit("college setting changed", subject=decision, actor=actor, **told)


def refusal_words(fault: Any) -> str:
    """What is wrong with a value, and what it should be."""
    if fault["type"] == "string_pattern_mismatch":
        meaning = CollegeSettings.model_fields[str(fault["loc"][0])].description
        return f"cannot be {fault['input']!r}. {meaning}"
    return str(fault["msg"]).removeprefix("Value error, ")
