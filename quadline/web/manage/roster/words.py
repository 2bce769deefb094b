"""How rosters are shown: states, ways, and one change field by field."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from quadline.roster.models import RosterChange, RosterRun
from quadline.roster.sources.mapping import LABELS
from quadline.sms import phones

RUN_CHIPS = {
    RosterRun.State.READING: {"label": "Comparing", "tone": "", "icon": "waiting"},
    RosterRun.State.SHOWN: {"label": "Waits for you", "tone": "warn", "icon": "alert"},
    RosterRun.State.APPLYING: {"label": "Being applied", "tone": "", "icon": "waiting"},
    RosterRun.State.APPLIED: {"label": "Applied", "tone": "ok", "icon": "tick"},
    RosterRun.State.REPEATED: {
        "label": "Same as last time",
        "tone": "",
        "icon": "tick",
    },
    RosterRun.State.FAILED: {"label": "Not imported", "tone": "bad", "icon": "alert"},
    RosterRun.State.DISCARDED: {"label": "Discarded", "tone": "", "icon": "clock"},
    RosterRun.State.UNDOING: {"label": "Being undone", "tone": "", "icon": "waiting"},
    RosterRun.State.UNDONE: {"label": "Undone", "tone": "", "icon": "retry"},
}
NOT_SHOWN = ("is_listed", "former_phones", "institutional_id")
FIELD_LABELS = {**LABELS, "mobile": "Mobile", "landline": "Landline", "is_test": "Test"}
NO_VALUE = "nothing"


class ShownField(NamedTuple):
    """Before and after, as people read them."""

    label: str
    before: str
    after: str


class ShownChange(NamedTuple):
    id: str
    name: str
    student_id: int | None
    staff: str
    fields: list[ShownField]


def shown_change(change: RosterChange) -> ShownChange:
    before: Mapping[str, Any] = change.before or {}
    after: Mapping[str, Any] = change.after or {}
    if change.kind == RosterChange.Kind.CASELOAD:
        fields = [_of_caseload(change)]
    else:
        fields = list(_fields(before, after, is_new=change.before is None))
    return ShownChange(
        id=change.institutional_id,
        name=change.name,
        student_id=change.student_id,
        staff=change.staff.name if change.staff else "",
        fields=fields,
    )


def _fields(
    before: Mapping[str, Any], after: Mapping[str, Any], *, is_new: bool
) -> Iterator[ShownField]:
    order = [name for name in FIELD_LABELS if name in after]
    for name in [*order, *sorted(after.keys() - FIELD_LABELS.keys())]:
        # An id that changes is news: it gets back the zeros a spreadsheet took.
        is_new_id = name == "institutional_id" and not is_new
        if name in NOT_SHOWN and not is_new_id:
            continue
        value = _value(name, after[name])
        # Of a new student, what is empty is no news.
        if is_new and value == NO_VALUE:
            continue
        yield ShownField(
            FIELD_LABELS.get(name, name), _value(name, before.get(name)), value
        )


def _of_caseload(change: RosterChange) -> ShownField:
    if change.before is None:
        return ShownField("Caseload", "", f"Added {_in_brackets(change.after)}".strip())
    if change.after is None:
        return ShownField(
            "Caseload", "", f"Taken off {_in_brackets(change.before)}".strip()
        )
    return ShownField(
        "Relation",
        change.before["relation"] or NO_VALUE,
        change.after["relation"] or NO_VALUE,
    )


def _in_brackets(fields: Mapping[str, Any] | None) -> str:
    relation = (fields or {}).get("relation", "")
    return f"({relation})" if relation else ""


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else NO_VALUE
    if isinstance(value, list):
        return ", ".join(map(str, value)) or NO_VALUE
    if name in ("mobile", "landline") and value:
        return phones.written(str(value))
    return str(value or "") or NO_VALUE
