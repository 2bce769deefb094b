"""Which text of the carrier's log is which of ours: the same two phones and words,
oldest first, one to one. No database here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quadline.carriers.protocol import SentText


@dataclass(frozen=True)
class UnknownAttempt:
    """A text that the carrier may have; ``since`` is before the
    earliest moment it can have taken it.
    """

    attempt_id: int
    system_phone: str
    student_phone: str
    body: str
    since: datetime


@dataclass(frozen=True)
class MatchedAttempt:
    attempt_id: int
    carrier_message_id: str


def match_log(
    sought: Iterable[UnknownAttempt],
    log: Mapping[str, Sequence[SentText]],
    *,
    taken: set[str],
) -> list[MatchedAttempt]:
    """``sought`` oldest first, ``log`` by system phone, ``taken``: the
    carrier's ids that are other rows'.
    """
    free = {phone: _by_words(texts, taken) for phone, texts in log.items()}
    found: list[MatchedAttempt] = []
    for each in sought:
        of_number = free.get(each.system_phone, {})
        alike = of_number.get((each.student_phone, each.body), [])
        # The carrier keeps no name of ours for a text: two of the same words in doubt
        # at once are told apart by their order only. As many are found as the log has,
        # no matter which is whose.
        text = next((text for text in alike if text.sent_at >= each.since), None)
        if text:
            alike.remove(text)
            found.append(MatchedAttempt(each.attempt_id, text.carrier_message_id))
    return found


def _by_words(
    texts: Sequence[SentText], taken: set[str]
) -> dict[tuple[str, str], list[SentText]]:
    """Oldest first; the log is newest first."""
    by_words: dict[tuple[str, str], list[SentText]] = defaultdict(list)
    for text in reversed(texts):
        if text.carrier_message_id not in taken:
            by_words[text.student_phone, text.body].append(text)
    return by_words
