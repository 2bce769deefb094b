"""Whom somebody may write to now, whether a text can reach
them, and the words for why not.

One answer for every place that asks: lists, profiles, the composer, a conversation and
its acts. It is the law that the sender goes by (consent/rules.py), over the same facts;
only the hour is not asked.
"""

from collections.abc import Sequence

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.consent.rules import Reason
from quadline.delivery.permission.recipients import Recipient, verdicts
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student, StudentQuerySet

LEFT = "The student has left the caseload."
SWITCHED_OFF = "The account it was written from is deactivated."
NO_WRITER = "The role it was written in does not send texts any more."
NOT_SENT = "It was not sent."

CAN = ""  # be texted
# of this author: the student has left, or the author may not write
OUT_OF_REACH = "out_of_reach"


def in_reach(author: User) -> StudentQuerySet:
    return (
        Student.objects.visible_to(author)
        if author.may[May.TEXT]
        else Student.objects.none()
    )


def why_not(author: User) -> str:
    """Why a student is out of this author's reach."""
    if not author.is_active:
        return SWITCHED_OFF
    return LEFT if author.may[May.TEXT] else NO_WRITER


def reach_of(students: Sequence[Student], author: User) -> dict[int, str]:
    """What keeps a text of this author from each student, by id: CAN,
    OUT_OF_REACH or a Reason; in two looks.

    For a reader who writes to nobody it is what keeps any text from them.
    """
    number = SystemNumber.objects.of(author)
    system_phone = number.phone if number else ""
    recipients = [_recipient(student, system_phone) for student in students]
    law = verdicts(recipients, now=clock.now())
    ids = [student.pk for student in students]
    reached = set(ids)
    if author.may[May.TEXT]:
        found = in_reach(author).filter(pk__in=ids)
        reached = set(found.values_list("pk", flat=True))
    return {
        student.pk: _kept_by(verdict.reason) if student.pk in reached else OUT_OF_REACH
        for student, verdict in zip(students, law, strict=True)
    }


def _kept_by(reason: Reason | None) -> str:
    # quiet hours are over by the morning
    if reason in (None, Reason.QUIET_HOURS):
        return CAN
    return str(reason)


def _recipient(student: Student, system_phone: str) -> Recipient:
    pair = (student.mobile, system_phone)
    return Recipient(
        pair=pair,
        mobile=student.mobile,
        landline=student.landline,
        time_zone=student.time_zone,
        wrote_at=None,
    )
