"""Whether and how a student can be reached, in words: for lists, profiles and the composer."""

from dataclasses import dataclass

from quadline.accounts.models import User
from quadline.consent import ledger
from quadline.consent.questions import pairs_in_question
from quadline.consent.rules import REASON_WORDS, Reason
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student


@dataclass(frozen=True)
class Reach:
    """A chip (label, tone, icon) and, where there is one, the reason behind it."""

    label: str
    tone: str
    icon: str
    why: str = ""


CAN = Reach("Can be texted", "ok", "tick")
OPTED_OUT = Reach("Opted out", "bad", "ban", REASON_WORDS[Reason.OPTED_OUT])
ASKED = Reach("Asked to stop?", "warn", "question", REASON_WORDS[Reason.ASKED])
NO_MOBILE = Reach("No mobile", "warn", "no-phone", REASON_WORDS[Reason.NO_MOBILE])
LANDLINE = Reach("Landline only", "warn", "landline", REASON_WORDS[Reason.LANDLINE])


def reach_of(students: list[Student], user: User) -> dict[int, Reach]:
    """How each student can be reached by this user, by student id; one look at the ledger for all."""
    number = SystemNumber.objects.of(user)
    system_phone = number.phone if number else ""
    pairs = [(student.mobile, system_phone) for student in students if student.mobile and system_phone]
    out, asked = ledger.opted_out(pairs), pairs_in_question(pairs)
    return {student.pk: _reach(student, (student.mobile, system_phone), out, asked) for student in students}


def _reach(student: Student, pair: ledger.Pair, out: set[ledger.Pair], asked: set[ledger.Pair]) -> Reach:
    if not student.mobile:
        return LANDLINE if student.landline else NO_MOBILE
    if pair in out:
        return OPTED_OUT
    return ASKED if pair in asked else CAN
