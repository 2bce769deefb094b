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
# What somebody at the college can do about each, in plain words; about the others
# nothing is to be done, and the student got an email.
ADVICE: dict[Failure, str] = {
    Failure.INVALID_NUMBER: "Correct the phone in the roster.",
    Failure.LANDLINE: "Ask these students for a mobile number.",
    Failure.DISCONNECTED: "Ask these students for their new number.",
    Failure.NO_ROUTE: "Check these phones. Only US and Canadian numbers can be texted.",
    Failure.OPTED_OUT: "Nothing. Only the student can opt back in, by texting START.",
    Failure.REFUSED_BY_PHONE: "Nothing. Write these students an email.",
    Failure.FILTERED: (
        "Look at the words: shortened links, capitals and many exclamation marks look"
        " like spam. If it goes on, ask the carrier why."
    ),
    Failure.TOO_LARGE: "Write shorter texts, or smaller pictures.",
    Failure.EXPIRED: "See Carrier and Queues above if there are many.",
    Failure.UNREACHABLE: "Nothing, as long as there are few. The phone was off.",
    Failure.NETWORK: "Nothing, as long as there are few.",
    Failure.TOO_MANY: "Lower the rate under Settings, Limits and cost.",
    Failure.DAILY_LIMIT: (
        "Set the daily limit under Settings, Limits and cost, so that texts wait for"
        " the next day; ask the carrier for a higher one."
    ),
    Failure.HELD_BACK: "Wait. If it lasts more than a day, ask the carrier why.",
    Failure.CARRIER_TROUBLE: "Look at the carrier's status page.",
    Failure.NOT_REGISTERED: "Wait up to a day. New numbers are registered slowly.",
    Failure.NOT_IN_CAMPAIGN: "See Numbers, and your campaign in the carrier's console.",
    Failure.NOT_ALLOWED: "Look at what the carrier's console allows your account.",
    Failure.NOT_SET_UP: "Check account, token and service with quadline doctor.",
    Failure.MALFORMED: "Tell whoever looks after Quadline: it should not happen.",
    Failure.UNKNOWN: "Look the code up in the carrier's list of error codes.",
}
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


def reason_of(failure: Failure) -> str:
    """As a message keeps it."""
    return failure.name.lower()


COLLEGE_REASONS = frozenset(
    reason_of(failure) for failure in Failure if failure.remedy is Remedy.COLLEGE
)
ADVICE_BY_REASON = {reason_of(failure): words for failure, words in ADVICE.items()}
