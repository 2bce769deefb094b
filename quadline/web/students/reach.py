"""Whether and how a student can be reached, as the screens show it; what it is,
delivery/permission/reach.py says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from quadline.accounts.models import User
from quadline.consent.rules import REASON_WORDS, Reason
from quadline.delivery.permission import opt_out_scope, reach
from quadline.roster.models import Student


@dataclass(frozen=True)
class ReachChip:
    """A chip (label, tone, icon) and, where there is one, the reason
    behind it; ``key`` as delivery has it.
    """

    label: str
    tone: str
    icon: str
    why: str = ""
    key: str = ""


# One for each key of delivery/permission/reach.py; "" is no reason against it.
REACHABLE_CHIP = ReachChip("Can be texted", "ok", "tick")
OPTED_OUT_CHIP = ReachChip(
    "Opted out",
    "bad",
    "ban",
    REASON_WORDS[Reason.OPTED_OUT],
    Reason.OPTED_OUT,
)
ASKED_CHIP = ReachChip(
    "Asked to stop?",
    "warn",
    "question",
    REASON_WORDS[Reason.ASKED],
    Reason.ASKED,
)
NO_MOBILE_CHIP = ReachChip(
    "No mobile",
    "warn",
    "no-phone",
    REASON_WORDS[Reason.NO_MOBILE],
    Reason.NO_MOBILE,
)
LANDLINE_CHIP = ReachChip(
    "Landline only",
    "warn",
    "landline",
    REASON_WORDS[Reason.LANDLINE],
    Reason.LANDLINE,
)
BAD_NUMBER_CHIP = ReachChip(
    "Number not working",
    "warn",
    "no-phone",
    REASON_WORDS[Reason.BAD_NUMBER],
    Reason.BAD_NUMBER,
)
WRONG_NUMBER_CHIP = ReachChip(
    "Wrong number",
    "warn",
    "no-phone",
    REASON_WORDS[Reason.WRONG_NUMBER],
    Reason.WRONG_NUMBER,
)
NO_CONSENT_CHIP = ReachChip(
    "No consent on file",
    "warn",
    "ban",
    REASON_WORDS[Reason.NO_CONSENT],
    Reason.NO_CONSENT,
)
REACH_CHIPS = {
    chip.key: chip
    for chip in (
        REACHABLE_CHIP,
        OPTED_OUT_CHIP,
        ASKED_CHIP,
        NO_MOBILE_CHIP,
        LANDLINE_CHIP,
        BAD_NUMBER_CHIP,
        WRONG_NUMBER_CHIP,
        NO_CONSENT_CHIP,
    )
}


def reach_chips(students: Sequence[Student], author: User) -> dict[int, ReachChip]:
    """How each student can be reached by this user, by
    student id; a few queries for all.
    """
    out = ReachChip(
        "Cannot be texted",
        "warn",
        "lock",
        reach.why_out_of_reach(author),
        reach.OUT_OF_REACH,
    )
    # Whose texts an opt-out ends is a setting of the college.
    why_opted_out = opt_out_scope.reason_words(Reason.OPTED_OUT)
    chips = REACH_CHIPS | {
        OPTED_OUT_CHIP.key: replace(OPTED_OUT_CHIP, why=why_opted_out)
    }
    keys = reach.reach_by_student(students, author)
    return {pk: chips.get(key, out) for pk, key in keys.items()}
