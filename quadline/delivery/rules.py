"""The law of a text on its way: what it waits for, when to try again, when to look,
when to stop. No database here.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from quadline.consent.rules import Verdict
from quadline.conversations.rules import (
    NEVER_REACHED_THE_STUDENT,
    Pending,
    Status,
    WaitingFor,
)

MAX_ATTEMPTS = 3  # hand-overs whose outcome stayed unknown; then a person decides
MAX_LOOKUPS = 2
MAX_RETRY_WAIT = timedelta(minutes=5)
MAX_ASKED_FOR = timedelta(hours=1)  # by the carrier, until it is called again
# A worker that was paused longer than this between committing an attempt and calling
# the carrier does not call: by then somebody else may be settling the attempt.
CLAIM_VALID_FOR = timedelta(seconds=20)
# A call begins within this of the look at consent. A STOP waits three seconds longer
# (consent/ledger.py): for the call.
CONSENT_CHECK_VALID_FOR = timedelta(seconds=2)
# However it went, the call of an attempt is over then: it begins within CLAIM_VALID_FOR
# and takes 15 s at most.
CALL_ENDED_AFTER = CLAIM_VALID_FOR + timedelta(seconds=15)
# An attempt without an outcome after this belongs to a worker that died. With the
# sweep's ten seconds nobody is missed for longer than a minute.
ATTEMPT_LOST_AFTER = timedelta(seconds=45)
FIRST_LOOK_AFTER = timedelta(seconds=5)
SECOND_LOOK_AFTER = timedelta(seconds=60)
# The carrier's clock and ours may differ by this. Whether they do by more nobody can
# tell afterwards, so before a text counts as not there the last look goes back further:
# a text adopted wrongly would have to have the same words, within a day, and to be no
# row's.
CLOCKS_DIFFER_BY = timedelta(minutes=5)
CLOCKS_DIFFER_AT_MOST_BY = timedelta(hours=25)
# Of a check that runs every night: so that one that came late leaves no gap.
NIGHTLY_LOOK_BACK = timedelta(hours=30)
# How long after a text was sent the carrier is asked what became of it, when no news
# came, and how often at most. A carrier keeps trying a phone that is switched off for
# hours, some for three days.
RECEIPT_LOOKS: dict[timedelta, timedelta] = {
    timedelta(minutes=1): timedelta(0),
    timedelta(minutes=30): timedelta(minutes=5),
    timedelta(hours=4): timedelta(minutes=15),
    timedelta(days=1): timedelta(hours=1),
    timedelta(days=3): timedelta(hours=6),
}
# a number this late to its turn goes on from the turn; later, from now
CATCH_UP = timedelta(seconds=0.5)
BURST_WINDOW = timedelta(
    seconds=0.25
)  # a fast number takes what fits into this at once
# Single texts of one author to one student. Nobody types faster than one in three
# seconds for a minute: that is a key held down, a form sent again and again, or a
# script.
TEXTS_COUNTED_FOR = timedelta(minutes=1)
MAX_TEXTS_UNASKED = 20
FIRST_RESEND_AFTER, LONGEST_RESEND_WAIT = timedelta(minutes=1), timedelta(minutes=15)
MAX_WAIT_FOR_SERVER = timedelta(minutes=2)
# An email that is "sending" for longer belongs to a worker that died: each step with a
# mail server takes 10 s at most.
EMAIL_LOST_AFTER = timedelta(seconds=60)


def waits_for(
    verdict: Verdict,
    *,
    now: datetime,
    is_bulk: bool,
    has_active_number: bool = True,
    is_paused: bool = False,
    is_out_of_reach: bool = False,
    used_up_until: datetime | None = None,
) -> Pending:
    """What a text waits for, and until when it cannot leave.
    The first that holds counts.

    ``verdict``: the law's on texting this student now. ``is_out_of_reach``: its author
    may not text this student. ``used_up_until``: when the college's next day begins,
    once the texts of this one are used up.
    """
    if is_paused:
        return Pending(WaitingFor.PAUSED)
    if is_out_of_reach:
        return Pending(WaitingFor.AUTHOR)
    if verdict.is_held and verdict.until is None:
        return Pending(WaitingFor.QUESTION)
    # No time is needed: the sender takes only texts whose number is active.
    if not has_active_number:
        return Pending(WaitingFor.NUMBER, now)
    if used_up_until:
        return Pending(WaitingFor.TOMORROW, used_up_until)
    if verdict.until:
        return Pending(WaitingFor.QUIET_HOURS, verdict.until)
    # A refusal of a text that was accepted holds nothing: the sender's last look
    # closes it.
    return Pending(WaitingFor.TURN if is_bulk else "", now)


def is_notice_due(given: Iterable[Status]) -> bool:
    """Whether a text ends with the opt-out notice.

    ``given``: where the texts stand that carried it from its number to this student at
    this phone.
    """
    # CTIA Messaging Principles (2023): the first text names the sender and says how to
    # opt out.
    return all(status in NEVER_REACHED_THE_STUDENT for status in given)


def asks_before_another(single_texts: int) -> bool:
    """Whether its author is asked before one more text leaves; ``single_texts`` counts
    those to the same student within TEXTS_COUNTED_FOR. A broadcast counts for none."""
    return single_texts >= MAX_TEXTS_UNASKED


def wait_before_resend(
    tries: int,
    *,
    is_about_server: bool,
    jitter: float,
) -> timedelta:
    """How long an email waits after the mail server did not take it: a minute,
    doubling. ``jitter`` from 0 to 1.
    """
    doublings = min(max(tries, 1) - 1, 10)
    doubled = FIRST_RESEND_AFTER * int(2**doublings)
    # A server that is away is asked again every other minute: one question serves all
    # that wait, and they leave soon after it is back.
    longest = MAX_WAIT_FOR_SERVER if is_about_server else LONGEST_RESEND_WAIT
    return min(doubled, longest) * (0.9 + 0.2 * jitter)


def wait_before_retry(
    attempts: int,
    *,
    asked_for: float,
    jitter: float,
) -> timedelta:
    """How long after a provably unsent attempt to try again: as asked by
    the carrier, else doubling from 2 s.

    ``attempts`` counts those made; ``asked_for`` is in seconds; ``jitter`` from 0 to 1
    spreads the retries.
    """
    if asked_for:
        asked = timedelta(seconds=asked_for * (1 + 0.1 * jitter))
        return min(asked, MAX_ASKED_FOR)
    doubled = timedelta(seconds=2 ** min(attempts, 12)) * (0.75 + 0.5 * jitter)
    return min(doubled, MAX_RETRY_WAIT)


def next_look_after(looks: int) -> timedelta | None:
    """How long after an attempt the log is read the next time; None
    when it has been read often enough.
    """
    if looks >= MAX_LOOKUPS:
        return None
    return (FIRST_LOOK_AFTER, SECOND_LOOK_AFTER)[looks]


def look_back_for(looks: int) -> timedelta:
    """How long before the attempt, by our clock, the log is read.
    ``looks``: how often it was read before.
    """
    return CLOCKS_DIFFER_BY if looks + 1 < MAX_LOOKUPS else CLOCKS_DIFFER_AT_MOST_BY


def texts_at_once(rate: float, *, share: int) -> int:
    """How many texts of one number are claimed together: its share of what
    is claimed, and what its rate allows.

    ``rate`` is in segments a second; 0: no limit.
    """
    allowed = int(rate * BURST_WINDOW.total_seconds()) if rate else share
    return max(1, min(share, allowed))
