"""The folders of student systems, which are also their SFTP directories: what is whole
is imported, and moved to done/ or failed/ with a report.

Nothing here trusts a file to be finished, to be a file, or to be called what it is.
"""

import os
import stat
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import structlog
from django.conf import settings

from quadline import clock
from quadline.delivery.rosters import alerts
from quadline.delivery.rosters.running import GivenFile, begin_run, check_run
from quadline.delivery.rosters.undoing import last_applied
from quadline.jobs import job, run_in_thread, single_instance
from quadline.roster.faults import ImportFault, RosterFault, write_faults
from quadline.roster.models import RosterRun, RosterSource
from quadline.roster.runs.rules import SeenFile, arrivals, waits_for_more
from quadline.roster.sources.oneroster import Mode
from quadline.roster.sources.oneroster_files import MANIFEST, manifest_of
from quadline.roster.tables import MAX_FILE

log = structlog.get_logger(__name__)
DONE, FAILED = "done", "failed"
REPORT_MODE = 0o600
MAX_LISTED = 200  # files of one folder that are looked at


@job(queue="rosters", attempts=1)
async def look_into_folders_job(timestamp: int) -> None:
    """Every minute."""
    await run_in_thread(_look_now)


def look_into_folders(*, now: datetime) -> None:
    for source in RosterSource.objects.filter(is_active=True).order_by("pk"):
        try:
            look_into(source, now=now)
        except OSError as error:
            log.error(
                "the folder of a roster source cannot be used",
                source=source.name,
                why=error.strerror,
            )


def look_into(source: RosterSource, *, now: datetime) -> None:
    """Import each delivery that is whole. Raises OSError."""
    folder = folder_of(source)
    for name in ("", DONE, FAILED):
        (folder / name).mkdir(mode=0o770, parents=True, exist_ok=True)
    found = _found(folder)
    arrived = arrivals(found, _seen(source), now=now)
    source.seen = {
        name: [file.size, file.modified, file.since.isoformat()]
        for name, file in arrived.seen.items()
    }
    source.seen_at = now
    source.save(update_fields=["seen", "seen_at"])
    # Left where they are, they would be looked at for ever and tell nobody.
    for name in arrived.unreadable:
        reason = "is neither a CSV nor a ZIP file. It was not read."
        _set_aside(folder, [name], FAILED, f"{name} {reason}", now=now)
    for names in arrived.ready:
        if not _waits(folder, names, arrived.seen, now):
            _bring_in(source, folder, names, now)


def folder_of(source: RosterSource) -> Path:
    root: Path = settings.ENV.roster_folder
    return root.resolve() / source.folder


def _look_now() -> None:
    with single_instance("roster folders") as is_first:
        if is_first:
            look_into_folders(now=clock.now())


def _found(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of each plain file: no links, no folders."""
    found: dict[str, tuple[int, int]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(found) >= MAX_LISTED:
                break
            # A link could lead to any file that this process may read.
            if entry.is_file(follow_symlinks=False):
                state = entry.stat(follow_symlinks=False)
                # the name as the database keeps it; one it cannot keep is not looked at
                if entry.name.isprintable():
                    found[entry.name] = (state.st_size, state.st_mtime_ns)
    return found


def _seen(source: RosterSource) -> dict[str, SeenFile]:
    return {
        name: SeenFile(size, modified, datetime.fromisoformat(since))
        for name, (size, modified, since) in source.seen.items()
    }


def _waits(
    folder: Path,
    names: Sequence[str],
    seen: Mapping[str, SeenFile],
    now: datetime,
) -> bool:
    """Whether more files come that a manifest names."""
    if MANIFEST not in names:
        return False
    try:
        manifest = manifest_of(folder / MANIFEST)
    except RosterFault:
        return False  # the import says what is wrong with it
    modes = manifest.modes.items()
    named = {name for name, mode in modes if mode != Mode.ABSENT}
    return waits_for_more(named, set(names), since=seen[MANIFEST].since, now=now)


def _bring_in(
    source: RosterSource, folder: Path, names: Sequence[str], now: datetime
) -> None:
    try:
        files = [GivenFile(name, _content(folder / name)) for name in names]
    except RosterFault as fault:
        _set_aside(folder, names, FAILED, str(fault), now=now)
        return
    # It has come, whatever is in it: odd is not late.
    RosterSource.objects.filter(pk=source.pk).update(arrived_at=now)
    run = begin_run(
        files,
        way=RosterRun.Way.FOLDER,
        actor=None,
        now=now,
        source=source,
        mapping=source.mapping,
        is_automatic=True,
    )
    if _is_repeated(run):
        run.state = RosterRun.State.REPEATED
        run.save(update_fields=["state"])
        run.files.all().delete()
        alerts.note_result(run)
    else:
        check_run(run.pk, now=now)
    run.refresh_from_db()
    is_done = run.state in (RosterRun.State.APPLIED, RosterRun.State.REPEATED)
    faults = [
        ImportFault(fault.row, fault.column, fault.value, fault.reason, fault.file)
        for fault in run.faults.order_by("position")
    ]
    where = DONE if is_done else FAILED
    _set_aside(folder, names, where, report(run), now=now, faults=faults)


def _is_repeated(run: RosterRun) -> bool:
    """Whether the last roster of all was the very same: nothing can have come of it."""
    last = last_applied()
    if last is None:
        return False
    return last.source_id == run.source_id and last.digest == run.digest


def _content(path: Path) -> bytes:
    """The whole file. Raises RosterFault when it is no plain file any more."""
    try:
        # It may have become a link, or a pipe that never ends, since it was listed.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as opened:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode) or state.st_size > MAX_FILE:
                raise _unreadable(path, "is no plain file, or larger than 256 MB.")
            return opened.read(MAX_FILE + 1)
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from error


def _unreadable(path: Path, reason: str) -> RosterFault:
    return RosterFault([ImportFault(0, "", "", reason, path.name)])


def report(run: RosterRun) -> str:
    """In plain words, for whoever sent the files."""
    counts = run.counts
    lines = [f"{run.file_names}: {STATE_WORDS[RosterRun.State(run.state)]}"]
    if "new" in counts:
        lines.append(
            f"{counts['new']:,} new, {counts['changed']:,} changed,"
            f" {counts['leaving']:,} leaving, {counts['phones']:,} phones changed,"
            f" {counts['faults']:,} faults."
        )
    if run.state == RosterRun.State.FAILED:
        lines.append(run.why)
    lines += [*run.losses, *run.notes]
    lines.append(f"{settings.PUBLIC_URL}/manage/roster/runs/{run.pk}/")
    return "\n".join(lines)


STATE_WORDS = {
    RosterRun.State.APPLIED: "imported.",
    RosterRun.State.REPEATED: "the same as last time. Nothing to do.",
    RosterRun.State.FAILED: "not imported. Nothing was changed.",
    RosterRun.State.SHOWN: "not imported: it would lose too much. A person decides.",
}


def _set_aside(
    folder: Path,
    names: Sequence[str],
    where: str,
    words: str,
    *,
    now: datetime,
    faults: Sequence[ImportFault] = (),
) -> None:
    """Move the files and leave a report beside them. Raises OSError: then they are
    found again, and are the same as last time.
    """
    stamp = f"{now:%Y-%m-%dT%H%M%SZ}"
    for name in names:
        # Within one file system it is one step: a file is here or there.
        os.replace(folder / name, folder / where / f"{stamp}-{name}")
    path = folder / where / f"{stamp}-report.txt"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with open(os.open(path, flags, REPORT_MODE), "w", encoding="utf-8") as output:
        output.write(f"{words}\n")
    if faults:
        write_faults(folder / where / f"{stamp}-faults.csv", faults)
