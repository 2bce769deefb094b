"""Campus systems keep the roster as theirs is: students by institutional
id, and a staff user's whole caseload.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Min

from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.roster.faults import ImportFault, RosterFault
from quadline.roster.identity import id_key
from quadline.roster.importing import checked_students
from quadline.roster.models import CaseloadEntry, Student
from quadline.roster.rules import lost_too_many
from quadline.roster.saving import Loss, compare_students, save_students
from quadline.roster.tables import RosterRow

STUDENTS_PER_QUERY = 1000
# a program may take the phones of so many away at once: it may be about one student
FEW_PHONES = 10


class PutStudents(NamedTuple):
    students: int
    # cells that were left as they are, and rows that would make somebody a second time
    faults: list[ImportFault]


def put_student_rows(
    rows: Iterable[Mapping[str, str]],
    *,
    actor: User,
    now: datetime,
    may_drop: bool = False,
) -> PutStudents:
    """Make these students what the rows say, all of them or
    none. Students not named stay.

    A row is as one of a roster file. Raises RosterFault with every row that cannot be
    told whose it is, counted from 1, and where phones of many would be gone, unless
    ``may_drop``.
    """
    faults: list[ImportFault] = []
    numbered = (RosterRow(number, row) for number, row in enumerate(rows, start=1))
    with transaction.atomic():
        students = checked_students(numbered, faults, twice="there")
        compared = compare_students(students, is_whole=False)
        faults += compared.faults
        losses = [loss for loss in compared.losses if loss.lost > FEW_PHONES]
        too_many = [loss for loss in losses if lost_too_many(loss.lost, loss.there)]
        if too_many and not may_drop:
            raise RosterFault([_too_many(loss) for loss in too_many])
        new, changed = save_students(is_whole=False, now=now)
        if compared.given:
            record_audit(
                "students put",
                subject=actor,
                actor=actor,
                count=compared.kept,
                new=new,
                changed=changed,
            )
    return PutStudents(compared.kept, sorted(faults, key=lambda fault: fault.row))


def put_caseload_rows(
    staff: User,
    institutional_ids: Sequence[str],
    *,
    actor: User,
) -> int:
    """Exactly these students are on the caseload afterwards; who stays
    keeps their relation. Raises RosterFault.
    """
    wanted = list(dict.fromkeys(institutional_ids))
    known = _known(wanted)
    why = "is the ID of no student. Bring in the student first, or take the ID out."
    rows = enumerate(wanted, start=1)
    unknown = [(row, each) for row, each in rows if each not in known]
    faults = [ImportFault(row, "institutional_id", each, why) for row, each in unknown]
    if faults:
        raise RosterFault(faults)
    with transaction.atomic():
        # two at once: one after the other
        User.objects.select_for_update(no_key=True).get(pk=staff.pk)
        mine = CaseloadEntry.objects.filter(staff=staff)
        left, _ = mine.exclude(student__in=known.values()).delete()
        there = set(mine.values_list("student", flat=True))
        added = sorted(set(known.values()) - there)
        new = [CaseloadEntry(staff=staff, student_id=pk) for pk in added]
        CaseloadEntry.objects.bulk_create(new, batch_size=STUDENTS_PER_QUERY)
        if left or new:
            record_audit(
                "caseload put",
                subject=staff,
                actor=actor,
                added=len(new),
                removed=left,
            )
    return len(set(known.values()))


def _known(ids: Sequence[str]) -> dict[str, int]:
    """The students by these ids; where nobody has one, the only
    student whose id differs in zeros alone.
    """
    exact = Student.objects.filter(institutional_id__in=ids)
    known = dict(exact.values_list("institutional_id", "pk"))
    keys = {each: id_key(each) for each in ids if each not in known}
    alike = Student.objects.filter(id_key__in=keys.values()).values("id_key")
    counted = alike.annotate(count=Count("pk"), lowest=Min("pk"))
    # of two whose ids differ in zeros nobody can say which is meant
    only = {row["id_key"]: row["lowest"] for row in counted if row["count"] == 1}
    for each, key in keys.items():
        if key in only:
            known[each] = only[key]
    return known


def _too_many(loss: Loss) -> ImportFault:
    reason = (
        f"{loss.lost:,} of {loss.there:,} {loss.what} would be gone."
        " Send allow_drop: true if that is meant."
    )
    return ImportFault(row=0, column="", value="", reason=reason)
