"""A number is not the student's: it is texted no more, the student is written to, and
whoever may write to them can take it back.
"""

import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.college.current import college_settings
from quadline.conversations.causes import Cause
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.conversations.statuses import climb
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.outbox.email_outbox import accept_email
from quadline.delivery.permission.reach import students_in_reach
from quadline.delivery.phones.closing_texts import close_texts_to
from quadline.live.notifications import REACH_CHANGED, notify_screens
from quadline.roster.models import Student
from quadline.roster.phones.evidence import is_wrong_number, record_evidence
from quadline.roster.phones.rules import (
    EvidenceSource,
    EvidenceStatus,
    phone_in_use,
)

# So long the email to the student waits, and is not sent when this is undone.
UNDO_TIME = timedelta(minutes=2)
ASK_TO_CORRECT = "Correct your number here: {url}"
ASK_BY_ANSWER = (
    "Answer this email with your mobile number, or give it to the registrar. If the"
    " number is yours, say so in your answer."
)


class PhoneRefused(ValueError):
    """Nothing was recorded; the message says why, in plain words."""


class Flagged(NamedTuple):
    """``closed``: texts that became emails. ``is_emailed``: the student has an address
    to write to.
    """

    closed: int
    is_emailed: bool


@transaction.atomic
def flag_wrong_number(*, student: Student, actor: User, now: datetime) -> Flagged:
    """The phone in use is not the student's. Raises PhoneRefused."""
    locked = locked_in_reach(student, actor)
    phone = phone_in_use(locked.mobile)
    if is_wrong_number(locked, phone):
        raise PhoneRefused("This number was reported before. Nothing was changed.")
    record_evidence(
        student=locked,
        phone=phone,
        status=EvidenceStatus.WRONG,
        source=EvidenceSource.STAFF,
        said_at=now,
        now=now,
        actor=actor,
    )
    closed = close_texts_to(phone, now=now)
    email = _write_student(locked, phone, actor, now) if locked.email else None
    record_audit(
        "wrong number flagged",
        subject=locked,
        actor=actor,
        closed=closed,
        email=str(email.pk) if email else "",
    )
    _tell_screens()
    return Flagged(closed, email is not None)


@transaction.atomic
def confirm_number(*, student: Student, actor: User, now: datetime) -> bool:
    """The phone in use is the student's after all. True when the email that says
    otherwise had not left, and stays. Raises PhoneRefused.
    """
    locked = locked_in_reach(student, actor)
    phone = phone_in_use(locked.mobile)
    if not is_wrong_number(locked, phone):
        raise PhoneRefused("This number is not reported as wrong. Nothing was changed.")
    record_evidence(
        student=locked,
        phone=phone,
        status=EvidenceStatus.CONFIRMED,
        source=EvidenceSource.STAFF,
        said_at=now,
        now=now,
        actor=actor,
    )
    is_stopped = _stop_email(locked, now)
    record_audit("number confirmed", subject=locked, actor=actor, stopped=is_stopped)
    _tell_screens()
    return is_stopped


def locked_in_reach(student: Student, actor: User) -> Student:
    """The student's row, for somebody who may write to them and a phone that is texted.
    Raises PhoneRefused.
    """
    rows = students_in_reach(actor).select_for_update(no_key=True, of=["self"])
    found = rows.filter(pk=student.pk).first()
    if found is None:
        raise PhoneRefused("You cannot write to this student. Nothing was recorded.")
    if not phone_in_use(found.mobile):
        raise PhoneRefused("There is no mobile number on file. Nothing was recorded.")
    return found


def wrong_number_words(phone: str) -> str:
    """What the student reads, in the college's words."""
    college = college_settings()
    url = college.phone_update_url
    how = ASK_TO_CORRECT.format(url=url) if url else ASK_BY_ANSWER
    words = college.wrong_number_words
    for field, value in (
        ("{college}", college.college_name),
        ("{ending}", phone[-4:]),
        ("{how}", how),
    ):
        words = words.replace(field, value)
    return words


def _write_student(student: Student, phone: str, actor: User, now: datetime) -> Message:
    message = accept_email(
        author=actor,
        student=student,
        # The college's own words: nothing in them is a merge field or unasked.
        message_id=uuid.uuid4(),
        subject=f"Your phone number at {college_settings().college_name}"[:200],
        body=wrong_number_words(phone),
        as_written=True,
        send_anyway=True,
        now=now,
    )
    OutgoingEmail.objects.filter(message=message).update(due_at=now + UNDO_TIME)
    return message


def _stop_email(student: Student, now: datetime) -> bool:
    """Whether the email about this number had not left yet."""
    words = wrong_number_words(student.mobile)
    waiting = OutgoingEmail.objects.filter(
        message__conversation__student=student,
        message__body=words,
        is_failsafe=False,
        state=OutgoingEmail.State.QUEUED,
        tries=0,
    )
    # One that a worker takes at this moment leaves.
    email = waiting.select_for_update(skip_locked=True, of=["self"]).first()
    if email is None:
        return False
    climb(
        [email.message],
        Status.CANCELLED,
        cause=Cause.CANCELLED,
        now=now,
        actor=None,
        reason="",
        detail="",
    )
    dropped = OutgoingEmail.objects.filter(pk=email.pk)
    dropped.update(state=OutgoingEmail.State.DROPPED, due_at=None)
    return True


def _tell_screens() -> None:
    """A phone may be that of several students, of several staff."""
    active = User.objects.filter(is_active=True)
    notify_screens(active.values_list("pk", flat=True), REACH_CHANGED)
