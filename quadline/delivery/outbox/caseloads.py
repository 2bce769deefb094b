"""The roster changes: who may text whom, and which phone is whose. What
follows is done in the same transaction.

An import that takes a student off a caseload and puts them back changes nothing: what
counts is how it stands at the end.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from quadline.accounts.models import User
from quadline.conversations.recognizing import recognize_phones
from quadline.delivery.outbox.out_of_reach import hold_texts_out_of_reach
from quadline.live.notifications import REACH_CHANGED, notify_screens
from quadline.roster import replacing


@transaction.atomic
def replace_students(
    rows: Iterable[Mapping[str, str]],
    *,
    actor: User,
    now: datetime,
    may_drop: bool = False,
) -> replacing.PutStudents:
    """Make these students what the rows say. Raises
    RosterFault; then nothing has changed.
    """
    put = replacing.put_student_rows(
        rows,
        actor=actor,
        now=now,
        may_drop=may_drop,
    )
    recognize_phones(now=now)
    _tell_of_reach()
    return put


@transaction.atomic
def replace_caseload(
    staff: User,
    institutional_ids: Sequence[str],
    *,
    actor: User,
    now: datetime,
) -> int:
    """Exactly these students are on the caseload afterwards;
    returns how many. Raises RosterFault.
    """
    count = replacing.put_caseload_rows(staff, institutional_ids, actor=actor)
    hold_texts_out_of_reach(now=now)
    notify_screens([staff.pk], REACH_CHANGED)
    return count


def _tell_of_reach() -> None:
    """Phones may have changed on the screens of everyone."""
    notify_screens(
        User.objects.filter(is_active=True).values_list("pk", flat=True), REACH_CHANGED
    )
