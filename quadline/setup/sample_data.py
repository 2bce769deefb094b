"""Made-up students to practice with, while the carrier is simulated. They come as a
roster does, and go by undoing it.
"""

import csv
import io
from datetime import datetime
from importlib.resources import files

from django.db import transaction

from quadline import clock
from quadline.accounts.models import User
from quadline.delivery.rosters.running import (
    GivenFile,
    ask_to_apply,
    begin_run,
    check_run,
)
from quadline.delivery.rosters.undoing import ask_to_undo, last_applied
from quadline.jobs import enqueue, job
from quadline.roster.models import RosterRun, Student
from quadline.setup.deployment import is_training
from quadline.setup.models import SampleData

STUDENTS_NAME = "sample-students.csv"
CASELOAD_NAME = "sample-caseload.csv"
RELATION = "Academic advisor"
NOT_IN_TRAINING = (
    "Nothing was loaded: sample students are for training, and texts reach phones here."
)
ALREADY_STUDENTS = (
    "Nothing was loaded: there are students already, and sample students among them"
    " could not be told apart."
)
CANNOT_GO = (
    "Nothing was removed: another roster came after the sample students. Leave them:"
    " they are test students, in no report."
)


class SampleRefused(ValueError):
    """The words say why; nothing was changed."""


def load_sample(*, actor: User, now: datetime) -> RosterRun:
    """Twelve students on the actor's own caseload. A job applies them.

    Raises SampleRefused.
    """
    if not is_training():
        raise SampleRefused(NOT_IN_TRAINING)
    students = files("quadline.setup.sample").joinpath("students.csv").read_bytes()
    with transaction.atomic():
        # In the transaction: a second click finds the first.
        if why := why_not_loaded():
            raise SampleRefused(why)
        run = begin_run(
            [
                GivenFile(STUDENTS_NAME, students),
                GivenFile(CASELOAD_NAME, _caseload_of(actor, students)),
            ],
            way=RosterRun.Way.UPLOAD,
            actor=actor,
            now=now,
        )
        SampleData.objects.all().delete()
        SampleData.objects.create(run=run)
        enqueue(apply_sample, run_id=run.pk)
    return run


@job(queue="rosters", attempts=5)
def apply_sample(run_id: int) -> None:
    """Compared as any roster is, and applied without a second click: whoever asked for
    it knows what it is.
    """
    now = clock.now()
    check_run(run_id, now=now)
    run = RosterRun.objects.select_related("actor").get(pk=run_id)
    if run.state == RosterRun.State.SHOWN and run.actor is not None:
        ask_to_apply(run, actor=run.actor, typed="", now=now)


def why_not_loaded() -> str:
    """ "" when sample students can be loaded."""
    if sample_run() is not None or Student.objects.exists():
        return ALREADY_STUDENTS
    return ""


def remove_sample(*, actor: User, now: datetime) -> RosterRun:
    """As they came, unless something real came after them. Those who were texted stay,
    for what was written stays readable. Raises SampleRefused.
    """
    run = sample_run()
    if run is None or run != last_applied():
        raise SampleRefused(CANNOT_GO)
    ask_to_undo(run, actor=actor, now=now)
    return run


def sample_run() -> RosterRun | None:
    """The roster of sample students that is there now, or comes."""
    gone = (
        RosterRun.State.UNDONE,
        RosterRun.State.FAILED,
        RosterRun.State.DISCARDED,
    )
    kept = SampleData.objects.select_related("run").exclude(run__state__in=gone).first()
    return kept.run if kept else None


def can_remove(run: RosterRun) -> bool:
    # Undoing goes by a diff that a later roster has built on.
    return run == last_applied()


def _caseload_of(actor: User, students: bytes) -> bytes:
    # Made here: whose caseload it is, no file knows.
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(["staff_email", "institutional_id", "relation"])
    for row in csv.DictReader(io.StringIO(students.decode())):
        rows.writerow([actor.email, row["institutional_id"], RELATION])
    return written.getvalue().encode()
