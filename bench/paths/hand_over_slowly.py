"""Hand over to a carrier that takes 100 ms for each text: how much of the time as many
as may be are in flight.
"""

from bench.figures import Figures, Reach, Row, Work
from bench.paths.hand_over import handed_over
from quadline.delivery.sending import sender

CARRIER_SECONDS = 0.1  # as the stand-in is started for this path (paths/__init__.py)
TITLE = "hand over, 100 ms carrier"
ROWS = (Row(TITLE, "texts/s", "N in flight / 100 ms", Reach(at_least=0.85)),)


def measure(work: Work) -> Figures:
    count = work.of(20_000, quick=8_000)
    return {TITLE: handed_over(count)}


def limit(work: Work) -> Figures:
    return {TITLE: sender.MAX_CONCURRENT_CALLS / CARRIER_SECONDS}
