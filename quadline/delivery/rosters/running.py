"""A roster comes in: compared, shown, applied. Every way in leads here, and each leaves
a run on record.

What is applied is what was shown: the import is made again from the same files, and
when it would do anything else it is taken back and shown again.
"""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from django.db import transaction

from quadline import clock
from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.college.current import college_settings
from quadline.conversations.recognizing import recognize_phones
from quadline.delivery.outbox.out_of_reach import hold_texts_out_of_reach
from quadline.delivery.rosters import alerts
from quadline.jobs import enqueue, job, run_in_thread
from quadline.live.notifications import REACH_CHANGED, notify_screens
from quadline.roster.faults import ImportFault, RosterFault
from quadline.roster.importing import Imported, RosterInput, import_input
from quadline.roster.models import (
    RosterFile,
    RosterMapping,
    RosterRun,
    RosterRunFault,
    RosterSource,
)
from quadline.roster.runs.diffs import keep_diff
from quadline.roster.saving import lock_roster
from quadline.roster.sources.reading import mapping_of, read_roster, unpacked

MAX_FAULTS_KEPT = 20_000  # that are kept of one run
FAULTS_AT_ONCE = 1_000
MAX_FAULTY_VALUE = 1_000  # characters of a faulty cell that are kept


class GivenFile(NamedTuple):
    name: str
    content: bytes


class NotApplied(ValueError):
    """The words say why; nothing was changed."""


@transaction.atomic
def begin_run(
    files: Sequence[GivenFile],
    *,
    way: str,
    actor: User | None,
    now: datetime,
    source: RosterSource | None = None,
    mapping: RosterMapping | None = None,
    is_automatic: bool = False,
) -> RosterRun:
    """Keep the files that came; a job compares them (or the caller, ``check_run``)."""
    names = [_safe_name(file.name) for file in files]
    run = RosterRun.objects.create(
        way=way,
        source=source,
        mapping=mapping,
        actor=actor,
        is_automatic=is_automatic,
        file_names=", ".join(names)[:300],
        digest=_digest(files),
        created_at=now,
    )
    # In the database and not in a folder: a worker may be on another machine.
    RosterFile.objects.bulk_create(
        RosterFile(run=run, name=name, content=zlib.compress(file.content, 6))
        for name, file in zip(names, files, strict=True)
    )
    record_audit("roster brought in", subject=run, actor=actor, way=way, files=names)
    return run


@job(queue="rosters", attempts=5)
async def check_run_job(run_id: int) -> None:
    await run_in_thread(_check_run_now, run_id)


@job(queue="rosters", attempts=5)
async def apply_run_job(run_id: int) -> None:
    await run_in_thread(_apply_run_now, run_id)


def check_run(run_id: int, *, now: datetime) -> None:
    """Compare the files with the roster, and keep what they would change; an automatic
    run that loses little is applied at once. Safe to repeat.
    """
    run = RosterRun.objects.filter(pk=run_id, state=RosterRun.State.READING).first()
    if run is None:
        return
    try:
        with transaction.atomic():
            lock_roster()
            if not _is_still(run):
                return
            done = _import(run, now=now)
            is_applied = run.is_automatic and not done.losses
            if is_applied:
                finish_run(run, done, now=now)
            else:
                # A trial: the diff was copied out, and outlives this.
                transaction.set_rollback(True)
        if not is_applied:
            _show(run, done)
    except RosterFault as fault:
        _fail(run, fault)
    alerts.note_result(run)


@transaction.atomic
def ask_to_apply(run: RosterRun, *, actor: User, typed: str, now: datetime) -> None:
    """A person says that what was shown is meant. Raises NotApplied."""
    # Two administrators may press Apply at once: the second finds it taken.
    locked = RosterRun.objects.select_for_update().get(pk=run.pk)
    if locked.state != RosterRun.State.SHOWN:
        raise NotApplied("This roster is not waiting any more. Nothing was changed.")
    wanted = confirmation_of(locked)
    if wanted and typed.replace(",", "").strip() != wanted:
        raise NotApplied(
            f"Nothing was applied. Type {int(wanted):,} to confirm that it is meant."
        )
    locked.state = RosterRun.State.APPLYING
    locked.applied_by = actor
    locked.has_moved = False
    locked.save(update_fields=["state", "applied_by", "has_moved"])
    enqueue(apply_run_job, run_id=locked.pk)


def confirmation_of(run: RosterRun) -> str:
    """What a person must type; "" when nothing is lost."""
    lost = run.counts.get("lost", 0)
    return str(lost) if run.losses and lost else ""


def apply_run(run_id: int, *, now: datetime) -> None:
    """Exactly what was shown, or nothing and show again. Safe to repeat."""
    run = RosterRun.objects.filter(pk=run_id, state=RosterRun.State.APPLYING).first()
    if run is None:
        return
    try:
        with transaction.atomic():
            lock_roster()
            if not _is_still(run):
                return
            done = _import(run, now=now)
            assert done.diff is not None
            is_as_shown = done.diff.digest == run.diff_digest
            if is_as_shown:
                finish_run(run, done, now=now)
            else:
                transaction.set_rollback(True)
        if not is_as_shown:
            run.has_moved = True
            _show(run, done)
    except RosterFault as fault:
        _fail(run, fault)
    alerts.note_result(run)


@transaction.atomic
def discard_run(run: RosterRun, *, actor: User | None, now: datetime) -> bool:
    """Whether it was still waiting."""
    waiting = RosterRun.objects.filter(pk=run.pk, state=RosterRun.State.SHOWN)
    if not waiting.update(state=RosterRun.State.DISCARDED):
        return False
    RosterFile.objects.filter(run=run).delete()
    record_audit("roster discarded", subject=run, actor=actor)
    return True


def follow_up(*, now: datetime) -> None:
    """What a changed roster means for texts and screens, in its transaction."""
    recognize_phones(now=now)
    hold_texts_out_of_reach(now=now)
    active = User.objects.filter(is_active=True)
    notify_screens(active.values_list("pk", flat=True), REACH_CHANGED)


def import_read(read: RosterInput, *, now: datetime, may_drop: bool) -> Imported:
    """In the caller's transaction, by what the college allows to be lost; the diff is
    the caller's to close. Raises RosterFault.
    """
    return import_input(
        read,
        now=now,
        may_drop=may_drop,
        percent=college_settings().roster_loss_percent,
        collects=True,
    )


def _check_run_now(run_id: int) -> None:
    check_run(run_id, now=clock.now())


def _apply_run_now(run_id: int) -> None:
    apply_run(run_id, now=clock.now())


def _import(run: RosterRun, *, now: datetime) -> Imported:
    """In the caller's transaction, which has locked the roster before: OneRoster's
    records change with the files. Losses are looked at by whoever asked.
    """
    today = now.astimezone(college_settings().zone).date()
    with _written_files(run) as paths, TemporaryDirectory() as into:
        files = unpacked(paths, Path(into))
        read = read_roster(files, mapping=mapping_of(run.mapping), today=today)
        done = import_read(read, now=now, may_drop=True)
    # A scheduler sends the same wrong file every night; somebody has undone it once.
    if run.is_automatic and _was_undone(run):
        done.losses.append("This very file was applied before, and undone.")
    return done


def _is_still(run: RosterRun) -> bool:
    """Whether no other worker has done this meanwhile, with whom it waits in line from
    here on. A job may run twice: its first worker was only slow.
    """
    rows = RosterRun.objects.select_for_update().filter(pk=run.pk, state=run.state)
    return rows.exists()


def _was_undone(run: RosterRun) -> bool:
    undone = RosterRun.objects.filter(state=RosterRun.State.UNDONE, digest=run.digest)
    return undone.exists()


@contextmanager
def _written_files(run: RosterRun) -> Iterator[list[Path]]:
    """The files of a run in a folder of its own, for as long as they are read."""
    with TemporaryDirectory(prefix="quadline-roster-") as folder:
        paths: list[Path] = []
        for kept in run.files.order_by("pk").iterator(chunk_size=1):
            path = Path(folder) / kept.name
            path.write_bytes(zlib.decompress(bytes(kept.content)))
            paths.append(path)
        yield paths


def finish_run(run: RosterRun, done: Imported, *, now: datetime) -> None:
    """In the transaction of the import."""
    # Texts on hold and unknown phones follow, or nothing of it happens.
    follow_up(now=now)
    _keep(run, done)
    run.state = RosterRun.State.APPLIED
    run.applied_at = now
    run.save()
    RosterFile.objects.filter(run=run).delete()
    record_audit(
        "roster applied",
        subject=run,
        actor=run.applied_by or run.actor,
        **{name: run.counts[name] for name in ("new", "changed", "leaving", "phones")},
    )


@transaction.atomic
def _show(run: RosterRun, done: Imported) -> None:
    if not _is_still(run):
        assert done.diff is not None
        done.diff.close()
        return
    _keep(run, done)
    run.state = RosterRun.State.SHOWN
    run.applied_by = None
    run.save()


def _keep(run: RosterRun, done: Imported) -> None:
    """The diff, the faults and the counts, beside the run."""
    assert done.diff is not None
    with done.diff.rows:
        keep_diff(run.pk, done.diff)
    keep_faults(run, done.faults)
    run.form = done.form[:120]
    run.diff_digest = done.diff.digest
    run.losses = done.losses
    run.notes = done.notes
    run.counts = {
        **done.diff.counts,
        "students": done.students,
        "faults": len(done.faults),
        "lost": done.lost,
    }


@transaction.atomic
def _fail(run: RosterRun, fault: RosterFault) -> None:
    if not _is_still(run):
        return
    keep_faults(run, fault.faults)
    run.state = RosterRun.State.FAILED
    run.applied_by = None
    run.why = str(fault.faults[0]) if fault.faults else "It could not be read."
    run.counts = {**run.counts, "faults": len(fault.faults)}
    run.save()
    RosterFile.objects.filter(run=run).delete()


def keep_faults(run: RosterRun, faults: Sequence[ImportFault]) -> None:
    RosterRunFault.objects.filter(run=run).delete()
    rows = iter(_fault_rows(run, faults[:MAX_FAULTS_KEPT]))
    while batch := list(islice(rows, FAULTS_AT_ONCE)):
        RosterRunFault.objects.bulk_create(batch)


def _fault_rows(
    run: RosterRun, faults: Sequence[ImportFault]
) -> Iterator[RosterRunFault]:
    for position, fault in enumerate(faults):
        yield RosterRunFault(
            run=run,
            position=position,
            file=fault.file[:200],
            row=max(fault.row, 0),
            column=fault.column[:80],
            value=fault.value.replace("\0", "")[:MAX_FAULTY_VALUE],
            reason=fault.reason,
        )


def _digest(files: Sequence[GivenFile]) -> str:
    """The same for the same files, whatever their order."""
    parts = sorted(hashlib.sha256(file.content).hexdigest() for file in files)
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _safe_name(name: str) -> str:
    """A name that any folder and any database takes."""
    plain = name.replace("\\", "/").rpartition("/")[2]
    plain = plain.encode("utf-8", "replace").decode()
    seen = "".join(char if char.isprintable() else "_" for char in plain).strip(". ")
    stem, dot, ending = seen.rpartition(".")
    return f"{stem[:120]}{dot}{ending[:20]}" if stem else seen[:120] or "roster"
