"""Caddy and nginx with the files of deploy/, in front of a stand-in for the web process:
who calls, how large, and at once.
"""

import os
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from quadline.client_address import client_address, networks_of
from tests.architecture.source import ROOT
from tests.deploy.programs import answer_of, program
from tests.house import PATIENCE, eventually, free_ports

DEPLOY = ROOT / "deploy"
HOST = "texting.example.edu"
FORGED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
LARGEST_BODY = 26_866_666  # DATA_UPLOAD_MAX_MEMORY_SIZE
LARGER = 40_000_000
# Caddy's way to be told, for a test: no trust store is changed, no port 80 is taken.
# No HTTP/3 either: by its UDP port a test keeps its TCP port from others.
APART = """{
	admin off
	skip_install_trust
	auto_https disable_redirects
	servers {
		protocols h1 h2
	}
}
"""

pytestmark = pytest.mark.processes


@dataclass
class StandIn:
    """Remembers what came, and says "one" on /events until it is let go."""

    url: str
    came: list[dict[str, str]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    may_end: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    port = free_ports(19700, count=1)
    behind = StandIn(f"127.0.0.1:{port}")
    server = ThreadingHTTPServer(("127.0.0.1", port), answering(behind))
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield behind
    behind.may_end.set()
    server.shutdown()
    serving.join()
    server.server_close()


def answering(behind: StandIn) -> type[BaseHTTPRequestHandler]:
    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            behind.came.append(dict(self.headers))
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"one")
            self.wfile.flush()
            if self.path == "/events":
                behind.may_end.wait(PATIENCE)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            behind.sizes.append(len(self.rfile.read(length)))
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Nothing."""

    return Answers


@contextmanager
def caddy(folder: Path, behind: StandIn, port: int) -> Iterator[None]:
    ours = (DEPLOY / "caddy" / "Caddyfile").read_text()
    file = folder / "Caddyfile"
    # by its own authority: no other can be asked from here
    file.write_text(f"{APART}{ours.rstrip().removesuffix('}')}\ttls internal\n}}\n")
    told = {
        "QUADLINE_SITE": f"https://{HOST}:{port}",
        "QUADLINE_WEB": behind.url,
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    command = [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(file)]
    with running(command, folder, told):
        yield


@contextmanager
def nginx(folder: Path, behind: StandIn, port: int) -> Iterator[None]:
    path = write_nginx(folder, port=port, behind=behind.url)
    command = [program("nginx"), "-c", str(path), "-p", str(folder)]
    with running([*command, "-g", "daemon off;"], folder, {}):
        yield


def write_nginx(folder: Path, *, port: int, behind: str) -> Path:
    """Our site in a whole configuration, with a certificate, on ports of a test."""
    make_certificate(folder)
    site = (DEPLOY / "nginx" / "quadline.conf").read_text()
    site = site.replace("/etc/letsencrypt/live/texting.example.edu", str(folder))
    site = site.replace("127.0.0.1:8000", behind)
    site = re.sub(r"    listen \[::\].*\n", "", site)
    site = re.sub(r"listen 443\b", f"listen 127.0.0.1:{port}", site)
    site = re.sub(r"listen 80\b", f"listen 127.0.0.1:{port + 1}", site)
    (folder / "site.conf").write_text(site)
    places = "\n".join(
        f"  {kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"{'user root;' if os.geteuid() == 0 else ''}\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\n  access_log off;\n{places}\n  include {folder}/site.conf;\n}}\n"
    )
    return whole


def make_certificate(folder: Path) -> None:
    made = answer_of(
        "openssl",
        "req",
        "-x509",
        "-nodes",
        "-newkey",
        "rsa:2048",
        "-subj",
        f"/CN={HOST}",
        "-keyout",
        str(folder / "privkey.pem"),
        "-out",
        str(folder / "fullchain.pem"),
    )
    assert made.returncode == 0, made.stderr


@contextmanager
def running(
    command: list[str], folder: Path, environment: dict[str, str]
) -> Iterator[None]:
    log = folder / "said"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output
        )
    try:
        yield
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture(params=[caddy, nginx], ids=["caddy", "nginx"])
def front(
    request: pytest.FixtureRequest, tmp_path: Path, stand_in: StandIn
) -> Iterator[Callable[[], HTTPSConnection]]:
    """A proxy; each call is a new connection to it."""
    port = free_ports(19750, count=2)
    with request.param(tmp_path, stand_in, port):
        eventually(lambda: shakes_hands(port), every=0.2)
        with ExitStack() as at_the_end:
            yield lambda: at_the_end.enter_context(closing(Connection(port)))


class Connection(HTTPSConnection):
    """By name, as a browser asks, at this machine."""

    def __init__(self, port: int) -> None:
        context = _not_verified()
        super().__init__(HOST, port, context=context, timeout=PATIENCE)
        self._at = port

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self._at), timeout=PATIENCE)
        context = _not_verified()
        with closing(plain):  # when there is no handshake; else it is detached
            self.sock = context.wrap_socket(plain, server_hostname=HOST)


def _not_verified() -> ssl.SSLContext:
    """The certificate is a test's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def shakes_hands(port: int) -> bool:
    """Caddy listens before it has made its certificate."""
    with closing(Connection(port)) as connection:
        try:
            connection.connect()
        except OSError:  # an SSLError is one
            return False
    return True


def test_who_calls_is_passed_on_and_what_they_pretend_is_not_believed(
    front: Callable[[], HTTPSConnection], stand_in: StandIn
) -> None:
    connection = front()
    connection.request("GET", "/", headers=FORGED)
    assert connection.getresponse().read() == b"one"
    [headers] = stand_in.came
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["Host"].partition(":")[0] == HOST
    trusted = networks_of("127.0.0.1/32")
    said = headers["X-Forwarded-For"]
    # the proxy sees us at 127.0.0.1, too: nobody further left is believed by its word
    assert said.split(", ")[-1] == "127.0.0.1"
    assert client_address("198.51.100.7", said, trusted) == "198.51.100.7"


def test_live_events_come_through_while_their_stream_is_open(
    front: Callable[[], HTTPSConnection], stand_in: StandIn
) -> None:
    connection = front()
    connection.request("GET", "/events")
    answer = connection.getresponse()
    assert answer.read(3) == b"one"
    assert not stand_in.may_end.is_set()


def test_the_largest_email_passes_and_what_is_absurd_does_not(
    front: Callable[[], HTTPSConnection], stand_in: StandIn
) -> None:
    connection = front()
    connection.request("POST", "/webhooks/mail", body=b"x" * LARGEST_BODY)
    assert connection.getresponse().status == 204
    assert stand_in.sizes == [LARGEST_BODY]
    assert status_of(front(), LARGER) != 204
    assert LARGER not in stand_in.sizes


def status_of(connection: HTTPSConnection, size: int) -> int:
    """0: it was cut off while it was still sending."""
    try:
        connection.request("POST", "/webhooks/mail", body=b"x" * size)
        return connection.getresponse().status
    except OSError:
        return 0


def test_nginx_finds_no_fault_in_its_file(tmp_path: Path) -> None:
    path = write_nginx(tmp_path, port=free_ports(19750, count=2), behind="127.0.0.1:1")
    answer = answer_of(program("nginx"), "-t", "-c", str(path), "-p", str(tmp_path))
    assert answer.returncode == 0, answer.stderr
    assert "[warn]" not in answer.stderr


def test_caddy_finds_no_fault_in_its_file_and_would_format_it_so(
    tmp_path: Path,
) -> None:
    file = str(DEPLOY / "caddy" / "Caddyfile")
    for command in (["validate", "--adapter", "caddyfile", "--config"], ["fmt"]):
        answer = answer_of(
            program("caddy"),
            *command,
            file,
            XDG_DATA_HOME=str(tmp_path),
            HOME=str(tmp_path),
        )
        assert answer.returncode == 0, answer.stderr
