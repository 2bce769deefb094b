"""The web process is restarted under load: nobody gets a 500, and what is
sent again is done once.
"""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from django.db import connection

from quadline.conversations.models import Conversation, Message
from quadline.demo.processes import wait_until_answers
from tests.cast import Cast
from tests.faults.harness.callers import Call, page_call, program_call
from tests.faults.test_first_texts import first_text
from tests.faults.test_lost_answers import students_of
from tests.house import PATIENCE, House, eventually
from tests.raw_http import has_read_all

CALLS = 16  # more than there are threads: some are cut off while they wait for one
CALLERS = 4
RESTARTS = 3
AWAY = (503, 0)


def ask(
    url: str, call: Call, begun: list[Call] | None = None
) -> tuple[int, str, bytes]:
    """Status, content type and body; status 0 when there was no answer.

    A call that is on its way is among those that have ``begun``.
    """
    place = urlsplit(url)
    line = http.client.HTTPConnection(
        place.hostname or "", place.port, timeout=PATIENCE
    )
    try:
        line.request(call.method, call.path, body=call.body, headers=call.headers)
        if begun is not None:
            begun.append(call)
        answer = line.getresponse()
        if answer.status == 503:
            assert int(answer.headers["Retry-After"]) > 0
        return answer.status, answer.headers["Content-Type"], answer.read()
    except (ConnectionError, http.client.HTTPException):
        return 0, "", b""
    finally:
        line.close()


@contextmanager
def nothing_can_be_kept() -> Iterator[None]:
    """Every message that is being written waits as long as this lasts."""
    server = connection.get_connection_params()
    server.pop("cursor_factory", None)
    server.pop("context", None)
    with psycopg.connect(**server) as locking:
        locking.execute("LOCK TABLE conversations_message IN EXCLUSIVE MODE")
        yield
        locking.rollback()


def test_what_a_restart_cuts_off_is_told_to_come_again_and_is_done_once(
    the_house: House, people: Cast
) -> None:
    first_text(people.maya, people.rosa, "Hello")
    eventually(lambda: the_house.simulator.accepts(to=people.rosa.mobile))
    talk = Conversation.objects.get(inbox__owner=people.maya)
    calls = [api_text(people, f"Cut off {place}") for place in range(CALLS)]
    form = {"message_id": str(uuid4()), "body": "Cut off in a page"}
    calls.append(page_call(people.maya, f"/inbox/c/{talk.pk}/texts/", form))
    answers: dict[int, tuple[int, str, bytes]] = {}
    begun: list[Call] = []

    def note(place: int) -> None:
        answers[place] = ask(the_house.url, calls[place], begun)

    asking = [
        threading.Thread(target=note, args=(place,)) for place in range(len(calls))
    ]
    with nothing_can_be_kept():
        for each in asking:
            each.start()
        eventually(waiting_sessions)
        eventually(lambda: len(begun) == len(calls) and has_read_all(the_house.url))
        web = the_house.processes["web"].running
        assert web is not None
        web.terminate()
        for each in asking:
            each.join()
    web.wait(timeout=PATIENCE)
    assert {status for status, _, _ in answers.values()} == {503}
    for place, (_, kind, content) in answers.items():
        if place < CALLS:
            assert kind == "application/problem+json"
            assert json.loads(content)["status"] == 503
        else:
            assert b"Try again in a minute" in content

    the_house.start("web")
    assert wait_until_answers(f"{the_house.url}/readyz", seconds=PATIENCE)
    for call in calls:
        assert ask(the_house.url, call)[0] in (201, 302)
    written = Message.objects.filter(body__startswith="Cut off").values_list(
        "body", flat=True
    )
    assert len(written) == len(set(written)) == len(calls)


def waiting_sessions() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation ="
            " 'conversations_message'::regclass"
        )
        return int(cursor.fetchone()[0]) >= 5


def api_text(people: Cast, words: str) -> Call:
    text = {"student": people.rosa.institutional_id, "body": words}
    return program_call(people.maya, "messages", text, key=words.replace(" ", "-"))


def wait_for_more(done: list[str]) -> None:
    enough = len(done) + 5
    eventually(lambda: len(done) >= enough)


def test_under_load_no_restart_is_answered_500_and_nothing_is_doubled(
    the_house: House, people: Cast
) -> None:
    first_text(people.maya, people.rosa, "Hello")
    eventually(lambda: the_house.simulator.accepts(to=people.rosa.mobile))
    token_call = api_text(people, "Loaded")
    students = students_of(people, 200, first=2000)
    is_over = threading.Event()
    statuses: list[int] = []
    done: list[str] = []

    def load(caller: int) -> None:
        count = 0
        while not is_over.is_set():
            count += 1
            key = f"{caller}-{count}"
            # so many to one would be asked about
            student = students[(caller + count) % len(students)]
            body = json.dumps(
                {"student": student.institutional_id, "body": f"Loaded {key}"}
            ).encode()
            call = Call(
                "POST",
                token_call.path,
                token_call.headers | {"Idempotency-Key": key},
                body,
            )
            while (status := ask(the_house.url, call)[0]) != 201:
                statuses.append(status)
                time.sleep(0.05)
            statuses.append(status)
            done.append(key)

    loading = [
        threading.Thread(target=load, args=(caller,)) for caller in range(CALLERS)
    ]
    for each in loading:
        each.start()
    for _ in range(RESTARTS):
        wait_for_more(done)
        web = the_house.processes["web"].running
        assert web is not None
        web.terminate()
        web.wait(timeout=PATIENCE)
        the_house.start("web")
        assert wait_until_answers(f"{the_house.url}/readyz", seconds=PATIENCE)
    is_over.set()
    for each in loading:
        each.join()
    assert set(statuses) <= {201, *AWAY, 409}
    bodies = list(
        Message.objects.filter(body__startswith="Loaded ").values_list(
            "body", flat=True
        )
    )
    assert sorted(bodies) == sorted(f"Loaded {key}" for key in done)
