"""What people do meanwhile: advisors text, email and write to whole
caseloads; students answer, say STOP and START.

The plan is made from the seed alone. Advisors are as stubborn as people are: what was
not acknowledged is sent again, the same form with the same id, until it is.
"""

import itertools
import random
import threading
import time
import urllib.error
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from tests.faults.harness.college import NEWCOMERS, students_of_newcomer
from tests.faults.harness.stage import Stage
from tests.faults.harness.window import Refused, Window
from tests.house import eventually

STUBBORN_SECONDS = 90.0
ACTS_A_SECOND = 5.0
# How often, relatively.
MEAN = {
    "text": 48,
    "reply": 20,
    "stop": 12,
    "start": 5,
    "waver": 6,
    "email": 9,
    "broadcast": 6,
}
OF_STUDENTS = ("reply", "stop", "start", "waver")
WAVERS = (
    ("START", "STOP"),
    ("STOP", "START"),
    ("STOP", "START", "STOP"),
    ("START", "STOP", "START"),
)
PAUSES_OF_WAVERERS = (0.3, 1.5, 3.0)  # seconds between two of their words
WEBHOOKS: tuple[dict[str, Any], ...] = (
    {},
    {"webhook_after": 2.5},
    {"webhook_after": 6.0},
    {"webhook_after": 20.0},
    {"webhook_lost": True},
)
# seconds after they began: the advisor writes to who wavers
WRITTEN_AFTER = (1.0, 8.0, 25.0)


@dataclass(frozen=True)
class Act:
    at: float  # seconds from the beginning
    kind: str
    staff: int  # by place; newcomers come after the others
    student: int
    id: uuid.UUID
    token: str  # in the words, so that it is found at the carrier and in the mailboxes
    # of a student who wavers: word, pause, what becomes of its webhook
    words: tuple[tuple[str, float, dict[str, Any]], ...] = ()


@dataclass
class Done:
    """What came of the acts. Only what was acknowledged is promised."""

    acknowledged: dict[str, Act] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    given_up: list[str] = field(default_factory=list)
    # students' texts, by kind; the carrier's ledger counts them
    replies: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


def planned(
    seed: int,
    *,
    seconds: float,
    staff: int,
    students: int,
    firsts: Sequence[float] = (),
) -> list[Act]:
    """As the dice have it. The first half of the advisors have their numbers already;
    the others get theirs under fire.

    ``firsts``: when a newcomer writes, and needs a number.
    """
    dice = random.Random(f"load {seed}")  # noqa: S311  # the same in every run of a seed
    numbered = itertools.count(1)
    each = students // staff

    def act(at: float, kind: str, by: int) -> Act:
        to = (by * each + dice.randrange(each)) % students
        return Act(
            at,
            kind,
            by,
            to,
            uuid.UUID(int=dice.getrandbits(128), version=4),
            f"[{kind[0]}{seed}-{next(numbered):04d}]",
        )

    acts = []
    at = 0.0
    while at < seconds:
        kind = dice.choices(list(MEAN), list(MEAN.values()))[0]
        acts.append(
            act(at, kind, dice.randrange(staff // 2 if kind in OF_STUDENTS else staff))
        )
        if kind == "waver":
            acts[-1] = waverer = replace(acts[-1], words=_wavering(dice))
            texts = [act(at + wait, "text", waverer.staff) for wait in WRITTEN_AFTER]
            acts += [
                replace(text, student=waverer.student)
                for text in texts
                if text.at < seconds
            ]
        at += dice.expovariate(ACTS_A_SECOND)
    for place, at in enumerate([at for at in firsts if at < seconds][:NEWCOMERS]):
        to = dice.choice(students_of_newcomer(place))
        acts.append(replace(act(at, "text", 0), staff=staff + place, student=to))
    return sorted(acts, key=lambda act: act.at)


def _wavering(dice: random.Random) -> tuple[tuple[str, float, dict[str, Any]], ...]:
    """STOP and START within seconds, whose webhooks come
    late, in another order, or never.
    """
    words = dice.choice(WAVERS)
    return tuple(
        (word, dice.choice(PAUSES_OF_WAVERERS), dice.choice(WEBHOOKS)) for word in words
    )


def open_windows(stage: Stage) -> None:
    """In peace: the first half of the advisors write their first
    text, and so get their numbers.
    """
    each = len(stage.students) // len(stage.staff)
    for at, person in enumerate(stage.staff[: len(stage.staff) // 2]):
        Window(stage.url, person.email).text(
            stage.students[at * each].id, uuid.uuid4(), "Setup test"
        )
    active = "SELECT 1 FROM numbers_systemnumber WHERE state = 'active'"
    eventually(lambda: len(stage.rows(active)) >= len(stage.staff) // 2, every=0.5)


class Load:
    """Runs a plan in threads of its own. ``stop`` returns when everybody
    has been answered, or has given up.
    """

    def __init__(self, stage: Stage, plan: list[Act]) -> None:
        self.done = Done()
        self._stage = stage
        self._plan = plan
        self._windows = [
            Window(stage.url, person.email)
            for person in (*stage.staff, *stage.newcomers)
        ]
        self._numbers: dict[int, str] = {}
        self._people = ThreadPoolExecutor(24)
        self._clock = threading.Thread(target=self._run)

    def start(self) -> None:
        self._clock.start()

    def wait(self) -> Done:
        self._clock.join()
        self._people.shutdown(wait=True)
        return self.done

    def _run(self) -> None:
        begun = time.monotonic()
        for act in self._plan:
            time.sleep(max(0.0, begun + act.at - time.monotonic()))
            self._people.submit(self._perform, act)

    def _perform(self, act: Act) -> None:
        kinds: dict[str, Callable[[Act], None]] = {
            "text": self._text,
            "email": self._email,
            "broadcast": self._broadcast,
            "reply": lambda act: self._say(act, f"I will be there {act.token}"),
            "stop": lambda act: self._say(act, "STOP"),
            "start": lambda act: self._say(act, "START"),
            "waver": self._waver,
        }
        kinds[act.kind](act)

    def _text(self, act: Act) -> None:
        student = self._stage.students[act.student].id
        self._until_answered(
            act,
            lambda window: window.text(
                student, act.id, f"Are you free on Monday? {act.token}"
            ),
        )

    def _email(self, act: Act) -> None:
        student = self._stage.students[act.student].id
        self._until_answered(
            act,
            lambda window: window.email_to(
                student, act.id, f"News {act.token}", "Please read this."
            ),
        )

    def _broadcast(self, act: Act) -> None:
        self._until_answered(
            act,
            lambda window: window.broadcast(act.id, f"Registration opens. {act.token}"),
        )

    def _until_answered(self, act: Act, send: Callable[[Window], None]) -> None:
        until = time.monotonic() + STUBBORN_SECONDS
        while time.monotonic() < until:
            try:
                send(self._windows[act.staff])
            except Refused as refused:
                with self.done.lock:
                    self.done.refused[f"{act.kind}: {refused}"] += 1
                return
            except (OSError, urllib.error.URLError, ValueError, EOFError):
                # nobody there, an error page, a cut line
                time.sleep(1.0)
            else:
                with self.done.lock:
                    self.done.acknowledged[act.token] = act
                return
        with self.done.lock:
            self.done.given_up.append(act.token)

    def _waver(self, act: Act) -> None:
        for word, pause, webhook in act.words:
            self._say(act, word, **webhook)
            time.sleep(pause)

    def _say(self, act: Act, words: str, **webhook: Any) -> None:
        """A student texts the number of an advisor. Whether that text exists
        is for the carrier's ledger to say.
        """
        phone = self._stage.students[act.student].mobile
        try:
            number = self._number_of(act.staff)
            if phone and number:
                self._stage.simulator.text(phone, number, words, **webhook)
        except Exception:
            with self.done.lock:
                self.done.replies["lost on the way to the carrier"] += 1
        else:
            with self.done.lock:
                self.done.replies[act.kind] += 1

    def _number_of(self, staff: int) -> str:
        if staff not in self._numbers:
            query = (
                "SELECT phone FROM numbers_systemnumber WHERE user_id = %(user)s AND"
                " state = 'active'"
            )
            found = self._stage.rows(query, user=self._stage.staff[staff].id)
            if not found:
                return ""
            self._numbers[staff] = found[0]["phone"]
        return self._numbers[staff]
