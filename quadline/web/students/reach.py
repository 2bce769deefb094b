"""Whether and how a student can be reached, as the screens show it; what it is,
delivery/permission/reach.py says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from quadline.accounts.models import User
from quadline.consent.rules import REASON_WORDS, Reason
from quadline.delivery.permission import reach, scope
from quadline.roster.models import Student


@dataclass(frozen=True)
class Reach:
    """A chip (label, tone, icon) and, where there is one, the reason
    behind it; ``key`` as delivery has it.
    """

    label: str
    tone: str
    icon: str
    why: str = ""
    key: str = ""


# One for each key of delivery/permission/reach.py; "" is no reason against it.
CAN = Reach("Can be texted", "ok", "tick")
OPTED_OUT = Reach(
    "Opted out",
    "bad",
    "ban",
    REASON_WORDS[Reason.OPTED_OUT],
    Reason.OPTED_OUT,
)
ASKED = Reach(
    "Asked to stop?",
    "warn",
    "question",
    REASON_WORDS[Reason.ASKED],
    Reason.ASKED,
)
NO_MOBILE = Reach(
    "No mobile",
    "warn",
    "no-phone",
    REASON_WORDS[Reason.NO_MOBILE],
    Reason.NO_MOBILE,
)
LANDLINE = Reach(
    "Landline only",
    "warn",
    "landline",
    REASON_WORDS[Reason.LANDLINE],
    Reason.LANDLINE,
)
BAD_NUMBER = Reach(
    "Number not working",
    "warn",
    "no-phone",
    REASON_WORDS[Reason.BAD_NUMBER],
    Reason.BAD_NUMBER,
)
CHIPS = {
    chip.key: chip for chip in (CAN, OPTED_OUT, ASKED, NO_MOBILE, LANDLINE, BAD_NUMBER)
}


def reach_of(students: Sequence[Student], author: User) -> dict[int, Reach]:
    """How each student can be reached by this user, by
    student id; a few looks for all.
    """
    out = Reach(
        "Cannot be texted",
        "warn",
        "lock",
        reach.why_not(author),
        reach.OUT_OF_REACH,
    )
    # Whose texts an opt-out ends is a setting of the college.
    why_opted_out = scope.reason_words(Reason.OPTED_OUT)
    chips = CHIPS | {OPTED_OUT.key: replace(OPTED_OUT, why=why_opted_out)}
    keys = reach.reach_of(students, author)
    return {pk: chips.get(key, out) for pk, key in keys.items()}
