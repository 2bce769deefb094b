"""What rosters leave behind, and for how long: files set aside, uploads that nobody
applied, diffs.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from quadline import clock
from quadline.delivery.rosters.running import discard_run
from quadline.delivery.rosters.watching import DONE, FAILED, folder_of
from quadline.jobs import job
from quadline.roster.models import (
    RosterChange,
    RosterMapping,
    RosterRun,
    RosterRunFault,
    RosterSource,
)

FILES_KEPT = timedelta(days=30)  # in done/ and failed/
WAITING_KEPT = timedelta(days=7)  # shown and not applied: its files are in the database
DIFFS_KEPT = timedelta(days=180)  # counts, and who did what, stay


@job(queue="rosters", attempts=3)
def drop_old_rosters(timestamp: int) -> None:
    """Nightly."""
    drop_old(now=clock.now())


def drop_old(*, now: datetime) -> None:
    waiting = RosterRun.objects.filter(
        state=RosterRun.State.SHOWN, created_at__lt=now - WAITING_KEPT
    )
    # Not by an UPDATE: each is on record, like one that a person discards.
    for run in waiting:
        discard_run(run, actor=None, now=now)
    # While a mapping is being made it holds students of its sample.
    RosterMapping.objects.filter(
        is_ready=False, changed_at__lt=now - WAITING_KEPT
    ).delete()
    # The runs stay: who brought what, when, and how much it changed.
    old = RosterRun.objects.filter(created_at__lt=now - DIFFS_KEPT)
    RosterChange.objects.filter(run__in=old).delete()
    RosterRunFault.objects.filter(run__in=old).delete()
    for source in RosterSource.objects.all():
        for name in (DONE, FAILED):
            _drop_files(folder_of(source) / name, before=now - FILES_KEPT)


def _drop_files(folder: Path, *, before: datetime) -> None:
    """Plain files only. A folder that is not there has none."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            is_plain = entry.is_file(follow_symlinks=False)
            if is_plain and entry.stat().st_ctime < before.timestamp():
                os.unlink(entry.path)
