"""What the command line decides, once, before the simulator starts."""

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import available_timezones

from quadline.simulator.gate import is_loopback

ACCOUNT_SID = "AC51a0c0113e9e00000000000000000001"
# Everyone may know it: no real carrier takes it.
AUTH_TOKEN = "simulator-token"  # noqa: S105
MESSAGING_SERVICE_SID = "MG51a0c0113e9e00000000000000000001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    host: str = "127.0.0.1"
    port: int = 8124
    smtp_port: int = 0
    mail_intake: str = ""
    data: Path | None = None
    students: Path | None = None
    registration_delay: float = 0.0
    account_sid: str = ACCOUNT_SID
    auth_token: str = AUTH_TOKEN
    messaging_service: str = MESSAGING_SERVICE_SID
    time_zone: str = ""  # of the times on the screens; "": as the browser has it


def parse_options(argv: list[str]) -> Options:
    parser = argparse.ArgumentParser(
        prog="quadline simulator",
        description="A carrier in a box. Training: no real texts leave this machine.",
    )
    parser.add_argument(
        "--host",
        type=_loopback,
        default="127.0.0.1",
        help="an address of this machine itself",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=8124,
        help="0 takes any free port",
    )
    parser.add_argument(
        "--smtp-port",
        type=int,
        default=0,
        help="where mail is taken; 0 takes any free port",
    )
    parser.add_argument(
        "--mail-intake",
        default="",
        metavar="lmtp://HOST:PORT",
        help="who takes students' mail to the college",
    )
    parser.add_argument(
        "--data", type=Path, help="folder for simulator.db; in memory without it"
    )
    parser.add_argument(
        "--students", type=Path, help="roster CSV that names the phones"
    )
    parser.add_argument(
        "--registration-delay",
        type=float,
        default=0.0,
        metavar="SECONDS",
    )
    parser.add_argument("--account-sid", type=_sid("AC"), default=ACCOUNT_SID)
    parser.add_argument("--auth-token", default=AUTH_TOKEN)
    parser.add_argument(
        "--messaging-service", type=_sid("MG"), default=MESSAGING_SERVICE_SID
    )
    parser.add_argument(
        "--time-zone",
        type=_zone,
        default="",
        help="of the screens, such as America/Detroit",
    )
    return Options(**vars(parser.parse_args(argv)))


def _loopback(host: str) -> str:
    """An argparse type: the simulator's token is published,
    so no other machine may reach it.
    """
    if not is_loopback(host):
        raise argparse.ArgumentTypeError(
            f"{host} can be reached from elsewhere. Use 127.0.0.1, ::1 or localhost."
        )
    return host


def _zone(name: str) -> str:
    if name and name not in available_timezones():
        raise argparse.ArgumentTypeError(
            f"{name!r} is no time zone; use a name such as America/Detroit"
        )
    return name


class _sid:
    """An argparse type: two letters and 32 hex digits."""

    def __init__(self, prefix: str) -> None:
        self._pattern = re.compile(prefix + "[0-9a-f]{32}")
        self.__name__ = f"{prefix} sid"

    def __call__(self, text: str) -> str:
        if not self._pattern.fullmatch(text):
            raise ValueError(text)
        return text
