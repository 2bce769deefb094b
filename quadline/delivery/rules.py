"""The law of an attempt: when to try again, when to look, when to stop, when to write an email instead. No database here."""

from datetime import timedelta
from enum import StrEnum

from quadline.carriers.protocol import Failure, Remedy

MOST_ATTEMPTS = 3  # hand-overs whose outcome stayed unknown; then a person decides
MOST_LOOKS = 2
LONGEST_WAIT = timedelta(minutes=5)
LONGEST_ASKED_FOR = timedelta(hours=1)  # by the carrier, until it is called again
# A worker that was paused longer than this between committing an attempt and calling the carrier does not call:
# by then somebody else may be settling the attempt.
STALE_AFTER = timedelta(seconds=20)
# A call begins within this of the look at consent. A STOP waits three seconds longer (consent/ledger.py): for the call.
LOOK_LASTS = timedelta(seconds=2)
# However it went, the call of an attempt is over then: it begins within STALE_AFTER and takes 15 s at most.
CALL_OVER_AFTER = STALE_AFTER + timedelta(seconds=15)
# An attempt without an outcome after this belongs to a worker that died. With the sweep's ten seconds nobody is missed
# for longer than a minute.
LOST_AFTER = timedelta(seconds=45)
FIRST_LOOK_AFTER = timedelta(seconds=5)
SECOND_LOOK_AFTER = timedelta(seconds=60)
# The carrier's clock and ours may differ by this. Whether they do by more nobody can tell afterwards, so before a text
# counts as not there the last look goes back further: a text adopted wrongly would have to have the same words, within
# a day, and to be no row's.
CLOCKS_DIFFER_BY = timedelta(minutes=5)
CLOCKS_DIFFER_AT_MOST_BY = timedelta(hours=25)
# How long after a text was sent the carrier is asked what became of it, when no news came, and how often at most. A
# carrier keeps trying a phone that is switched off for hours, some for three days.
NEWS_LOOKS: dict[timedelta, timedelta] = {
    timedelta(minutes=1): timedelta(0),
    timedelta(minutes=30): timedelta(minutes=5),
    timedelta(hours=4): timedelta(minutes=15),
    timedelta(days=1): timedelta(hours=1),
    timedelta(days=3): timedelta(hours=6),
}
CATCH_UP = timedelta(seconds=0.5)  # a number this late to its turn goes on from the turn; later, from now
IN_ONE_GO = timedelta(seconds=0.25)  # a fast number takes what fits into this at once
# Single texts of one author to one student. Nobody types faster than one in three seconds
# for a minute: that is a key held down, a form sent again and again, or a script.
TEXTS_COUNTED_FOR = timedelta(minutes=1)
MOST_TEXTS_UNASKED = 20
FIRST_RESEND_AFTER, LONGEST_RESEND_WAIT = timedelta(minutes=1), timedelta(minutes=15)
LONGEST_WAIT_FOR_SERVER = timedelta(minutes=2)
# An email that is "sending" for longer belongs to a worker that died: each step with a mail server takes 10 s at most.
EMAIL_LOST_AFTER = timedelta(seconds=60)


class Moment(StrEnum):
    REFUSAL = "refusal"  # the carrier did not take the text
    RECEIPT = "receipt"  # it had taken it, and says later that it did not arrive


class Step(StrEnum):
    EMAIL_NOW = "email_now"
    EMAIL_AFTER_HOLD = "email_after_hold"  # a late "delivered" may still come
    TRY_UNTIL_DEADLINE = "try_until_deadline"
    TRY_BRIEFLY = "try_briefly"  # a person may mend it within minutes


# What the carrier did not take may be handed over again. What it took never is: it may have arrived all the same.
STEPS: dict[tuple[Moment, Remedy], Step] = {
    (Moment.REFUSAL, Remedy.BAD_NUMBER): Step.EMAIL_NOW,
    (Moment.REFUSAL, Remedy.OPTED_OUT): Step.EMAIL_NOW,
    (Moment.REFUSAL, Remedy.THIS_TEXT): Step.EMAIL_NOW,
    (Moment.REFUSAL, Remedy.UNKNOWN): Step.EMAIL_NOW,
    (Moment.REFUSAL, Remedy.LATER): Step.TRY_UNTIL_DEADLINE,
    (Moment.REFUSAL, Remedy.COLLEGE): Step.TRY_BRIEFLY,
    **{(Moment.RECEIPT, remedy): Step.EMAIL_AFTER_HOLD for remedy in Remedy},
}
# A number that is too new mends itself within hours; a text for it waits as it does for any other new number.
MENDS_ITSELF = frozenset({Failure.NOT_REGISTERED, Failure.NOT_IN_CAMPAIGN})
# After how many texts that failed so a phone counts as bad. One "not in service" may be the network's mistake.
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
    """Whether more texts will fare alike until a person mends the college's set-up, or what is written in texts."""
    return failure.remedy is Remedy.COLLEGE or failure is Failure.FILTERED


def asks_before_another(single_texts: int) -> bool:
    """Whether its author is asked before one more text leaves; ``single_texts`` counts
    those to the same student within TEXTS_COUNTED_FOR. A broadcast counts for none."""
    return single_texts >= MOST_TEXTS_UNASKED


def wait_before_resend(tries: int, *, is_about_server: bool, jitter: float) -> timedelta:
    """How long an email waits after the mail server did not take it: a minute, doubling. ``jitter`` from 0 to 1.

    A server that is away is asked again every other minute: one question serves all that wait, and they leave soon after
    it is back.
    """
    doubled = FIRST_RESEND_AFTER * int(2 ** min(max(tries, 1) - 1, 10))
    longest = LONGEST_WAIT_FOR_SERVER if is_about_server else LONGEST_RESEND_WAIT
    return min(doubled, longest) * (0.9 + 0.2 * jitter)


def wait_before_retry(attempts: int, *, asked_for: float, jitter: float) -> timedelta:
    """How long after a provably unsent attempt to try again: as asked by the carrier, else doubling from 2 s.

    ``attempts`` counts those made; ``asked_for`` is in seconds; ``jitter`` from 0 to 1 spreads the retries.
    """
    if asked_for:
        asked = timedelta(seconds=asked_for * (1 + 0.1 * jitter))
        return min(asked, LONGEST_ASKED_FOR)
    doubled = timedelta(seconds=2 ** min(attempts, 12)) * (0.75 + 0.5 * jitter)
    return min(doubled, LONGEST_WAIT)


def next_look(looks: int) -> timedelta | None:
    """How long after an attempt the log is read the next time; None when it has been read often enough."""
    return (FIRST_LOOK_AFTER, SECOND_LOOK_AFTER)[looks] if looks < MOST_LOOKS else None


def looks_back(looks: int) -> timedelta:
    """How long before the attempt, by our clock, the log is read. ``looks``: how often it was read before."""
    return CLOCKS_DIFFER_BY if looks + 1 < MOST_LOOKS else CLOCKS_DIFFER_AT_MOST_BY


def texts_at_once(rate: float, *, share: int) -> int:
    """How many texts of one number are claimed together: its share of what is claimed, and what its rate allows.

    ``rate`` is in segments a second; 0: no limit.
    """
    allowed = int(rate * IN_ONE_GO.total_seconds()) if rate else share
    return max(1, min(share, allowed))
