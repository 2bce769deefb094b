"""How many texts are looked at before a call is free: as
many as leave within their look.

A worker that is given little of a processor would else claim hundreds, find that their
looks at consent ran out, put them back and claim them again, and send nothing.
"""

INITIAL_PREFETCH = (
    50  # doubled for as long as all leave in time: a slow worker finds out cheaply
)


class PrefetchLimit:
    """Doubles until a look runs out; is halved then, and
    grows by an eighth from there.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._left_in_time = 0  # in a row
        self._halved_at: float | None = None
        self.size = min(INITIAL_PREFETCH, most)

    def record_in_time(self) -> None:
        """A text was called in within its look."""
        self._left_in_time += 1
        if self._left_in_time >= self.size:
            more = self.size if self._halved_at is None else max(1, self.size // 8)
            self.size = min(self._most, self.size + more)
            self._left_in_time = 0

    def record_late(
        self,
        *,
        checked_at: float,
        now: float,
    ) -> None:
        """A text was too late. Those looked at before the
        last halving say nothing new.
        """
        self._left_in_time = 0
        if self._halved_at is None or checked_at > self._halved_at:
            self._halved_at = now
            self.size = max(1, self.size // 2)
