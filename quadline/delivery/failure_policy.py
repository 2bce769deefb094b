"""The law of a failure: what follows for its text, its phone
and the college. No database here.
"""

from enum import StrEnum

from quadline.carriers.protocol import Failure, Remedy


class FailureSource(StrEnum):
    REFUSAL = "refusal"  # the carrier did not take the text
    RECEIPT = "receipt"  # it had taken it, and says later that it did not arrive


class FollowUp(StrEnum):
    EMAIL_NOW = "email_now"
    EMAIL_AFTER_HOLD = "email_after_hold"  # a late "delivered" may still come
    TRY_UNTIL_DEADLINE = "try_until_deadline"
    TRY_BRIEFLY = "try_briefly"  # a person may fix it within minutes


# What the carrier did not take may be handed over again. What it took never is: it may
# have arrived all the same.
FOLLOW_UPS: dict[tuple[FailureSource, Remedy], FollowUp] = {
    (FailureSource.REFUSAL, Remedy.BAD_NUMBER): FollowUp.EMAIL_NOW,
    (FailureSource.REFUSAL, Remedy.OPTED_OUT): FollowUp.EMAIL_NOW,
    (FailureSource.REFUSAL, Remedy.THIS_TEXT): FollowUp.EMAIL_NOW,
    (FailureSource.REFUSAL, Remedy.UNKNOWN): FollowUp.EMAIL_NOW,
    (FailureSource.REFUSAL, Remedy.LATER): FollowUp.TRY_UNTIL_DEADLINE,
    (FailureSource.REFUSAL, Remedy.COLLEGE): FollowUp.TRY_BRIEFLY,
    **{(FailureSource.RECEIPT, remedy): FollowUp.EMAIL_AFTER_HOLD for remedy in Remedy},
}
# That a number is too new passes within hours; a text for it waits as it does for
# any other new number.
TRANSIENT_FAILURES = frozenset({Failure.NOT_REGISTERED, Failure.NOT_IN_CAMPAIGN})
# After how many texts that failed so a phone counts as bad. One "not in service" may be
# the network's mistake.
BAD_NUMBER_AFTER: dict[Failure, int] = {
    Failure.INVALID_NUMBER: 1,
    Failure.LANDLINE: 1,
    Failure.DISCONNECTED: 2,
    Failure.NO_ROUTE: 2,
}


def follow_up_of(moment: FailureSource, failure: Failure) -> FollowUp:
    if moment is FailureSource.REFUSAL and failure in TRANSIENT_FAILURES:
        return FollowUp.TRY_UNTIL_DEADLINE
    return FOLLOW_UPS[moment, failure.remedy]


def concerns_administrators(failure: Failure) -> bool:
    """Whether more texts will fail the same way until a person fixes the college's
    set-up, or what is written in texts.
    """
    return failure.remedy is Remedy.COLLEGE or failure is Failure.FILTERED
