"""Which phone is texted, what evidence of consent says, and when a number counts as
wrong: facts in, a verdict out. No database here.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class EvidenceStatus(StrEnum):
    """What one entry says of a student's phone."""

    GIVEN = "given"  # the student agreed to texts
    REFUSED = "refused"  # the student wants none there
    UNKNOWN = "unknown"  # the roster said so before and says nothing now
    WRONG = "wrong"  # the number is not the student's
    CONFIRMED = "confirmed"  # the number is the student's


class EvidenceSource(StrEnum):
    ROSTER = "roster"  # the college's student system
    STAFF = "staff"  # a staff user recorded what they know
    CHECK = "check"  # the student answered “still your number?”


class PhoneKind(StrEnum):
    MOBILE = "mobile"
    HOME = "home"
    WORK = "work"
    PARENT = "parent"
    OTHER = "other"


# Of these the last one said decides on consent; of the others the last one recorded on
# whose number it is.
OF_CONSENT = (EvidenceStatus.GIVEN, EvidenceStatus.REFUSED, EvidenceStatus.UNKNOWN)
OF_NUMBER = (EvidenceStatus.WRONG, EvidenceStatus.CONFIRMED)
PHONE_KIND_WORDS = {
    PhoneKind.MOBILE: "Mobile",
    PhoneKind.HOME: "Home",
    PhoneKind.WORK: "Work",
    PhoneKind.PARENT: "Parent",
    PhoneKind.OTHER: "Other",
}


class OtherPhone(NamedTuple):
    """A phone on file that is never texted. ``phone``: E.164."""

    phone: str
    kind: PhoneKind

    @property
    def kept(self) -> str:
        """As the roster keeps it: +17345550141 work."""
        return f"{self.phone} {self.kind}"


def phone_in_use(mobile: str) -> str:
    """The phone that is texted, E.164; "" where there is none.

    It is the roster's mobile and never another: a second phone would be a way round a
    STOP, and may be a parent's.
    """
    return mobile


def read_kept_phone(kept: str) -> OtherPhone:
    """Of OtherPhone.kept."""
    phone, _, kind = kept.partition(" ")
    is_known = kind in PhoneKind.__members__.values()
    return OtherPhone(phone, PhoneKind(kind) if is_known else PhoneKind.OTHER)


def read_kept_phones(kept: Iterable[str]) -> list[OtherPhone]:
    return [read_kept_phone(each) for each in kept]


def lacks_consent(consent: EvidenceStatus | None, *, is_demanded: bool) -> bool:
    """Whether a phone may not be texted for want of consent.

    ``consent``: what counts of OF_CONSENT; None where nothing is on file. A refusal
    counts always; silence only where the college demands evidence (CTIA Messaging
    Principles, May 2023: keep proof for each number).
    """
    if consent == EvidenceStatus.REFUSED:
        return True
    return is_demanded and consent != EvidenceStatus.GIVEN
