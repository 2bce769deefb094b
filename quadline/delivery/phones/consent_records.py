"""A student told a staff member that texts to their phone are welcome, or that they are
not: it is recorded, with how, when and the words.
"""

from datetime import datetime, timedelta

from django.db import transaction

from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.college.current import college_settings
from quadline.delivery.phones.closing_texts import close_texts_to
from quadline.delivery.phones.wrong_numbers import PhoneRefused, locked_in_reach
from quadline.roster.models import PhoneEvidence, Student
from quadline.roster.phones.evidence import record_evidence
from quadline.roster.phones.rules import (
    EvidenceSource,
    EvidenceStatus,
    phone_in_use,
)
from quadline.sms import bodies

MAX_HOW = 120
SAID_APART = timedelta(minutes=1)
MAY_BE_RECORDED = (EvidenceStatus.GIVEN, EvidenceStatus.REFUSED)


@transaction.atomic
def record_phone_consent(
    *,
    student: Student,
    status: EvidenceStatus,
    how: str,
    said_at: datetime,
    actor: User,
    now: datetime,
) -> PhoneEvidence:
    """Add what the student said of the phone in use. A STOP stays stronger. Raises
    PhoneRefused.
    """
    locked = locked_in_reach(student, actor)
    said_how = " ".join(bodies.clean(how).split())
    if status not in MAY_BE_RECORDED or not said_how:
        raise PhoneRefused("Say what the student said, and how. Nothing was recorded.")
    if len(said_how) > MAX_HOW:
        over = len(said_how) - MAX_HOW
        raise PhoneRefused(f"How is {over} characters over {MAX_HOW}. Shorten it.")
    if said_at > now:
        raise PhoneRefused("That time is still to come. Say when the student said so.")
    phone = phone_in_use(locked.mobile)
    is_given = status is EvidenceStatus.GIVEN
    if not is_given:
        # A form knows minutes: of what was said within one the refusal counts.
        said_at = min(said_at + SAID_APART, now)
    entry = record_evidence(
        student=locked,
        phone=phone,
        status=status,
        source=EvidenceSource.STAFF,
        said_at=said_at,
        now=now,
        actor=actor,
        how=said_how,
        wording=college_settings().consent_wording if is_given else "",
    )
    closed = close_texts_to(phone, now=now)
    record_audit(
        "phone consent recorded",
        subject=locked,
        actor=actor,
        status=status.value,
        closed=closed,
    )
    return entry
