"""The law of a failure: what follows for its text, its phone
and the college. No database here.
"""

from enum import StrEnum

from quadline.carriers.protocol import Failure, Remedy


class Moment(StrEnum):
    REFUSAL = "refusal"  # the carrier did not take the text
    RECEIPT = "receipt"  # it had taken it, and says later that it did not arrive


class Step(StrEnum):
    EMAIL_NOW = "email_now"
    EMAIL_AFTER_HOLD = "email_after_hold"  # a late "delivered" may still come
    TRY_UNTIL_DEADLINE = "try_until_deadline"
    TRY_BRIEFLY = "try_briefly"  # a person may fix it within minutes


# What the carrier did not take may be handed over again. What it took never is: it may
# have arrived all the same.
STEPS: dict[tuple[Moment, Remedy], Step] = {
    (Moment.REFUSAL, Remedy.BAD_NUMBER): Step.EMAIL_NOW,
    (Moment.REFUSAL, Remedy.OPTED_OUT): Step.EMAIL_NOW,
    (Moment.REFUSAL, Remedy.THIS_TEXT): Step.EMAIL_NOW,
    (Moment.REFUSAL, Remedy.UNKNOWN): Step.EMAIL_NOW,
    (Moment.REFUSAL, Remedy.LATER): Step.TRY_UNTIL_DEADLINE,
    (Moment.REFUSAL, Remedy.COLLEGE): Step.TRY_BRIEFLY,
    **{(Moment.RECEIPT, remedy): Step.EMAIL_AFTER_HOLD for remedy in Remedy},
}
# That a number is too new passes within hours; a text for it waits as it does for
# any other new number.
MENDS_ITSELF = frozenset({Failure.NOT_REGISTERED, Failure.NOT_IN_CAMPAIGN})
# After how many texts that failed so a phone counts as bad. One "not in service" may be
# the network's mistake.
BAD_AFTER: dict[Failure, int] = {
    Failure.INVALID_NUMBER: 1,
    Failure.LANDLINE: 1,
    Failure.DISCONNECTED: 2,
    Failure.NO_ROUTE: 2,
}


def step_after(moment: Moment, failure: Failure) -> Step:
    if moment is Moment.REFUSAL and failure in MENDS_ITSELF:
        return Step.TRY_UNTIL_DEADLINE
    return STEPS[moment, failure.remedy]


def concerns_administrators(failure: Failure) -> bool:
    """Whether more texts will fare alike until a person mends the college's
    set-up, or what is written in texts.
    """
    return failure.remedy is Remedy.COLLEGE or failure is Failure.FILTERED
