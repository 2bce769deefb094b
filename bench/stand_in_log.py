"""What the stand-in took, and when."""

import json
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from bench.college import WORDS

BROADCAST = WORDS.split()[0]


@dataclass(frozen=True)
class Taken:
    at: float  # time.monotonic(), which all processes of a machine share
    sender: str
    first_word: str


def how_many() -> int:
    return int(_ask("/count")["taken"])


def taken() -> list[Taken]:
    log = _ask("/log")
    return [Taken(*entry) for entry in log]


def end_of_broadcast() -> float:
    """When the last text of a broadcast was taken: what was measured after that was
    measured beside nothing.
    """
    return max(text.at for text in taken() if text.first_word == BROADCAST)


def wait_for(count: int, *, seconds: float) -> None:
    """Until it has taken so many texts in all."""
    give_up_at = time.monotonic() + seconds
    while (found := how_many()) < count:
        if time.monotonic() > give_up_at:
            raise RuntimeError(
                f"the carrier took {found} of {count} texts within {seconds:.0f} s"
            )
        time.sleep(0.1)


def _ask(path: str) -> Any:
    url = f"{settings.ENV.twilio_api_url}{path}"
    with urllib.request.urlopen(url, timeout=30) as answer:
        body = answer.read()
    return json.loads(body)
