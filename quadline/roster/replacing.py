"""Campus systems keep the roster as theirs is: students by institutional id, and a staff user's whole caseload."""

from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction

from quadline.accounts.models import User
from quadline.audit.models import record
from quadline.roster.importing import RosterFault, checked_students
from quadline.roster.models import CaseloadEntry, Student
from quadline.roster.saving import save_students

BATCH = 1000


def put_students(rows: Iterable[Mapping[str, str]], *, actor: User) -> int:
    """Make these students what the rows say, all of them or none; returns how many. Students not named stay.

    A row is as one of a roster file. Raises RosterFault with every fault and its row, counted from 1.
    """
    with transaction.atomic():
        count = save_students(checked_students(enumerate(rows, start=1), again="is there twice"))
        if count:
            record("students put", subject=actor, actor=actor, count=count)
    return count


def put_caseload(staff: User, institutional_ids: Sequence[str], *, actor: User) -> int:
    """Exactly these students are on the caseload afterwards; who stays keeps their relation. Raises RosterFault."""
    wanted = list(dict.fromkeys(institutional_ids))
    known = dict(Student.objects.filter(institutional_id__in=wanted).values_list("institutional_id", "pk"))
    rows = enumerate(wanted, start=1)
    if faults := [f"row {row}: no student has the institutional_id {each!r}" for row, each in rows if each not in known]:
        raise RosterFault(faults)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=staff.pk)  # two at once: one after the other
        mine = CaseloadEntry.objects.filter(staff=staff)
        left, _ = mine.exclude(student__in=known.values()).delete()
        there = set(mine.values_list("student", flat=True))
        new = [CaseloadEntry(staff=staff, student_id=pk) for pk in known.values() if pk not in there]
        CaseloadEntry.objects.bulk_create(new, batch_size=BATCH)
        if left or new:
            record("caseload put", subject=staff, actor=actor, added=len(new), removed=left)
    return len(wanted)
