"""The leaver's caseload goes to those who follow, and comes back with them."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q

from quadline.accounts.models import User
from quadline.handovers.models import HandedStudent
from quadline.inboxes.departure_rules import DepartureState, Share, successor_for
from quadline.inboxes.holding import holders_of
from quadline.inboxes.models import Departure, Inbox
from quadline.live.notifications import REACH_CHANGED, notify_screens
from quadline.roster.models import CaseloadEntry


def shared_out(
    entries: Iterable[CaseloadEntry], shares: Sequence[Share]
) -> dict[int, list[CaseloadEntry]]:
    """A caseload by the inbox that follows, in the order in which they were chosen."""
    split: dict[int, list[CaseloadEntry]] = {share.inbox_id: [] for share in shares}
    for entry in entries:
        inbox_id = successor_for(entry.student.program, shares)
        if inbox_id is not None:
            split[inbox_id].append(entry)
    return split


def caseload_of(staff: User) -> list[CaseloadEntry]:
    entries = CaseloadEntry.objects.filter(staff=staff).select_related("student")
    return list(entries.order_by("student__last_name", "student__first_name", "pk"))


def lock_staff(user_ids: Iterable[int]) -> None:
    """In one order, as a roster locks them (roster/assigning.py)."""
    # NO KEY: foreign keys to these people are still checked by others.
    rows = User.objects.filter(pk__in=set(user_ids)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk", flat=True))


def give_caseload(departure: Departure) -> None:
    """Each student to the caseload of who follows. Who looks after the student already
    goes on as before.
    """
    split = shared_out(caseload_of(departure.staff), departure.shares)
    holders = holders_of(split)
    records: list[HandedStudent] = []
    given: list[CaseloadEntry] = []
    for inbox_id, entries in split.items():
        for entry in entries:
            records.append(_record(departure, entry, inbox_id))
            given += [
                CaseloadEntry(
                    staff_id=user_id,
                    student_id=entry.student_id,
                    relation=entry.relation,
                    # One that had come from somebody on leave goes back there.
                    handed_over_id=entry.handed_over_id or departure.pk,
                )
                for user_id in holders[inbox_id]
            ]
    HandedStudent.objects.bulk_create(records)
    # A successor may look after a student already; that entry is theirs.
    CaseloadEntry.objects.bulk_create(given, ignore_conflicts=True)
    # What is left would let a closed account be read as somebody's advisor.
    CaseloadEntry.objects.filter(staff=departure.staff).delete()
    # Their open pages list students: whoever is looking sees the change.
    told = {user_id for each in holders.values() for user_id in each}
    notify_screens(sorted(told | {departure.staff_id}), REACH_CHANGED)


def take_caseload_back(departure: Departure, holder_ids: Iterable[int]) -> None:
    """Those that came by this departure, and whom the successors still have: a roster
    may have given a student to somebody else meanwhile.
    """
    holder_ids = set(holder_ids)
    handed = {row.student_id: row for row in departure.handed_students.all()}
    theirs = CaseloadEntry.objects.filter(staff__in=holder_ids)
    came = theirs.filter(Q(handed_over=departure) | Q(student__in=handed))
    back = {entry.student_id: entry for entry in came.order_by("pk")}
    # What a successor has in their own right stays.
    came.exclude(handed_over=None).delete()
    CaseloadEntry.objects.bulk_create(
        [_put_back(departure, entry, handed) for entry in back.values()],
        ignore_conflicts=True,
    )
    _keep_for_others(departure, back)
    notify_screens(sorted(holder_ids | {departure.staff_id}), REACH_CHANGED)


def _put_back(
    departure: Departure,
    entry: CaseloadEntry,
    handed: Mapping[int, HandedStudent],
) -> CaseloadEntry:
    record = handed.get(entry.student_id)
    return CaseloadEntry(
        staff_id=departure.staff_id,
        student_id=entry.student_id,
        relation=record.relation if record else entry.relation,
        handed_over_id=record.came_by_id if record else None,
    )


def _keep_for_others(departure: Departure, student_ids: Iterable[int]) -> None:
    """Students whom another departure, too, has handed to the same people."""
    rows = HandedStudent.objects.filter(
        student__in=list(student_ids),
        came_by=None,
        departure__state=DepartureState.IN_EFFECT,
    ).exclude(departure=departure)
    kept = list(rows)
    holders = holders_of({row.inbox_id for row in kept})
    CaseloadEntry.objects.bulk_create(
        [
            CaseloadEntry(
                staff_id=user_id,
                student_id=row.student_id,
                relation=row.relation,
                handed_over_id=row.departure_id,
            )
            for row in kept
            for user_id in holders[row.inbox_id]
        ],
        ignore_conflicts=True,
    )


def _record(departure: Departure, entry: CaseloadEntry, inbox_id: int) -> HandedStudent:
    return HandedStudent(
        departure=departure,
        student_id=entry.student_id,
        inbox=Inbox(pk=inbox_id),
        relation=entry.relation,
        came_by_id=entry.handed_over_id,
    )
