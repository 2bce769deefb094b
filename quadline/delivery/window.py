"""How many texts are at the carrier at once: as many as keep it busy, no more.

What it answers in a second, times the seconds of its quickest answer, is what can be under way there; twice that finds
out whether there is room for more. Any further ones would only wait in this process, and single texts behind them.
"""

from math import ceil, inf

FEWEST = 16


class Window:
    def __init__(self, *, most: int, now: float) -> None:
        self._most = most
        self._fewest = min(FEWEST, most)
        self._quickest = inf  # seconds
        self._answers = 0
        self._since = now
        self.size = self._fewest

    def begin(self, now: float) -> None:
        """Nothing was under way until now."""
        self._answers, self._since = 0, now

    def answered(self, seconds: float, now: float) -> None:
        """A call ended that took so long, and texts are ready for its place."""
        self._quickest = min(self._quickest, seconds)
        self._answers += 1
        if self._answers >= self.size and now > self._since:
            pace = self._answers / (now - self._since)
            self.size = max(self._fewest, min(self._most, ceil(2 * pace * self._quickest)))
            self.begin(now)
