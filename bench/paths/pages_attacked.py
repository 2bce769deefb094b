"""Pages while the house is under attack: connections that never finish their request,
and emails made to be slow to read.
"""

import contextlib
import http.client
import itertools
import os
import smtplib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from django.utils import timezone

from bench import calling, college
from bench.figures import Figures, Reach, Row, Work, p95
from bench.house import mail_intake, web
from bench.sessions import cookies_of
from quadline.accounts.models import User

PAGES = "pages under attack, p95"
ROWS = (Row(PAGES, "ms", "the same pages while nobody attacks", Reach(at_most=2)),)
STUDENTS = 100
HELD = 50  # connections, each with half a sign-in, a byte now and then
ATTACKERS = tuple(f"127.0.0.{last}" for last in range(2, 12))
A_BYTE_EVERY_SECONDS = 2.0
MAILS = 20
# a person clicks; a loop of clicks would be an attack of its own
VISIT_EVERY_SECONDS = 0.05
HEAD = (
    b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nlogin=a"
)
HTML = (
    "<a " * 20_000,
    "<blockquote>" * 10_000 + "x<br>" * 40_000,
    "<![<![" * 5_000,
    "<div><table><tr><td>" * 4_000,
    "&" * 200_000,
)
_calm: dict[str, float] = {}


def measure(work: Work) -> Figures:
    """First in peace, which is the limit, then under attack, on the same processes."""
    college.empty()
    college.staff(1, now=timezone.now())
    college.students(STUDENTS, staff=1)
    college.conversations(STUDENTS, staff=1, now=timezone.now())
    college.texts(STUDENTS, status="delivered", now=timezone.now())
    college.settle()
    [cookie] = cookies_of(User.objects.all()).values()
    count = work.of(400, quick=100)
    with (
        web(calling.free_port()) as (address, _),
        mail_intake(calling.free_port()) as mail,
    ):
        list(_visits(address, cookie, 20))  # what is read once in a process is read
        _calm[PAGES] = p95(list(_visits(address, cookie, count)))
        with _attacked(address, mail):
            return {PAGES: p95(list(_visits(address, cookie, count)))}


def limit(work: Work) -> Figures:
    return dict(_calm)


def _visits(address: str, cookie: str, count: int) -> Iterator[float]:
    """Milliseconds of each page."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    pages = itertools.cycle(
        ["/inbox/?show=open", *(f"/inbox/c/{pk}/" for pk in range(1, 10)), "/students/"]
    )
    for page in itertools.islice(pages, count):
        began = time.perf_counter()
        connection.request("GET", page, headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        yield 1000 * (time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"{page} was answered with {answer.status}")
        time.sleep(VISIT_EVERY_SECONDS)
    connection.close()


@contextmanager
def _attacked(address: str, mail: str) -> Iterator[None]:
    """Both attacks at once, until the block ends."""
    is_over = threading.Event()
    with ExitStack() as stack:
        held = [
            stack.enter_context(_half_a_request(address, attacker))
            for attacker in _attackers()
        ]
        threads = [
            threading.Thread(target=_drip, args=(held, is_over)),
            threading.Thread(target=_send_mails, args=(mail, is_over)),
        ]
        for thread in threads:
            thread.start()
        yield
        is_over.set()
        for thread in threads:
            thread.join()


def _attackers() -> Iterator[str]:
    return itertools.islice(itertools.cycle(ATTACKERS), HELD)


def _half_a_request(address: str, attacker: str) -> socket.socket:
    where = urlsplit(address)
    connection = socket.create_connection(
        (where.hostname, where.port), source_address=(attacker, 0)
    )
    connection.sendall(HEAD)
    return connection


def _drip(held: Sequence[socket.socket], is_over: threading.Event) -> None:
    while not is_over.wait(A_BYTE_EVERY_SECONDS):
        for connection in held:
            with contextlib.suppress(OSError):  # the house may have had enough of it
                connection.sendall(b"x")


def _send_mails(mail: str, is_over: threading.Event) -> None:
    """One after the other, as a mail server brings them."""
    where = urlsplit(mail)
    for place in range(MAILS):
        if is_over.is_set():
            return
        letter = (
            f"From: Sally <sally{place}@alder.example>\r\nTo:"
            f" replies@alder.example\r\nSubject: {os.urandom(4).hex()}\r\nMessage-ID:"
            f" <{os.urandom(8).hex()}@alder.example>\r\nMIME-Version:"
            " 1.0\r\nContent-Type: text/html;"
            f" charset=utf-8\r\n\r\n{HTML[place % len(HTML)]}"
        )
        with (
            contextlib.suppress(smtplib.SMTPException, OSError),
            smtplib.LMTP(where.hostname or "", where.port or 0) as server,
        ):
            server.sendmail(
                f"sally{place}@alder.example", ["replies@alder.example"], letter
            )
