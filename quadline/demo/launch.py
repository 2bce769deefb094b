"""``quadline demo``, ``run_dev`` and ``run_with_settings``: start the processes, say
where to look,
stop on Ctrl-C.
"""

import argparse
import gc
import io
import itertools
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from quadline.config import programs
from quadline.demo import developing, ownership, postgres
from quadline.demo.processes import (
    Child,
    Copy,
    Process,
    Supervisor,
    inherited,
    is_free,
    wait_until_answers,
)

STUDENTS_FILE = Path(__file__).parent / "college" / "students.csv"
ALDER = {
    "COLLEGE_NAME": "Alder College",
    "COLLEGE_PHONE": "(734) 555-0100",
    "COLLEGE_AREA_CODES": "734,313",
    "COLLEGE_REGION": "MI",
    "COLLEGE_TIME_ZONE": "America/Detroit",
    "QUIET_HOURS": "",  # a demo at night should work
    "SECOND_FACTOR_ROLES": "none",  # one can be set up under My profile
    "EMAIL_FROM": "texting@alder.example",
    "EMAIL_REPLY_TO": "reply@mail.alder.example",
}

CARRIER_ADDRESSES = (
    "TWILIO_API_URL",
    "TWILIO_MESSAGING_URL",
    "TWILIO_EVENTS_URL",
    "TWILIO_ACCOUNTS_URL",
)
# As deploy/training.env has it: what the simulator takes when nothing else is said.
TRAINING_CARRIER = {
    "TWILIO_ACCOUNT_SID": "AC51a0c0113e9e00000000000000000001",
    "TWILIO_AUTH_TOKEN": "simulator-token",
    "TWILIO_MESSAGING_SERVICE_SID": "MG51a0c0113e9e00000000000000000001",
}


def run_demo(arguments: list[str]) -> None:
    """Database, simulator, web, worker and mail intake,
    with the sample college loaded.
    """
    _start_with_sample(_sample_options("demo", arguments), follows_code=False)


def run_dev(arguments: list[str]) -> None:
    """As the demo, on a database of its own,
    for anyone who changes the code: see developing.py.
    """
    if find_spec("watchfiles") is None:
        sys.exit(
            "quadline dev needs watchfiles, which comes with a checkout: make dev."
            "\nTo try Quadline: quadline demo."
        )
    _start_with_sample(_sample_options("dev", arguments), follows_code=True)


def _start_with_sample(chosen: argparse.Namespace, *, follows_code: bool) -> None:
    web, carrier, smtp, intake = _free_ports(chosen)
    data = Path(chosen.data).resolve()
    log_level = os.environ.get("LOG_LEVEL", "WARNING")
    if chosen.fresh:
        ownership.delete_demo_data(data)
    ownership.claim(data)
    carrier_url = f"http://127.0.0.1:{carrier}"
    intake_url = f"lmtp://127.0.0.1:{intake}"
    settings = {
        **ALDER,
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp}",
        "EMAIL_SERVICE": "",
        "MAIL_INTAKE_URL": intake_url,
        **_simulated_carrier(carrier_url),
        **_own_settings(data, web),
        "LOG_LEVEL": log_level,
    }
    flags = {
        "--port": str(carrier),
        "--data": str(data / "simulator"),
        "--students": str(STUDENTS_FILE),
        "--smtp-port": str(smtp),
        "--mail-intake": intake_url,
        "--time-zone": ALDER["COLLEGE_TIME_ZONE"],
        "--registration-delay": str(chosen.registration_delay),
    }
    with_values = itertools.chain.from_iterable(flags.items())
    command = ["simulator", *with_values, *_account_flags(settings)]
    simulator = Process(command, inherited(settings))
    if follows_code:  # our own processes only, and not the simulator
        settings |= developing.DEVELOPMENT_ENV
    _serve(
        data,
        settings,
        web,
        first=[simulator],
        carrier_url=carrier_url,
        with_sample=True,
        follows_code=follows_code,
    )


def _free_ports(chosen: argparse.Namespace) -> list[int]:
    """Of the web process, the carrier, its mail server and the mail intake."""
    ports = [chosen.port + place for place in range(4)]
    for port in ports:
        if not is_free(port):
            other = _command(chosen.verb, chosen.port + 10)
            sys.exit(f"Port {port} is in use. Choose another: {other}")
    return ports


def _command(verb: str, port: int) -> str:
    """As the person would type it, who may have no Makefile."""
    if "MAKELEVEL" in os.environ:
        return f"make {verb} PORT={port}"
    return f"quadline {verb} --port {port}"


def run_with_settings(arguments: list[str]) -> None:
    """Web and worker with the settings of the environment and .env, a database unless
    DATABASE_URL names one, and the simulated carrier unless TWILIO_ACCOUNT_SID names an
    account.
    """
    from quadline.config.environment import given

    options = argparse.ArgumentParser("quadline run")
    options.add_argument("--port", type=int, default=8000)
    options.add_argument("--data", default=given("DATA_DIR") or "data")
    chosen = options.parse_args(arguments)
    data = Path(chosen.data).resolve()
    if ownership.is_demo(data):
        sys.exit(
            f"{data} is the demo's, with passwords that everybody knows. Name another"
            " folder with --data or DATA_DIR."
        )
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = {"DATA_DIR": str(data)}
    first: list[Process] = []
    carrier_url = ""
    if not given("TWILIO_ACCOUNT_SID"):
        carrier_url = f"http://127.0.0.1:{chosen.port + 1}"
        first.append(_training_carrier(data, chosen.port + 1))
        settings |= TRAINING_CARRIER | dict.fromkeys(CARRIER_ADDRESSES, carrier_url)
        if not given("QUIET_HOURS"):
            settings["QUIET_HOURS"] = ""  # training in the evening should work
    _serve(
        data,
        settings,
        chosen.port,
        first=first,
        carrier_url=carrier_url,
        with_sample=False,
    )


def _training_carrier(
    data: Path,
    port: int,
) -> Process:
    """The simulator, which keeps what it did beside the rest."""
    if not is_free(port):
        sys.exit(
            f"Port {port} is in use: the simulated carrier needs it. Choose other"
            f" ports: {_command('run', port + 9)}"
        )
    # No names of students: what a college trains with is its own.
    command = ["simulator", "--port", str(port), "--data", str(data / "simulator")]
    return Process(command, inherited({}))


def _serve(
    data: Path,
    settings: dict[str, str],
    port: int,
    *,
    first: list[Process],
    carrier_url: str,
    with_sample: bool,
    follows_code: bool = False,
) -> None:
    """Everything at once that can be: what is not ours starts while the house is
    imported, once for all its processes.
    """
    os.umask(0o077)  # what students write is for nobody else on this machine
    with Supervisor() as house:
        house.call_at_the_end(print, "Stopped. Everything is kept for the next start.")
        for process in first:
            house.start(process)
        if with_sample:
            ownership.leave_settings_alone()
        os.environ.update(settings)
        with _database(house, data):
            copies = _import_house(port)
        _bring_tables_up_to_date(with_sample=with_sample)
        ours: Sequence[Child] = developing.fresh(copies) if follows_code else copies
        # The web process first: it gets ready while the carrier is being connected.
        house.start(ours[0])
        if carrier_url and wait_until_answers(
            f"{carrier_url}/simulator/healthz", seconds=30
        ):
            house.run_once(Copy(["connect_carrier"], _connect_carrier))
        for child in ours[1:]:
            house.start(child)
        _announce(port, carrier_url, with_sample=with_sample)
        if follows_code:
            developing.follow(house, ours)
        else:
            house.keep_running()


@contextmanager
def _database(house: Supervisor, data: Path) -> Iterator[None]:
    """A database of our own, unless the settings name one.

    It starts beside the block, and answers after it.
    """
    from quadline.config.environment import given

    if given("DATABASE_URL"):
        yield
        return
    cluster = postgres.cluster_at(data)
    os.environ["DATABASE_URL"] = cluster.url()
    server = postgres.start_server(cluster)
    house.call_at_the_end(postgres.stop_server, server)
    yield
    postgres.wait_until_ready(cluster, server)


def _import_house(port: int) -> list[Copy]:
    """Our processes, web first, each to be a copy of this one, in which all their
    modules are imported. No connections yet.
    """
    # it would go through all that is imported, again and again, and find nothing
    gc.disable()
    import django

    django.setup()
    from django.urls import get_resolver

    from quadline.config.environment import given
    from quadline.demo.prepare import collect_static

    # before the next line, which looks for the files to serve only once
    collect_static()
    import quadline.config.asgi  # noqa: F401

    _ = get_resolver().url_patterns
    # Not once more now either: that would take as long as a fifth of the imports.
    gc.freeze()
    gc.enable()
    ours = [
        Copy(["web", "--port", str(port)], programs.run_web_program),
        Copy(["worker"], programs.run_worker_program),
    ]
    if given("MAIL_INTAKE_URL"):
        ours.append(Copy(["mail_intake"], _mail_intake))
    return ours


def _mail_intake(arguments: list[str]) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("mail_intake", *arguments)


def _bring_tables_up_to_date(*, with_sample: bool) -> None:
    from django.db import connections

    from quadline.demo.ownership import claim_database
    from quadline.demo.prepare import bring_tables_up_to_date
    from quadline.demo.sample import load_sample_college

    if with_sample:
        claim_database()
    bring_tables_up_to_date()
    if with_sample:
        load_sample_college()
    connections.close_all()  # a copy must not share them


def _connect_carrier(arguments: list[str]) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("connect_carrier", *arguments, stdout=io.StringIO())


def _announce(port: int, carrier_url: str, *, with_sample: bool) -> None:
    address = f"http://127.0.0.1:{port}"
    if not wait_until_answers(f"{address}/readyz", seconds=60):
        sys.exit(
            "The web process did not become ready within 60 seconds."
            " What it said is above."
        )
    lines = [f"Quadline is ready: {address}"]
    if carrier_url and not with_sample:
        lines += [
            "Training: the carrier is simulated, and texts reach no phone.",
            f"Student phones: {carrier_url}",
        ]
    if with_sample:
        from quadline.demo.sample import PASSWORD, who_to_be

        lines += [
            f"Student phones and mailboxes: {carrier_url}",
            "",
            f"Sign in with the password {PASSWORD} as",
        ]
        lines += [f"  {email:<34} {words}" for email, words in who_to_be()]
        lines += ["", "Quiet hours are off in the demo: texts go out at any hour."]
        lines += [
            f"What you do is kept in {os.environ['DATA_DIR']}.",
            "",
            f"Start with {address}/help/, or search for Sally Student-Taynor."
            " Ctrl-C stops everything.",
        ]
    print("\n" + "\n".join(lines) + "\n", flush=True)


def _sample_options(verb: str, arguments: list[str]) -> argparse.Namespace:
    options = argparse.ArgumentParser(f"quadline {verb}")
    options.set_defaults(verb=verb)
    options.add_argument("--port", type=int, default=8000)
    options.add_argument("--data", default=f"data/{verb}")
    options.add_argument(
        "--fresh",
        action="store_true",
        help="start over: forget every text, number and roster in it",
    )
    options.add_argument(
        "--registration-delay",
        type=int,
        default=20,
        help="seconds until a number is active",
    )
    return options.parse_args(arguments)


def _own_settings(data: Path, port: int) -> dict[str, str]:
    key_file = data / "secret_key"
    if not key_file.exists():
        # Closed to others before the key is in it.
        key_file.touch(mode=0o600)
        key_file.write_text(secrets.token_urlsafe(48))
    return {
        "DATA_DIR": str(data),
        "SECRET_KEY": key_file.read_text(),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }


def _simulated_carrier(url: str) -> dict[str, str]:
    return {
        "TWILIO_ACCOUNT_SID": "AC5a11dec0113c7e00000000000000a1de",
        "TWILIO_AUTH_TOKEN": "simulator-token",
        "TWILIO_MESSAGING_SERVICE_SID": "MG5a11dec0113c7e00000000000000a1de",
        **dict.fromkeys(CARRIER_ADDRESSES, url),
    }


def _account_flags(settings: dict[str, str]) -> list[str]:
    return [
        "--account-sid",
        settings["TWILIO_ACCOUNT_SID"],
        "--auth-token",
        settings["TWILIO_AUTH_TOKEN"],
        "--messaging-service",
        settings["TWILIO_MESSAGING_SERVICE_SID"],
    ]
