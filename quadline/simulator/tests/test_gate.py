"""Nobody but this machine, under its own name and from its own
page, gets anything from the simulator.
"""

import http.client
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from quadline.simulator.tests.driver import Simulator

PATHS = (
    "/simulator/reset",
    "/simulator/settings",
    "/2010-04-01/Accounts/AC1/Messages.json",
    "/v1/Services",
)
PAGES = ("/phones", "/simulator/ledger", "/static/main.js")
FOREIGN = (
    "texting.college.edu",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.example:8124",
    "192.168.1.7",
    "0.0.0.0",  # noqa: S104
    "",
)


def ask(simulator: Simulator, method: str, path: str, **headers: str) -> int:
    place = urlsplit(simulator.url)
    line = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)
    line.putrequest(method, path, skip_host=True)
    named = {
        "Host": place.netloc,
        "Content-Type": "application/json",
        "Content-Length": "2",
    } | headers
    for name, value in named.items():
        line.putheader(name.replace("_", "-"), value)
    line.endheaders(b"{}")
    status = line.getresponse().status
    line.close()
    return status


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_name_that_points_here_gets_nothing(
    simulator: Simulator, host: str
) -> None:
    for path in PATHS:
        assert ask(simulator, "POST", path, Host=host) == 403
    for path in PAGES:
        assert ask(simulator, "GET", path, Host=host) == 403


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.8.9.1:8124", "[::1]:8124"]
)
def test_this_machine_has_several_names(simulator: Simulator, host: str) -> None:
    assert ask(simulator, "GET", "/simulator/healthz", Host=host) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"},
    ],
)
def test_a_page_of_another_site_changes_nothing(
    simulator: Simulator, headers: dict[str, str]
) -> None:
    before = simulator.get("settings")
    for path in PATHS:
        assert ask(simulator, "POST", path, **headers) == 403
    assert ask(simulator, "DELETE", "/simulator/faults", **headers) == 403
    assert simulator.get("settings") == before


def test_its_own_page_and_a_link_to_it_do_open(simulator: Simulator) -> None:
    own = {"Origin": simulator.url, "Sec_Fetch_Site": "same-origin"}
    assert ask(simulator, "POST", "/simulator/settings", **own) == 200
    assert (
        ask(
            simulator,
            "GET",
            "/phones",
            Sec_Fetch_Site="cross-site",
            Sec_Fetch_Mode="navigate",
        )
        == 200
    )
    assert (
        ask(
            simulator,
            "GET",
            "/simulator/ledger",
            Sec_Fetch_Site="cross-site",
            Sec_Fetch_Mode="cors",
        )
        == 403
    )


REACHABLE = (
    "0.0.0.0",  # noqa: S104
    "::",
    "192.168.1.7",
    "texting.college.edu",
    "127.0.0.1.evil.example",
    "",
)


@pytest.mark.parametrize("host", REACHABLE)
def test_it_does_not_listen_where_others_can_reach_it(host: str) -> None:
    command = [
        sys.executable,
        "-m",
        "quadline.simulator.main",
        "--port",
        "0",
        "--host",
        host,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "can be reached from elsewhere" in done.stderr
