"""P9, held against the evidence: no number above its rate,
for a moment or in the long run.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate

from tests.faults.harness.evidence import Evidence
from tests.faults.harness.load import Done
from tests.faults.harness.stage import RATE

# seconds. A moment; and where the rate itself is a little too high, it adds up
WINDOWS = (10.0, 60.0, 300.0)
# A number that was late to its turn goes on from the turn, so this much is made up for
# at the beginning of a window, and never again: what it was later than that is not
# saved up.
CATCH_UP = 0.5
# Texts that were claimed before a window, each at its turn, and were taken in it: their
# worker or the carrier was paused meanwhile. However long the window is, they are no
# more.
IN_HAND = 16


def no_number_above_its_rate(seen: Evidence, done: Done) -> Iterator[str]:
    """P9. A worker that was paused with claimed texts hands those over
    late: never more than it may hold.
    """
    for window in WINDOWS:
        for number, most in busiest(seen, window).items():
            if most > RATE * (window + CATCH_UP) + IN_HAND:
                yield f"{number} sent {most} segments within {window:.0f} s"


def busiest(seen: Evidence, window: float) -> dict[str, int]:
    """The most segments of each number within any so many seconds."""
    at: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for line in seen.accepts:
        at[line["from"]].append((line["at"], line["segments"]))
    most = {}
    for number, lines in at.items():
        lines.sort()
        times = [time for time, _ in lines]
        sums = [0, *accumulate(segments for _, segments in lines)]
        most[number] = max(
            sums[bisect_left(times, time + window)] - sums[begin]
            for begin, time in enumerate(times)
        )
    return most
