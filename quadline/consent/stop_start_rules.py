"""Which of a student's words was said last: facts in, a verdict out. No database here.

A word is heard later than it was said, and not in the order it was said: a webhook may
be late, a lost one is read from the carrier's log. So order is decided by one clock
only, the carrier's. In doubt STOP wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from quadline.consent.rules import Change

# Words further apart than this, by every clock that dates them, are in order without
# asking the carrier. It tries a webhook four times, 15 s each
# (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides, 2026-11).
NEAR = timedelta(minutes=15)


class WordSource(StrEnum):
    """Who can date a word."""

    TEXT = "text"  # a student's own text: the carrier
    # the carrier would not take a text of ours: we know when we called
    REFUSAL = "refusal"
    TOLD = "told"  # to a staff member or by email: our clock alone


@dataclass(frozen=True)
class Word:
    """One opt-out or opt-in. ``carrier_at``: by the carrier's clock, in
    whole seconds; None: not asked yet.

    ``occurred_at``: as well as we know. ``heard_at``: when it was written down, by the
    clock of our database.
    """

    id: int
    change: Change
    kind: WordSource
    occurred_at: datetime
    heard_at: datetime
    carrier_at: datetime | None = None

    @property
    def earliest(self) -> datetime:
        """It cannot have been said before."""
        return min(self.occurred_at, self.heard_at)

    @property
    def latest(self) -> datetime:
        """It cannot have been said after."""
        return max(self.occurred_at, self.heard_at)


@dataclass(frozen=True)
class WordStanding:
    """The word that counts. ``is_in_doubt``: an opt-out, for the
    order of the words is not known yet.
    """

    last: Word
    is_in_doubt: bool = False


def comes_after(start: Word, stop: Word) -> bool | None:
    """Whether an opt-in was said after an opt-out. None: only the carrier can tell.

    Two words of one second are no order: the opt-out counts.
    """
    if start.carrier_at and stop.carrier_at:
        return start.carrier_at > stop.carrier_at
    if stop.kind is WordSource.REFUSAL:
        return _undoes_refusal(start, stop)
    if stop.kind is WordSource.TOLD:
        return start.earliest - stop.occurred_at > NEAR
    if start.earliest - stop.latest > NEAR:
        return True
    if stop.earliest - start.latest > NEAR:
        return False
    return None


def standing_of(words: Sequence[Word]) -> WordStanding:
    """Where a pair of phones stands after these words, at least one,
    in the order they were written down.
    """
    stops = [word for word in words if word.change is Change.OPT_OUT]
    starts = [word for word in words if word.change is Change.OPT_IN]
    after = {start.id: {comes_after(start, stop) for stop in stops} for start in starts}
    after_every_stop = [start for start in starts if after[start.id] <= {True}]
    if after_every_stop:
        return WordStanding(_newest(after_every_stop))
    # a START that no STOP is known to follow may be the last word
    is_in_doubt = any(False not in answers for answers in after.values())
    open_stops = [stop for stop in stops if _is_open(stop, starts)]
    return WordStanding(_newest(open_stops), is_in_doubt)


def counts(word: Word, heard_before: Sequence[Word]) -> bool | None:
    """Whether a word changed anything when it was heard.
    None: only the carrier can tell.
    """
    others = [other for other in heard_before if other.change is not word.change]
    if word.change is Change.OPT_OUT:
        return not any(comes_after(start, word) for start in others)
    answers = {comes_after(word, stop) for stop in others}
    if False in answers:
        return False
    return None if None in answers else True


def _is_open(stop: Word, starts: Sequence[Word]) -> bool:
    answers = [comes_after(start, stop) for start in starts]
    return True not in answers


def _newest(words: Sequence[Word]) -> Word:
    return max(words, key=_when_said)


def _when_said(word: Word) -> tuple[datetime, int]:
    """Of two words of one moment the later is the one written down last."""
    return word.occurred_at, word.id


def _undoes_refusal(start: Word, refusal: Word) -> bool:
    """A START that was heard after the call; but not one that a log told
    late and that is older than the call.

    Who presses START in the email about the refused text is back within a minute, so
    nothing is waited for here. If it came too early after all, the carrier still
    refuses, and that is a newer refusal.
    """
    is_old = start.occurred_at < refusal.occurred_at - NEAR
    return start.heard_at > refusal.occurred_at and not is_old
