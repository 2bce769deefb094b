"""Who is told when a student system's file is late, missing or odd, and when that is
over: each once.
"""

from datetime import datetime

from django.db import transaction
from django.utils.formats import date_format, time_format

from quadline import clock
from quadline.accounts.models import User
from quadline.college.current import college_settings
from quadline.emails import roster_letters
from quadline.jobs import enqueue, job
from quadline.roster.models import RosterRun, RosterSource
from quadline.roster.runs.rules import Trouble, arrival_trouble

MAX_TOLD = 50  # faults that a letter chooses from


def note_result(run: RosterRun) -> None:
    """After a run of a source: odd, or fine again."""
    if run.source is None:
        return
    if run.state in (RosterRun.State.APPLIED, RosterRun.State.REPEATED):
        _set_trouble(run.source, Trouble.NONE)
    elif run.is_automatic and run.state in (
        RosterRun.State.FAILED,
        RosterRun.State.SHOWN,
    ):
        with transaction.atomic():
            RosterSource.objects.filter(pk=run.source.pk).update(
                trouble=Trouble.ODD, told_at=clock.now()
            )
            enqueue(email_odd_file, run_id=run.pk)


@job(queue="letters", attempts=3)
def find_late_files(timestamp: int) -> None:
    """Every 15 minutes."""
    note_late_files(now=clock.now())


def note_late_files(*, now: datetime) -> None:
    zone = college_settings().zone
    for source in RosterSource.objects.filter(is_active=True).exclude(expected_by=None):
        assert source.expected_by is not None
        found = arrival_trouble(
            expected_by=source.expected_by,
            arrived_at=source.arrived_at,
            since=source.created_at,
            now=now.astimezone(zone),
        )
        # What is odd stays so until a good file comes, and may become missing.
        if found == Trouble.NONE or found == source.trouble:
            continue
        if source.trouble == Trouble.MISSING:
            continue
        _set_trouble(source, found)


@transaction.atomic
def _set_trouble(source: RosterSource, trouble: Trouble) -> None:
    """Whoever changes it tells of it: of two workers at once one does."""
    # One statement decides: no letter is written twice.
    rows = RosterSource.objects.filter(pk=source.pk).exclude(trouble=trouble)
    if not rows.update(trouble=trouble, told_at=clock.now()):
        return
    letter = {
        Trouble.NONE: email_files_fine,
        Trouble.LATE: email_late_file,
        Trouble.MISSING: email_missing_file,
    }[trouble]
    enqueue(letter, source_id=source.pk)


@job(queue="letters")
def email_late_file(source_id: int) -> None:
    source = RosterSource.objects.get(pk=source_id)
    if source.trouble == Trouble.LATE and source.expected_by:
        roster_letters.file_is_late(
            to=_administrators(),
            source=source.name,
            expected=time_format(source.expected_by, "g:i A"),
            last=_when(source.arrived_at),
        )


@job(queue="letters")
def email_missing_file(source_id: int) -> None:
    source = RosterSource.objects.get(pk=source_id)
    if source.trouble == Trouble.MISSING:
        roster_letters.file_is_missing(
            to=_administrators(), source=source.name, last=_when(source.arrived_at)
        )


@job(queue="letters")
def email_files_fine(source_id: int) -> None:
    source = RosterSource.objects.get(pk=source_id)
    roster_letters.files_are_fine_again(to=_administrators(), source=source.name)


@job(queue="letters")
def email_odd_file(run_id: int) -> None:
    run = RosterRun.objects.select_related("source").get(pk=run_id)
    faults = run.faults.order_by("position")[:MAX_TOLD]
    found = [f"{fault.column} {fault.reason}".strip() for fault in faults]
    waits = run.state == RosterRun.State.SHOWN
    roster_letters.file_is_odd(
        to=_administrators(),
        source=run.source.name if run.source else run.file_names,
        run_id=run.pk,
        # No value of a cell: a letter goes further than a page.
        words=run.losses if waits else found,
        waits=waits,
    )


def _when(at: datetime | None) -> str:
    if at is None:
        return ""
    local = at.astimezone(college_settings().zone)
    return f"{date_format(local, 'F j')} at {date_format(local, 'g:i A')}"


def _administrators() -> list[str]:
    return [user.email for user in User.objects.who_manage()]
