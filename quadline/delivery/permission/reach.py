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
from quadline.delivery.permission.recipients import TextRecipient, verdicts
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student, StudentQuerySet

STUDENT_LEFT_CASELOAD = "The student has left the caseload."
AUTHOR_ACCOUNT_DEACTIVATED = "The account it was written from is deactivated."
ROLE_SENDS_NO_TEXTS = "The role it was written in does not send texts any more."
WAS_NOT_SENT = "It was not sent."

REACHABLE = ""  # be texted
# of this author: the student has left, or the author may not write
OUT_OF_REACH = "out_of_reach"


def students_in_reach(author: User) -> StudentQuerySet:
    return (
        Student.objects.visible_to(author)
        if author.may[May.TEXT]
        else Student.objects.none()
    )


def why_out_of_reach(author: User) -> str:
    """Why a student is out of this author's reach."""
    if not author.is_active:
        return AUTHOR_ACCOUNT_DEACTIVATED
    return STUDENT_LEFT_CASELOAD if author.may[May.TEXT] else ROLE_SENDS_NO_TEXTS


def reach_by_student(students: Sequence[Student], author: User) -> dict[int, str]:
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
        found = students_in_reach(author).filter(pk__in=ids)
        reached = set(found.values_list("pk", flat=True))
    return {
        student.pk: _kept_by(verdict.reason) if student.pk in reached else OUT_OF_REACH
        for student, verdict in zip(students, law, strict=True)
    }


def _kept_by(reason: Reason | None) -> str:
    # quiet hours are over by the morning
    if reason in (None, Reason.QUIET_HOURS):
        return REACHABLE
    return str(reason)


def _recipient(student: Student, system_phone: str) -> TextRecipient:
    pair = (student.mobile, system_phone)
    return TextRecipient(
        pair=pair,
        mobile=student.mobile,
        landline=student.landline,
        time_zone=student.time_zone,
        wrote_at=None,
        student_id=student.pk,
    )
