"""Rows that point at one that is not there: looked for each night, where the database does not ask at each writing.

By the design there are none: what such a row points at is never deleted, and stands in the statement that writes it or
was read before (docs/adr/0008-broadcasts.md). A restore or a hand in the database may leave some.
"""

from typing import Any

import structlog
from django.apps import apps
from django.db.models import Exists, ForeignKey, OuterRef, Q

from quadline.broadcasts.rules import Outcome, State
from quadline.jobs import job

log = structlog.get_logger(__name__)

# The id of a message is given with the review, and the message is written by the launch for whoever gets something.
NOT_WRITTEN_YET = {"broadcasts.Recipient.message": Q(broadcast__state=State.DRAFT) | Q(outcome=Outcome.NOTHING)}


@job(queue="receipts", attempts=3)
def find_orphans(timestamp: int) -> None:
    """The timetable's sweep."""
    for relation, count in orphans().items():
        log.error("rows point at what is not there", relation=relation, rows=count)


def orphans() -> dict[str, int]:
    """How many there are of each relation that has some."""
    counts = {name: _count(field, NOT_WRITTEN_YET.get(name, Q())) for name, field in unchecked().items()}
    return {name: count for name, count in counts.items() if count}


def unchecked() -> dict[str, "ForeignKey[Any, Any]"]:
    """Foreign keys that the database does not check, by name."""
    fields: list[Any] = [field for model in apps.get_models() for field in model._meta.concrete_fields]
    return {f"{field.model._meta.label}.{field.name}": field for field in fields if _is_unchecked(field)}


def _is_unchecked(field: Any) -> bool:
    return field.is_relation and not field.db_constraint


def _count(field: "ForeignKey[Any, Any]", unless: Q) -> int:
    there = field.related_model._base_manager.filter(pk=OuterRef(field.attname))
    rows = field.model._base_manager.filter(~Exists(there), **{f"{field.attname}__isnull": False})
    return (rows.exclude(unless) if unless else rows).count()
