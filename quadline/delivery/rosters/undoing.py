"""The last roster is taken back: students, caseloads and phones as they were before it.

What somebody or something has changed since stays as it is, and is named. Texts that
were sent meanwhile were sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from quadline import clock
from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.delivery.rosters.running import NotApplied, follow_up
from quadline.jobs import enqueue, job, run_in_thread
from quadline.roster.identity import id_key
from quadline.roster.models import (
    CaseloadEntry,
    FormerPhone,
    RosterChange,
    RosterRun,
    Student,
)
from quadline.roster.saving import lock_roster
from quadline.roster.searching import search_text
from quadline.roster.sources.records import forget_records

AT_ONCE = 500  # changes
MAX_LEFT = 500  # of what stays, that are named
FORMER = "former_phones"
# What a student has by the roster alone: anything else keeps them from being taken out.
OF_THE_ROSTER = ("success_team", "former_phones")
NOT_LAST = "Only the last roster that was applied can be undone. Nothing was changed."


def last_applied() -> RosterRun | None:
    applied = RosterRun.objects.filter(state=RosterRun.State.APPLIED)
    return applied.order_by("-applied_at", "-pk").first()


@transaction.atomic
def ask_to_undo(run: RosterRun, *, actor: User, now: datetime) -> None:
    """Raises NotApplied."""
    locked = RosterRun.objects.select_for_update().get(pk=run.pk)
    # A later roster has built on this one: its diff no longer says what was before.
    if locked != last_applied():
        raise NotApplied(NOT_LAST)
    locked.state = RosterRun.State.UNDOING
    locked.undone_by = actor
    locked.undone_at = now
    locked.save(update_fields=["state", "undone_by", "undone_at"])
    enqueue(undo_run_job, run_id=locked.pk)


@job(queue="rosters", attempts=5)
async def undo_run_job(run_id: int) -> None:
    await run_in_thread(_undo_run_now, run_id)


@transaction.atomic
def undo_run(run_id: int, *, now: datetime) -> None:
    """All of it in one transaction. Safe to repeat."""
    lock_roster()
    run = RosterRun.objects.filter(pk=run_id, state=RosterRun.State.UNDOING).first()
    if run is None:
        return
    changes = RosterChange.objects.filter(run=run).order_by("position")
    left: list[str] = []
    for undo, kinds in (
        (_undo_caseloads, [RosterChange.Kind.CASELOAD]),
        (_undo_new, [RosterChange.Kind.NEW]),
        (
            _undo_changes,
            [
                RosterChange.Kind.CHANGED,
                RosterChange.Kind.LISTED,
                RosterChange.Kind.LEAVING,
            ],
        ),
    ):
        # In batches: a first roster of 60,000 is undone in bounded memory.
        for batch in _batches(changes.filter(kind__in=kinds)):
            left += undo(batch)
    # A delta after this would build on what was taken back.
    forget_records()
    follow_up(now=now)
    run.state = RosterRun.State.UNDONE
    run.undone_at = now
    run.left = left[:MAX_LEFT]
    run.counts = {**run.counts, "left": len(left)}
    run.save()
    record_audit("roster undone", subject=run, actor=run.undone_by, left=len(left))


def _undo_run_now(run_id: int) -> None:
    undo_run(run_id, now=clock.now())


def _batches(changes: Iterable[RosterChange]) -> Iterator[list[RosterChange]]:
    rows = iter(changes.iterator(chunk_size=AT_ONCE))  # type: ignore[attr-defined]
    while batch := list(islice(rows, AT_ONCE)):
        yield batch


def _undo_caseloads(batch: Sequence[RosterChange]) -> Iterator[str]:
    """Put entries back, or take them away, that are as the run left them."""
    students = _students_of(batch)
    entries = {
        (entry.staff_id, entry.student_id): entry
        for entry in CaseloadEntry.objects.filter(
            student__in=[student.pk for student in students.values()],
            staff__in={change.staff_id for change in batch},
        )
    }
    for change in batch:
        student = students.get(change.institutional_id)
        if student is None or change.staff_id is None:
            yield f"{_named(change)}: the student is not there any more."
            continue
        entry = entries.get((change.staff_id, student.pk))
        now = None if entry is None else {"relation": entry.relation}
        if now != change.after:
            yield f"{_named(change)}: the caseload has been changed since."
        elif change.before is None and entry is not None:
            entry.delete()
        else:
            CaseloadEntry.objects.update_or_create(
                staff_id=change.staff_id,
                student=student,
                defaults=change.before or {},
            )


def _undo_new(batch: Sequence[RosterChange]) -> Iterator[str]:
    """Take out whom the run made, unless something hangs on them by now."""
    students = _students_of(batch)
    gone: list[int] = []
    for change in batch:
        student = students.get(change.institutional_id)
        if student is None:
            continue
        if _differing(student, change.after or {}):
            yield f"{_named(change)}: has been changed since, and stays."
        # What was written to them must stay readable.
        elif _is_in_use(student):
            yield f"{_named(change)}: has conversations or more by now, and stays."
        else:
            gone.append(student.pk)
    Student.objects.filter(pk__in=gone).delete()


def _undo_changes(batch: Sequence[RosterChange]) -> Iterator[str]:
    """Put the fields back that are as the run left them: of a student all or none."""
    # In one order, as an import locks them: two never wait in a ring.
    ids = sorted(change.student_id for change in batch if change.student_id)
    students = Student.objects.select_for_update().order_by("pk").in_bulk(ids)
    restored: list[Student] = []
    fields: set[str] = set()
    for change in batch:
        student = students.get(change.student_id or 0)
        if student is None:
            yield f"{_named(change)}: the student is not there any more."
            continue
        differing = _differing(student, change.after or {})
        if differing:
            yield f"{_named(change)}: {', '.join(differing)} changed since, and stays."
            continue
        before = dict(change.before or {})
        former = before.pop(FORMER, None)
        for name, value in before.items():
            setattr(student, name, value)
        student.search_text = search_text(student)
        student.id_key = id_key(student.institutional_id)
        fields |= before.keys()
        restored.append(student)
        if former is not None:
            _restore_phones(student, former)
    if restored:
        names = [*fields, "search_text", "id_key"]
        Student.objects.bulk_update(restored, names, batch_size=AT_ONCE)


def _restore_phones(student: Student, former: Sequence[Sequence[str]]) -> None:
    # Whose a text is goes by these days (delivery/inbound/reply_owners.py).
    FormerPhone.objects.filter(student=student).delete()
    FormerPhone.objects.bulk_create(
        FormerPhone(
            student=student, phone=phone, left_at=datetime.fromisoformat(left_at)
        )
        for phone, left_at in former
    )


def _students_of(batch: Sequence[RosterChange]) -> dict[str, Student]:
    """By the id that they had before or have now."""
    ids = [change.institutional_id for change in batch]
    rows = Student.objects.filter(institutional_id__in=ids)
    found = {student.institutional_id: student for student in rows}
    numbers = [change.student_id for change in batch if change.student_id]
    by_number = Student.objects.in_bulk(numbers)
    for change in batch:
        known = by_number.get(change.student_id or 0)
        if known is not None:
            found[change.institutional_id] = known
    return found


def _differing(student: Student, after: dict[str, Any]) -> list[str]:
    """The fields that are not any more as the run left them."""
    return [name for name, value in after.items() if getattr(student, name) != value]


def _is_in_use(student: Student) -> bool:
    """Whether anything but the roster's own rows names the student."""
    for relation in Student._meta.related_objects:
        if relation.related_name in (*OF_THE_ROSTER, "+"):
            continue
        # The model manager of whichever room it is: this room may not know it.
        rows = relation.related_model._base_manager
        if rows.filter(**{relation.field.name: student.pk}).exists():
            return True
    return False


def _named(change: RosterChange) -> str:
    return f"{change.name} ({change.institutional_id})"
