"""Decide something for the college: one act, checked as a whole, on record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from pydantic import ValidationError

from quadline import clock
from quadline.audit.models import AuditEntry, record_audit
from quadline.college import current
from quadline.college.models import CollegeDecision
from quadline.college.rules import CollegeSettings

DECIDED_IN_TURN = (
    "SELECT pg_advisory_xact_lock(hashtextextended('college decisions', 0))"
)
SETTING_CHANGED = "college setting changed"
SUBJECT = "collegedecision"
# phones: no number is on record
PRIVATE = frozenset({"registration_probe_to", "college_phone"})


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


class LastChange(NamedTuple):
    """Of one setting: by whom, and when."""

    by: str  # "" for nobody
    at: datetime


def decide(
    values: Mapping[str, Any], *, seen: Mapping[str, Any], actor: Any
) -> list[str]:
    """Set the named settings. Returns the names of those that changed.

    ``values`` and ``seen``, the values that the actor had before them, by the same
    names: as they are, or as a form has them. Raises NotDecided, DecidedMeanwhile.
    """
    with transaction.atomic():
        take_turn()
        decided = dict(CollegeDecision.objects.values_list("name", "value"))
        before = current.combined(current.first_values(), decided)
        after = _checked(before, values)
        # What the actor left as it was is no wish of theirs, whoever changed it since.
        wanted = [name for name in values if not _is_as_seen(name, after, seen)]
        changed = [
            name for name in wanted if getattr(before, name) != getattr(after, name)
        ]
        stale = [name for name in changed if not _is_as_seen(name, before, seen)]
        if stale:
            raise DecidedMeanwhile(stale)
        for name in changed:
            _write(name, before, after, actor)
        transaction.on_commit(current.read_again)
    return changed


def take_turn() -> None:
    """Until the caller's transaction ends nobody else decides for the college."""
    # A setting that nobody has decided has no row that could be locked.
    with connection.cursor() as cursor:
        cursor.execute(DECIDED_IN_TURN)


def as_written(value: Any) -> str:
    """A value as a form has it: 48 and not 48.0."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def last_changes() -> dict[str, LastChange]:
    """By name of setting; what nobody has changed on the screens is not in it."""
    entries = AuditEntry.objects.filter(subject_type=SUBJECT)
    newest = entries.order_by("subject_id", "-at", "-pk").distinct("subject_id")
    return {
        entry.subject_id: LastChange(entry.actor.name if entry.actor else "", entry.at)
        for entry in newest.select_related("actor")
    }


def _is_as_seen(name: str, those: CollegeSettings, seen: Mapping[str, Any]) -> bool:
    return as_written(seen.get(name)) == as_written(getattr(those, name))


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
    record_audit(SETTING_CHANGED, subject=decision, actor=actor, **told)


# What is wrong with a number, by the library's name for it. {ge} and the like: its own.
FAULT_WORDS = {
    "int_parsing": "must be a whole number, such as 90.",
    "int_from_float": "must be a whole number, such as 90.",
    "int_parsing_size": "must be a whole number, such as 90.",
    "float_parsing": "must be a number, such as 1.5.",
    "finite_number": "must be a number, such as 1.5.",
    "greater_than": "must be more than {gt:g}.",
    "greater_than_equal": "must be {ge:g} or more.",
    "less_than_equal": "must be {le:g} or less.",
    "literal_error": "must be {expected}.",
}


def refusal_words(fault: Any) -> str:
    """What is wrong with a value, and what it should be."""
    if fault["type"] == "string_pattern_mismatch":
        meaning = CollegeSettings.model_fields[str(fault["loc"][0])].description
        return f"cannot be {fault['input']!r}. {meaning}"
    if words := FAULT_WORDS.get(fault["type"]):
        return words.format(**fault.get("ctx", {}))
    return str(fault["msg"]).removeprefix("Value error, ")
