"""What ``quadline dev`` does beside the demo:
start our processes again when their code is changed.

Templates need no start: ``development_settings`` has them read each time.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from quadline.demo.processes import Child, Copy, Process, Supervisor, inherited

PACKAGE = Path(__file__).resolve().parent.parent
DEVELOPMENT_ENV = {"DJANGO_SETTINGS_MODULE": "quadline.demo.development_settings"}
# What is read once, when a process starts or is prepared.
READ_AT_START = (".py", ".css", ".js", ".svg", ".toml", ".txt")
WATCH_INTERVAL_MS = 1000  # for processes that ended; changes are noticed at once
GATHER_MS = 200  # an editor or git writes several files


def fresh(copies: Iterable[Copy]) -> list[Process]:
    """The same programs, but each imports the code as it is when it starts."""
    environment = inherited({})
    return [Process(copy.arguments, environment) for copy in copies]


def follow(house: Supervisor, ours: Sequence[Child]) -> None:
    """Until a stop signal comes,
    start our processes again when a file of theirs is changed.
    """
    from watchfiles import watch  # a developer's tool: no deployment has it

    changes = watch(
        PACKAGE,
        debounce=GATHER_MS,
        rust_timeout=WATCH_INTERVAL_MS,
        yield_on_timeout=True,
        raise_interrupt=False,  # the supervisor has seen the signal
    )
    ended: set[str] = set()
    for batch in changes:
        changed = sorted(path for _, path in batch if path.endswith(READ_AT_START))
        if changed:
            first = Path(changed[0]).relative_to(PACKAGE.parent)
            _say(f"{first} was changed: starting again.")
            _start_again(ours)
            ended.clear()
        # Not started again at once: the code that ended it is still there.
        for child in ours:
            if child.has_ended and child.name not in ended:
                ended.add(child.name)
                name = f"quadline {child.name}"
                _say(f"{name} ended. It starts again when a file is changed.")


def _start_again(ours: Sequence[Child]) -> None:
    """The worker may end what it has begun.

    No page is waited for: a page that is open would keep web for seconds.
    """
    for child in ours:
        if child.name == "worker":
            child.tell_to_stop()
        else:
            child.kill()
    for child in ours:
        child.stop()
    # a new migration, another style sheet
    prepared = Process(["prepare"], inherited({}))
    prepared.start()
    if prepared.running is None or prepared.running.wait():
        return
    for child in ours:
        child.start()


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
