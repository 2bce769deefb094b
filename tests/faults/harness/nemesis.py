"""What goes wrong, and when: made from the seed alone, done from the main thread (a
process ends with the thread that made it).

The carrier is restarted in order, never killed: a real one does not forget what it
took. Everything of ours is killed.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.faults.harness import clocks
from tests.faults.harness.failing import POINTS, WORKER
from tests.faults.harness.stage import OURS, WEBS, WORKERS, Stage

# seconds: in a run of this length the carrier is away for two minutes once
LONG = 300.0
# Longer than a STOP waits for a call under way (five seconds), and longer than a worker
# may be paused (twenty).
PAUSES = (0.5, 1.5, 4.0, 8.0, 23.0)
# points on the way to a number
BUYING = ("before_buying", "after_buying", "after_attaching")
ASKED_OF_CARRIER: list[dict[str, Any]] = [
    {"kind": "accept_then_500", "times": 4},
    {"kind": "accept_then_hang", "times": 3, "seconds": 20},
    {"kind": "slow", "times": 6, "seconds": 2.0},
    {"kind": "slow", "times": 2, "seconds": 6.0},
    {"kind": "reset", "times": 4},
    {"kind": "rate_limit", "times": 5, "retry_after": 2},
    {"kind": "rate_limit", "times": 3},
    {"kind": "list_rate_limit", "times": 3, "retry_after": 2},
    {"kind": "unreachable", "times": 3},
    {"kind": "fail", "times": 2, "status": "failed", "code": 30007},
    {"kind": "refuse", "times": 2, "code": 21211},
    {"kind": "callback_lost", "times": 6},
    {"kind": "callback_doubled", "times": 6, "copies": 5},
    {"kind": "callback_reversed", "times": 6},
    {"kind": "callback_delayed", "times": 6, "seconds": 5},
    {"kind": "inbound_lost", "times": 3},
    {"kind": "inbound_delayed", "times": 3, "seconds": 4},
    {"kind": "inbound_delayed", "times": 1, "seconds": 40},
    {"kind": "inbound_doubled", "times": 3, "copies": 3},
    {"kind": "purchase_then_500", "times": 1},
    {"kind": "purchase_then_hang", "times": 1, "seconds": 12},
    {"kind": "smtp_down", "seconds": 4},
    {"kind": "smtp_slow", "times": 3, "seconds": 2},
    {"kind": "smtp_refuse", "times": 2, "code": 451},
    {"kind": "smtp_accept_then_cut", "times": 2},
    {"kind": "refuse_connections", "seconds": 3},
]


@dataclass(frozen=True)
class Blow:
    at: float  # seconds from the beginning
    kind: str
    target: str
    seconds: float = 0.0  # until it is fixed
    detail: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        about = " ".join(f"{name}={value}" for name, value in self.detail.items())
        return f"{self.at:6.1f} s  {self.kind} {self.target} {about}".rstrip()


def planned(seed: int, *, seconds: float, every: float) -> list[Blow]:
    """The order is the dice's, but each kind comes before any comes again."""
    dice = random.Random(f"nemesis {seed}")  # noqa: S311  # the same in every run of a seed
    decks: dict[str, list[Any]] = {}

    def drawn(name: str, cards: list[Any]) -> Any:
        if not decks.get(name):
            decks[name] = dice.sample(cards, len(cards))
        return decks[name].pop()

    blows = []
    at = 0.7
    while at < seconds:
        match drawn(
            "kind",
            [
                "kill",
                "kill",
                "failpoint",
                "failpoint",
                "pause",
                "clock",
                "database",
                "carrier",
                *["fault"] * 5,
            ],
        ):
            case "kill":
                blows.append(
                    Blow(
                        at, "kill", drawn("killed", list(OURS)), dice.uniform(0.2, 3.0)
                    )
                )
            case "failpoint":
                point = drawn("point", list(POINTS))
                target = dice.choice(WORKERS if POINTS[point][0] == WORKER else WEBS)
                times = dice.randint(1, 2)
                blows.append(
                    Blow(
                        at,
                        "failpoint",
                        target,
                        14.0,
                        {"point": point, "at_the": 1 if point in BUYING else times},
                    )
                )
            case "pause":
                blows.append(
                    Blow(
                        at,
                        "pause",
                        drawn("paused", [*OURS, "database"]),
                        drawn("pauses", list(PAUSES)),
                    )
                )
            case "clock":
                wrong = {"by": drawn("clocks", list(clocks.WRONG_BY))}
                blows.append(
                    Blow(
                        at,
                        "clock",
                        drawn("wrong", list(WORKERS)),
                        dice.uniform(2.0, 8.0),
                        wrong,
                    )
                )
            case "database":
                blows.append(
                    Blow(
                        at,
                        "kill",
                        "database",
                        dice.uniform(0.2, 2.5),
                        {"signal": drawn("deaths", ["KILL", "QUIT"])},
                    )
                )
            case "carrier":
                blows.append(
                    Blow(
                        at,
                        drawn("carrier", ["restart", "pause"]),
                        "simulator",
                        drawn("carrier pauses", [0.5, 2.0, 5.0]),
                    )
                )
            case _:
                fault = drawn("fault", ASKED_OF_CARRIER)
                blows.append(Blow(at, "fault", str(fault["kind"]), 0.0, fault))
        at += dice.expovariate(1 / every)
    if seconds >= LONG:
        blows.append(
            Blow(
                seconds / 3,
                "fault",
                "refuse_connections",
                0.0,
                {"kind": "refuse_connections", "seconds": 120},
            )
        )
    return sorted(blows, key=lambda blow: blow.at)


def moments_of_buying(blows: list[Blow]) -> list[float]:
    """When a program that would die of it is up and waits for somebody to need a
    number; twice, for another may be quicker.
    """
    armed = [blow.at for blow in blows if blow.detail.get("point") in BUYING]
    return sorted(at + wait for at in armed for wait in (5.0, 9.0))


def log_clock_ahead(seed: int) -> int:
    """Seconds by which the carrier's clock is ahead of ours, for the whole
    of a run: it is one clock all the same.
    """
    dice = random.Random(f"clock {seed}")  # noqa: S311  # the same in every run of a seed
    return dice.choice((0, -40, 40, -3600, 3600))


def asked_for(fault: str) -> str:
    return f"carrier: {fault}, asked for"


class Nemesis:
    def __init__(self, stage: Stage, plan: list[Blow]) -> None:
        # a fault the carrier is asked for strikes later, if at all: its ledger knows
        self.struck: Counter[str] = Counter()
        self.log: list[tuple[float, str]] = []  # when, by the clock, and what
        self._stage = stage
        self._plan = plan
        self._mending: list[tuple[float, Callable[[], None]]] = []
        self._busy: set[str] = set()  # targets that are down already

    def run(self, *, seconds: float, every_blow: bool = False) -> None:
        """Strike as planned, and fix what is due to be fixed.

        ``every_blow``: none is left out on a busy machine. One that comes too late, or
        to a target that is down still, waits for its turn.
        """
        begun = time.monotonic()
        waiting = list(self._plan)
        while (
            (passed := time.monotonic() - begun) < seconds
            or self._mending
            or (every_blow and waiting)
        ):
            if waiting and waiting[0].at <= passed:
                has_turn = (
                    waiting[0].target not in self._busy
                    if every_blow
                    else passed < seconds
                )
                if has_turn:
                    self._strike(waiting.pop(0))
            for due, mend in [
                each for each in self._mending if each[0] <= time.monotonic()
            ]:
                self._mending.remove((due, mend))
                mend()
            time.sleep(0.02)

    def _strike(self, blow: Blow) -> None:
        if blow.target in self._busy:
            return
        acts = {
            "kill": self._kill,
            "failpoint": self._failpoint,
            "pause": self._pause,
            "restart": self._restart,
            "fill": self._fill,
            "clock": self._clock,
        }
        with suppress(OSError):  # a carrier that is down cannot be asked for a fault
            acts.get(blow.kind, self._fault)(blow)
            self.struck[
                (
                    asked_for(blow.target)
                    if blow.kind == "fault"
                    else f"{blow.kind} {blow.target.rstrip('_12')}"
                )
            ] += 1
            self.log.append((time.time(), str(blow)))

    def _kill(self, blow: Blow) -> None:
        if blow.target == "database":
            self._stage.database.kill(signal.Signals[f"SIG{blow.detail['signal']}"])
            self._later(blow, self._stage.database.start)
        else:
            program = self._stage.programs[blow.target]
            program.kill()
            self._later(blow, program.start)

    def _failpoint(self, blow: Blow) -> None:
        """Begun again with the point armed; dead when it is reached, and
        up again a little later either way.
        """
        program = self._stage.programs[blow.target]
        program.kill()
        program.start(failpoint=f"{blow.detail['point']}:{blow.detail['at_the']}")

        def mend() -> None:
            reached = "reached" if not program.is_alive else "not reached"
            self.struck[f"failpoint {blow.detail['point']}, {reached}"] += 1
            program.kill()
            program.start()

        self._later(blow, mend)

    def _pause(self, blow: Blow) -> None:
        target = (
            self._stage.database
            if blow.target == "database"
            else self._stage.programs[blow.target]
        )
        target.signal(signal.SIGSTOP)
        self._later(blow, lambda: target.signal(signal.SIGCONT))

    def _clock(self, blow: Blow) -> None:
        """The machine of this program has a wrong clock for some seconds."""
        file = clocks.file_of(self._stage.programs[blow.target].environment)
        if file is None:
            raise OSError("no libfaketime: this clock cannot be set")
        clocks.set_clock(file, blow.detail["by"])
        self._later(blow, lambda: clocks.set_clock(file, 0))

    def _fill(self, blow: Blow) -> None:
        """The disk of the database has no byte left. It may stop for
        that; afterwards it is begun again.
        """
        database = self._stage.database
        database.fill()

        def mend() -> None:
            database.empty()
            database.start()

        self._later(blow, mend)

    def _restart(self, blow: Blow) -> None:
        program = self._stage.programs[blow.target]
        program.stop()
        self._later(blow, program.start)

    def _fault(self, blow: Blow) -> None:
        self._stage.simulator.fault(**blow.detail)

    def _later(self, blow: Blow, mend: Callable[[], None]) -> None:
        self._busy.add(blow.target)

        def mended() -> None:
            mend()
            self._busy.discard(blow.target)

        self._mending.append((time.monotonic() + blow.seconds, mended))
