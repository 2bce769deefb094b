"""The law of an attempt: when to try again, when to look, when to stop. No database here."""

from datetime import timedelta

MOST_ATTEMPTS = 3  # hand-overs whose outcome stayed unknown; then a person decides
MOST_LOOKS = 2
LONGEST_WAIT = timedelta(minutes=5)
# A worker that was paused longer than this between committing an attempt and calling the carrier does not call:
# by then somebody else may be settling the attempt.
STALE_AFTER = timedelta(seconds=20)
# An attempt without an outcome after this belongs to a worker that died (a call itself takes 15 s at most).
LOST_AFTER = timedelta(seconds=60)
FIRST_LOOK_AFTER = timedelta(seconds=5)
SECOND_LOOK_AFTER = timedelta(seconds=60)
CATCH_UP = timedelta(seconds=0.5)  # a number this late to its turn goes on from the turn; later, from now
IN_ONE_GO = timedelta(seconds=0.25)  # a fast number takes what fits into this at once


def wait_before_retry(attempts: int, *, asked_for: float, jitter: float) -> timedelta:
    """How long after a provably unsent attempt to try again: as asked by the carrier, else doubling from 2 s.

    ``attempts`` counts those made; ``asked_for`` is in seconds; ``jitter`` from 0 to 1 spreads the retries.
    """
    if asked_for:
        return timedelta(seconds=asked_for * (1 + 0.1 * jitter))
    doubled = timedelta(seconds=2 ** min(attempts, 12)) * (0.75 + 0.5 * jitter)
    return min(doubled, LONGEST_WAIT)


def next_look(looks: int) -> timedelta | None:
    """How long after an attempt the log is read the next time; None when it has been read often enough."""
    return (FIRST_LOOK_AFTER, SECOND_LOOK_AFTER)[looks] if looks < MOST_LOOKS else None


def texts_at_once(rate: float, *, share: int) -> int:
    """How many texts of one number are claimed together: its share of what is claimed, and what its rate allows.

    ``rate`` is in segments a second; 0: no limit.
    """
    allowed = int(rate * IN_ONE_GO.total_seconds()) if rate else share
    return max(1, min(share, allowed))
