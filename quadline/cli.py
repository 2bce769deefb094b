"""The command ``quadline``: its own verbs, and every Django command behind them."""

import os
import sys
from collections.abc import Callable

SETTINGS = "quadline.config.settings"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    verb = sys.argv[1] if len(sys.argv) > 1 else "help"
    own: dict[str, Callable[[list[str]], None]] = {
        "demo": demo,
        "dev": dev,
        "run": run,
        "prepare": prepare,
        "web": web,
        "worker": worker,
        "simulator": simulator,
    }
    if verb in own:
        own[verb](sys.argv[2:])
    else:
        from django.core.management import execute_from_command_line

        execute_from_command_line(["quadline", *sys.argv[1:]])


# Each verb imports only what it runs: a start is nearly all imports
# (docs/adr/0011-one-import.md).
def demo(arguments: list[str]) -> None:
    """Everything on this machine, with a sample college and a simulated carrier."""
    from quadline.demo.launch import run_demo

    run_demo(arguments)


def dev(arguments: list[str]) -> None:
    """As the demo, and it follows what is changed in the code."""
    from quadline.demo.launch import run_dev

    run_dev(arguments)


def run(arguments: list[str]) -> None:
    """Database (unless DATABASE_URL names one), web and worker, with
    the settings of the environment.
    """
    from quadline.demo.launch import run_with_settings

    run_with_settings(arguments)


def prepare(arguments: list[str]) -> None:
    """Bring database, cache table and static files to this release."""
    from quadline.demo.prepare import prepare_house

    prepare_house(arguments)


def simulator(arguments: list[str]) -> None:
    """The carrier in a box."""
    from quadline.simulator.main import main

    main(arguments)


def web(arguments: list[str]) -> None:
    """The web process."""
    from quadline.config.programs import run_web_program

    run_web_program(arguments)


def worker(arguments: list[str]) -> None:
    """The worker process: every queue, or those named."""
    from quadline.config.programs import run_worker_program

    run_worker_program(arguments)
