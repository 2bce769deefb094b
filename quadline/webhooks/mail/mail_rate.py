"""How much mail is taken: from one sender, and in all.

Above it, a mail server is asked to try again later. Pure but for the memory of who
came; time is passed in, in seconds.
"""

from collections import OrderedDict
from dataclasses import dataclass

# A person who answers, and a gateway of a family: far above what either writes.
EACH_BURST, EACH_PER_SECOND = 30, 0.1
# A caseload of thousands that answers at once, absences and returned mail with it.
ALL_BURST, ALL_PER_SECOND = 2_000, 20.0
MAX_SENDERS = 10_000
EVERYBODY = ""


@dataclass
class TokenBucket:
    """What may still come: filled again as time passes."""

    left: float
    at: float


class MailRate:
    """One for each door. The null sender counts in all only: returned mail has it."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def takes(
        self,
        sender: str,
        *,
        now: float,
    ) -> bool:
        """Whether one more is taken now; if so, it is counted."""
        everybody = self._bucket(EVERYBODY, ALL_BURST, ALL_PER_SECOND, now)
        # Nobody is counted who is not taken: coming again costs no turn.
        if everybody.left < 1:
            return False
        if sender:
            each = self._bucket(sender.lower(), EACH_BURST, EACH_PER_SECOND, now)
            if each.left < 1:
                return False
            each.left -= 1
        everybody.left -= 1
        return True

    def _bucket(
        self,
        name: str,
        burst: int,
        per_second: float,
        now: float,
    ) -> TokenBucket:
        # Taken out and put in again: who came last stands last.
        bucket = self._buckets.pop(name, None) or TokenBucket(burst, now)
        passed = max(0.0, now - bucket.at)
        filled = TokenBucket(min(burst, bucket.left + passed * per_second), now)
        self._buckets[name] = filled
        while len(self._buckets) > MAX_SENDERS:
            self._forget_the_oldest()
        return filled

    def _forget_the_oldest(self) -> None:
        for name in self._buckets:
            if name != EVERYBODY:
                del self._buckets[name]
                return
