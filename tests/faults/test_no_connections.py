"""Every connection of the database is taken: all callers are asked to try again later,
nothing is half done, and it heals itself.
"""

import http.client
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from quadline.accounts.tokens import make_token
from quadline.conversations.models import Message
from quadline.conversations.rules import Direction
from quadline.delivery.models import Attempt
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.faults.test_first_texts import first_text
from tests.house import PATIENCE, House, eventually
from tests.stage import session_of

CALM_LOOKS = 20
AWAY = HTTPStatus.SERVICE_UNAVAILABLE


@contextmanager
def no_connection_left() -> Iterator[None]:
    """Takes every connection, those of the house first: as another
    program gone wild would.
    """
    server = {
        **connection.get_connection_params(),
        "dbname": "postgres",
        "autocommit": True,
    }
    server.pop("cursor_factory", None)
    server.pop("context", None)
    ours = connection.connection.info.backend_pid
    taken: list[psycopg.Connection] = [psycopg.connect(**server)]
    name = connection.settings_dict["NAME"]
    doors = f"ALTER DATABASE {name} ALLOW_CONNECTIONS"
    end = (
        "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname ="
        " %s AND pid <> %s"
    )
    try:
        # until all are taken: else the house is sometimes the quicker
        taken[0].execute(f"{doors} false")
        calm = 0  # looks in a row: a place that was just left is free a moment later
        for _ in range(400):
            found = taken[0].execute(end, [name, ours]).fetchall()
            calm = 0 if found or _take_all(taken, server) else calm + 1
            if calm == CALM_LOOKS:
                break
            time.sleep(0.02)
        assert calm == CALM_LOOKS, "the house still finds connections"
        taken[0].execute(f"{doors} true")
        yield
    finally:
        taken[0].execute(f"{doors} true")
        for each in taken:
            each.close()


def _take_all(taken: list[psycopg.Connection], server: dict[str, object]) -> int:
    """Returns how many there were."""
    before = len(taken)
    refused = 0  # in a row: a place that was just left is free a moment later
    for _ in range(500):
        try:
            taken.append(psycopg.connect(**server))  # type: ignore[arg-type]
            refused = 0
        except psycopg.OperationalError:
            refused += 1
            if refused == 5:
                return len(taken) - before
    raise AssertionError("this database never runs out of connections")


def ask(
    house: House, method: str, path: str, body: str = "", **headers: str
) -> http.client.HTTPResponse:
    line = http.client.HTTPConnection(urlsplit(house.url).netloc, timeout=PATIENCE)
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    line.request(
        method,
        path,
        body or None,
        form | {name.replace("_", "-"): value for name, value in headers.items()},
    )
    answer = line.getresponse()
    answer.said = answer.read().decode()  # type: ignore[attr-defined]
    line.close()
    return answer


@pytest.fixture
def cookie(people: Cast) -> str:
    return f"session={session_of(people.maya.email)}; csrftoken={'x' * 32}"


def text_form(text_id: uuid.UUID) -> str:
    fields = {
        "message_id": str(text_id),
        "channel": "text",
        "body": "Are you there?",
        "csrfmiddlewaretoken": "x" * 32,
    }
    return urlencode(fields)


def test_without_a_connection_everybody_is_told_to_come_again_and_nothing_is_half_done(
    the_house: House, people: Cast, cookie: str
) -> None:
    first_text(people.maya, people.rosa, "Hello")
    eventually(lambda: the_house.simulator.accepts(to=people.rosa.mobile))
    number = SystemNumber.objects.get(inbox__owner=people.maya).phone
    _, token = make_token(
        user=people.maya, name="a campus system", actor=people.ada, now=timezone.now()
    )
    text_id = uuid.uuid4()
    path = f"/students/{people.rosa.pk}/message/"
    written = Message.objects.count()

    with no_connection_left():
        page = ask(the_house, "GET", "/inbox/", Cookie=cookie)
        posted = ask(
            the_house,
            "POST",
            path,
            text_form(text_id),
            Cookie=cookie,
            Origin=the_house.url,
        )
        of_a_program = ask(
            the_house, "GET", "/api/v1/students", Authorization=f"Bearer {token}"
        )
        stream = ask(the_house, "GET", "/events", Cookie=cookie)
        the_house.simulator.text(people.rosa.mobile, number, "Is this a good time?")
        eventually(
            lambda: [
                line
                for line in the_house.simulator.ledger("callback")
                if line["answered"] == AWAY
            ]
        )

    assert [answer.status for answer in (page, posted, of_a_program, stream)] == [
        AWAY
    ] * 4
    assert page.getheader("Retry-After")
    assert "temporarily unavailable" in page.said  # type: ignore[attr-defined]
    assert of_a_program.getheader("Content-Type") == "application/problem+json"
    connection.close()
    assert Message.objects.filter(direction=Direction.OUTBOUND).count() == written

    back = time.monotonic()
    eventually(
        lambda: (
            ask(
                the_house,
                "POST",
                path,
                text_form(text_id),
                Cookie=cookie,
                Origin=the_house.url,
            ).status
            == 302
        )
    )
    eventually(
        lambda: len(the_house.simulator.accepts(to=people.rosa.mobile)) == 2, every=0.5
    )
    print(
        f"the worker handed over {time.monotonic() - back:.1f} s after there were"
        " connections again"
    )
    assert Attempt.objects.filter(message_id=text_id).count() == 1
    assert not the_house.ended()
