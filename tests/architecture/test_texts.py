"""What is committed reads well anywhere: no paths of one
machine, and addresses that are there.
"""

import re

import pytest
from django.conf import settings

from tests.architecture.source import files, text

# Written in two parts, so that this file passes its own test.
MACHINE_PATHS = re.compile(r"(?<![\w.:-])/(wo" + r"rk|ro" + r"ot|home/\w+|Users/\w+)/")
IN_UTF_16 = {"utf-16.csv"}  # a roster as a spreadsheet wrote it
BINARY = {".bin", ".eml", ".png", ".jpg", ".ico", ".woff2", ".gz", ".br", ".lock"}


def test_no_text_names_a_path_of_somebodys_machine() -> None:
    found = []
    for path in files():
        if path.suffix in BINARY or path.name in IN_UTF_16 or "vendor" in path.parts:
            continue
        found += [
            f"{path}: {line.strip()[:120]}"
            for line in text(path).splitlines()
            if MACHINE_PATHS.search(line)
        ]
    assert found == []


@pytest.mark.parametrize("kind", ["inbound", "status", "voice", "events"])
def test_the_addresses_the_carrier_is_told_to_call_are_the_doors_that_are_open(
    kind: str,
) -> None:
    from quadline.carriers import registry
    from quadline.webhooks.views import application

    told = registry.current_carrier()._address(kind)  # type: ignore[attr-defined]  # Twilio's own
    doors = {getattr(route, "path", "") for route in application().routes}

    assert told == f"{settings.PUBLIC_URL}/webhooks/twilio/{kind}"
    assert f"/{{carrier}}/{kind}" in doors
