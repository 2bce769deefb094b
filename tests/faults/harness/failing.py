"""Run one of our programs so that it dies at a named point:
FAILPOINT=after_accept:3 python -m … worker.

The third time the point is reached, the process kills itself as a power cut would. The
program itself knows nothing of it.
"""

import functools
import importlib
import inspect
import itertools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from tests.faults.harness.clocks import sleep_without_the_library

WORKER, WEB = "worker", "web"
# Name: program, what is wrapped, whether it dies before or after it. Each is looked up
# by name when it is called: a job is not, for the engine keeps what it was given when
# the module was read.
POINTS: dict[str, tuple[str, str, str]] = {
    # attempts are committed, nobody was called
    "after_claim": (WORKER, "quadline.delivery.sending.sender:claim_batch", "after"),
    # consent was asked, its lock is held
    "before_call": (WORKER, "quadline.carriers.twilio:Twilio.send", "before"),
    # the carrier has it, we wrote nothing down
    "after_accept": (WORKER, "quadline.carriers.twilio:Twilio.send", "after"),
    # taken, and the carrier not yet asked
    "before_lookup": (
        WORKER,
        "quadline.delivery.outcomes.reconciliation:settle_attempts",
        "before",
    ),
    # the choice is saved
    "before_buying": (WORKER, "quadline.carriers.twilio:Twilio.buy", "before"),
    # it is ours, and not written down
    "after_buying": (WORKER, "quadline.carriers.twilio:Twilio.buy", "after"),
    "after_attaching": (WORKER, "quadline.carriers.twilio:Twilio.attach", "after"),
    # claimed and committed
    "before_mail": (WORKER, "quadline.emails.outgoing:deliver", "before"),
    # the mail server has it, we wrote nothing down
    "after_mail": (WORKER, "quadline.emails.outgoing:deliver", "after"),
    # committed, and the browser never hears
    "after_text": (WEB, "quadline.delivery.outbox.accepting:accept_text", "after"),
    "after_launch": (WEB, "quadline.broadcasts.launching:launch_broadcast", "after"),
    # written, and not committed
    "in_reply": (WEB, "quadline.delivery.inbound.filing:file_replies", "after"),
    # committed, and the carrier never hears
    "after_reply": (WEB, "quadline.webhooks.events:file_all_inbound", "after"),
    # the same for those that ask for something
    "after_stop": (WEB, "quadline.webhooks.events:file_without_waiting", "after"),
}


def arm(point: str, *, at_the: int = 1, die: Callable[[], None] | None = None) -> None:
    """Wrap the function of this point wherever it is known by name."""
    _, target, when = POINTS[point]
    owner, name = found(target)
    original = getattr(owner, name)
    wrapped = _wrapped(original, when, _countdown(at_the, die or _power_cut))
    setattr(owner, name, wrapped)
    for module in [
        each for title, each in sys.modules.items() if title.startswith("quadline")
    ]:
        for known_as, value in list(vars(module).items()):
            if value is original:
                setattr(module, known_as, wrapped)


def found(target: str) -> tuple[Any, str]:
    module, _, path = target.partition(":")
    owner: Any = importlib.import_module(module)
    *way, name = path.split(".")
    for part in way:
        owner = getattr(owner, part)
    return owner, name


def _wrapped(original: Any, when: str, reached: Callable[[], None]) -> Any:
    @functools.wraps(original)
    async def run_async(*args: Any, **named: Any) -> Any:
        if when == "before":
            reached()
        answer = await original(*args, **named)
        if when == "after":
            reached()
        return answer

    @functools.wraps(original)
    def run_here(*args: Any, **named: Any) -> Any:
        if when == "before":
            reached()
        answer = original(*args, **named)
        if when == "after":
            reached()
        return answer

    return run_async if inspect.iscoroutinefunction(original) else run_here


def _countdown(at_the: int, die: Callable[[], None]) -> Callable[[], None]:
    times = itertools.count(1)

    def reached() -> None:
        if next(times) == at_the:
            die()

    return reached


def _power_cut() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    sleep_without_the_library()
    point, _, at_the = os.environ.get("FAILPOINT", "").partition(":")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quadline.config.settings")
    if point:
        import django

        django.setup()
        for module in ("quadline.config.schedule", "quadline.config.asgi"):
            importlib.import_module(module)
        arm(point, at_the=int(at_the or 1))
    from quadline.cli import main as program

    program()


if __name__ == "__main__":
    main()
