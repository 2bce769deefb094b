"""The command ``quadline``: its own verbs, and every Django command behind them."""

import os
import sys
from collections.abc import Callable

SETTINGS = "quadline.config.settings"
HELP_FLAGS = ("-h", "--help")
FLAGS = {"-h": "help", "--help": "help", "--version": "version"}
# What must be set before Django can be imported, for a command that only says what it
# can do. Port 1: what connects after all fails at once.
ONLY_TO_READ = {
    "SECRET_KEY": "only to read about a command: nothing is signed with this",
    "PUBLIC_URL": "http://localhost",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    verb, *arguments = sys.argv[1:] or ["help"]
    if verb == "help" and arguments:  # of one command
        verb, arguments = arguments[0], ["--help"]
    verb = FLAGS.get(verb, verb)
    if verb in OWN:
        OWN[verb](arguments)
    else:
        _run_django_command(verb, arguments)


def _run_django_command(verb: str, arguments: list[str]) -> None:
    if set(HELP_FLAGS) & set(arguments):
        for name, value in ONLY_TO_READ.items():
            os.environ.setdefault(name, value)
    from django.core.management import execute_from_command_line

    execute_from_command_line(["quadline", verb, *arguments])


# Each verb imports only what it runs: a start is nearly all imports
# (docs/adr/0011-one-import.md).
def demo(arguments: list[str]) -> None:
    """Everything on this machine: a sample college, a simulated carrier."""
    from quadline.demo.launch import run_demo

    run_demo(arguments)


def dev(arguments: list[str]) -> None:
    """The demo for anyone who changes the code."""
    from quadline.demo.launch import run_dev

    run_dev(arguments)


def run(arguments: list[str]) -> None:
    """Web and worker, and a database unless DATABASE_URL is set: for one machine."""
    from quadline.demo.launch import run_with_settings

    run_with_settings(arguments)


def prepare(arguments: list[str]) -> None:
    """Bring database, cache table and static files to this release."""
    from quadline.demo.prepare import prepare_house

    prepare_house(arguments)


def simulator(arguments: list[str]) -> None:
    """The simulated carrier alone."""
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


def version(arguments: list[str]) -> None:
    """Say which release this is."""
    import platform
    from importlib import metadata

    django = metadata.version("django")
    python = platform.python_version()
    print(f"Quadline {metadata.version('quadline')}, Django {django}, Python {python}")


def show_help(arguments: list[str]) -> None:
    """List the commands."""
    from quadline.command_list import command_table

    print(command_table({name: _line(run) for name, run in OWN.items()}))


def _line(run: Callable[[list[str]], None]) -> str:
    """A docstring, as one line."""
    return " ".join((run.__doc__ or "").split())


OWN: dict[str, Callable[[list[str]], None]] = {
    "demo": demo,
    "dev": dev,
    "run": run,
    "prepare": prepare,
    "web": web,
    "worker": worker,
    "simulator": simulator,
    "version": version,
    "help": show_help,
}
