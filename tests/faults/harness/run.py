"""One run: a load and a nemesis from a seed, then peace, then the
checker. ``make faults SEED=7 MINUTES=1``.
"""

import argparse
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from tests.faults.harness import checker, evidence, load, nemesis
from tests.faults.harness.report import Report
from tests.faults.harness.stage import Stage, raised

# most of it is the numbers' own rate, and an email's wait for its next try
SETTLED_WITHIN = 1200.0
EVERY = 0.8  # seconds between two blows, on average


def fought(
    stage: Stage,
    *,
    seed: int,
    seconds: float,
    blows: list[nemesis.Blow] | None = None,
    within: float = SETTLED_WITHIN,
) -> Report:
    """Load and nemesis for so long; then everything is fixed, and all
    that is under way may come to its end.

    ``blows``: what goes wrong, when it is not the dice that say so.
    """
    stage.simulator.settings(log_clock_ahead=nemesis.log_clock_ahead(seed))
    load.open_windows(stage)
    are_named = blows is not None
    blows = (
        nemesis.planned(seed, seconds=seconds, every=EVERY) if blows is None else blows
    )
    college, firsts = (
        {"staff": len(stage.staff), "students": len(stage.students)},
        nemesis.moments_of_buying(blows),
    )
    people = load.Load(
        stage, load.planned(seed, seconds=seconds, firsts=firsts, **college)
    )
    trouble = nemesis.Nemesis(stage, blows)
    people.start()
    trouble.run(seconds=seconds, every_blow=are_named)
    stage.heal()
    healed = time.monotonic()
    done = people.wait()
    left = _settled(stage, until=healed + within)
    recovered = time.monotonic() - healed
    seen = evidence.gathered(stage)
    report = Report(
        seed,
        seconds,
        trouble.struck,
        done,
        seen,
        recovered,
        left,
        checker.broken(seen, done),
    )
    (stage.data / "nemesis.log").write_text(
        "\n".join(f"{at:.3f} {what}" for at, what in trouble.log)
    )
    return report


def _settled(stage: Stage, *, until: float) -> dict[str, int]:
    """Waits until nothing is under way, twice in a row; what is
    still left when the time is over.
    """
    calm = 0
    left: dict[str, int] = {"everything": 1}
    while time.monotonic() < until and calm < 2:
        with suppress(psycopg.OperationalError, OSError):
            left = evidence.unsettled(stage)
        calm = 0 if left else calm + 1
        time.sleep(1.0)
    return left


def main() -> None:
    options = argparse.ArgumentParser("make faults")
    options.add_argument("--minutes", type=float, default=1.0)
    options.add_argument(
        "--seed", type=int, action="append", help="may be given several times"
    )
    options.add_argument("--write", type=Path, help="put the figures into this page")
    chosen = options.parse_args()
    reports = []
    for seed in chosen.seed or [int(time.time()) % 10_000]:
        data = Path(tempfile.mkdtemp(prefix=f"quadline-faults-{seed}-"))
        print(f"Seed {seed}: what the processes say is kept in {data}", flush=True)
        with raised(data) as stage:
            reports.append(fought(stage, seed=seed, seconds=chosen.minutes * 60))
        print(reports[-1], flush=True)
    if chosen.write:
        from tests.faults.harness.page import write

        write(chosen.write, reports)
    sys.exit(0 if all(report.holds for report in reports) else 1)


if __name__ == "__main__":
    # no shared server: each run has one of its own
    os.environ.setdefault("DATABASE_URL", "postgresql://none/")
    import tests.environment  # noqa: F401  # the settings of tests

    main()
