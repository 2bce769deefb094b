"""A student's phones and the evidence of each, in plain words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from quadline.college.current import college_settings
from quadline.roster.models import PhoneEvidence, Student
from quadline.roster.phones.evidence import (
    consent_by_phone,
    evidence_of,
    is_wrong_number,
)
from quadline.roster.phones.rules import (
    PHONE_KIND_WORDS,
    EvidenceSource,
    EvidenceStatus,
    phone_in_use,
)
from quadline.sms import phones

GIVEN_BY_DEFAULT = (
    "No consent on file. The college counts a number as agreed to when it is given."
)
MISSING = "No consent on file. The college asks for it, so this number gets emails."
CONSENT_WORDS = {
    EvidenceStatus.GIVEN: "Consent to texts is on file.",
    EvidenceStatus.REFUSED: "The student does not want texts on this number.",
}
NEVER_TEXTED = "On file. Never texted."


@dataclass(frozen=True)
class ShownPhone:
    """``is_in_use``: texts go there, if anywhere."""

    label: str
    written: str
    words: str
    is_in_use: bool = False
    is_wrong: bool = False


@dataclass(frozen=True)
class EvidenceLine:
    words: str
    at: datetime
    wording: str = ""


def shown_phones(student: Student) -> list[ShownPhone]:
    """The phone in use first."""
    return list(_phones(student))


def evidence_lines(student: Student) -> list[EvidenceLine]:
    """What was said of all the phones, what was written down last first."""
    return [
        EvidenceLine(_line(entry, student), entry.said_at, entry.wording)
        for entry in evidence_of(student)
    ]


def _phones(student: Student) -> Iterator[ShownPhone]:
    mobile = phone_in_use(student.mobile)
    if mobile:
        is_wrong = is_wrong_number(student, mobile)
        yield ShownPhone(
            label="Mobile",
            written=phones.written(mobile),
            words=_standing(student, mobile, is_wrong=is_wrong),
            is_in_use=True,
            is_wrong=is_wrong,
        )
    if student.landline:
        written = phones.written(student.landline)
        yield ShownPhone("Landline", written, NEVER_TEXTED)
    for other in student.phones_on_file:
        label = PHONE_KIND_WORDS[other.kind]
        yield ShownPhone(label, phones.written(other.phone), NEVER_TEXTED)


def _standing(student: Student, mobile: str, *, is_wrong: bool) -> str:
    if is_wrong:
        return "Reported as a wrong number. It gets no texts."
    consent = consent_by_phone(student, [mobile]).get(mobile, "")
    if consent in CONSENT_WORDS:
        return CONSENT_WORDS[EvidenceStatus(consent)]
    is_required = college_settings().consent_evidence == "required"
    return MISSING if is_required else GIVEN_BY_DEFAULT


def _line(entry: PhoneEvidence, student: Student) -> str:
    said = {
        EvidenceStatus.GIVEN: "agreed to texts",
        EvidenceStatus.REFUSED: "does not want texts",
        EvidenceStatus.UNKNOWN: "consent no longer on the roster",
        EvidenceStatus.WRONG: f"reported not to be {student.first}’s",
        EvidenceStatus.CONFIRMED: f"confirmed as {student.first}’s",
    }
    parts = [said[EvidenceStatus(entry.status)], entry.how, _whence(entry)]
    return f"{phones.written(entry.phone)}: {', '.join(filter(None, parts))}"


def _whence(entry: PhoneEvidence) -> str:
    if entry.source == EvidenceSource.ROSTER:
        return "from the roster"
    if entry.source == EvidenceSource.CHECK:
        return "answered by email"
    return f"recorded by {entry.actor.name}" if entry.actor else "recorded by staff"
