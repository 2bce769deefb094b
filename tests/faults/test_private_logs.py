"""A day's traffic with faults, on a database of its own: no phone, address
or word of a student is in any log file.
"""

import json
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from quadline.conversations.models import Conversation, Message
from quadline.demo import postgres
from quadline.numbers.models import SystemNumber
from tests import house
from tests.cast import Cast
from tests.faults.harness.callers import (
    FORM,
    Call,
    carrier_call,
    page_call,
    program_call,
)
from tests.faults.test_first_texts import first_text
from tests.faults.test_web_restart import ask
from tests.house import House, eventually
from tests.stage import a_new_college

WORDS = "Zebrawood"  # in everything that anybody writes here
PHONES = ("7345550141", "7345550142", "7345559999")
SECRETS = (WORDS, "rosa.calderon", "bo.jensen", "stranger@", "Calder")
END_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
    " current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[postgres.Cluster]:
    made = postgres.cluster_at(tmp_path)
    made.log.touch(mode=0o644)  # as an earlier release left it
    server = postgres.start(made, settings={"fsync": "off", "max_connections": "100"})
    yield made
    postgres.stop_server(server)
    postgres.delete_cluster(tmp_path)


@contextmanager
def what_begins_here_writes_to(log: Path) -> Iterator[None]:
    """Processes inherit where their words go."""
    before = [os.dup(1), os.dup(2)]
    with log.open("ab") as output:
        for number in (1, 2):
            os.dup2(output.fileno(), number)
    try:
        yield
    finally:
        for number, kept in zip((1, 2), before, strict=True):
            os.dup2(kept, number)
            os.close(kept)


@pytest.fixture
def own_house(
    cluster: postgres.Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[House]:
    monkeypatch.setenv("DATABASE_URL", cluster.url())
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with what_begins_here_writes_to(tmp_path / "processes.log"):
        built = house.build(tmp_path / "data", database="private")
    wanted = {"HOST": str(cluster.socket), "NAME": "private"}
    before = {name: connections["default"].settings_dict[name] for name in wanted}
    with django_db_blocker.unblock():
        connections.close_all()
        connections["default"].settings_dict.update(wanted)
        yield built
        connections.close_all()
        connections["default"].settings_dict.update(before)
    built.stop()


def test_a_day_with_faults_leaves_nobodys_words_in_a_log(
    own_house: House, cluster: postgres.Cluster, tmp_path: Path
) -> None:
    people = a_new_college(own_house)
    first_text(people.maya, people.rosa, f"{WORDS} hello")
    eventually(lambda: own_house.simulator.accepts(to=people.rosa.mobile))
    number = SystemNumber.objects.get(inbox__owner=people.maya).phone
    calls = calls_of_a_day(own_house, people, number)
    write_everywhere(own_house, people, number, calls)
    for fault in (
        {"kind": "refuse", "code": 21211},
        {"kind": "accept_then_500"},
        {"kind": "reset"},
    ):
        own_house.simulator.fault(**fault, times=2)
        write_everywhere(own_house, people, number, calls)
    fail_in_the_database(cluster, people)
    connections.close_all()  # ours, before they are ended with all others
    busy = threading.Thread(
        target=write_everywhere, args=(own_house, people, number, calls)
    )
    with psycopg.connect(cluster.url("private"), autocommit=True) as connection:
        busy.start()
        for _ in range(100):
            connection.execute(END_SESSIONS)
            busy.join(0.02)
    busy.join()
    eventually(lambda: Message.objects.filter(body__contains=WORDS).count() > 5)
    own_house.stop()
    found_logs = {*tmp_path.rglob("*.log"), cluster.log}
    logs = {path.name: path.read_text(errors="replace") for path in found_logs}
    assert '"level": "error"' in logs["processes.log"], "nothing failed"
    assert "ready to accept connections" in logs["postgres.log"]
    for name, written in logs.items():
        digits = "".join(written.split("-")).replace(" ", "")
        found = [
            secret
            for secret in (*SECRETS, *PHONES)
            if secret in written or secret in digits
        ]
        lines = [
            line[:300]
            for line in written.splitlines()
            if any(secret in line for secret in found)
        ]
        assert not found, f"{name}: {found}: {lines[:5]}"
    assert stat.S_IMODE(os.stat(cluster.log).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(cluster.home).st_mode) == 0o700


def write_everywhere(
    own_house: House, people: Cast, number: str, calls: list[Call]
) -> None:
    """By phone, by email and at every door; some of it fails, and may."""
    with suppress(Exception):
        own_house.simulator.text(people.rosa.mobile, number, f"{WORDS} from the phone")
    with suppress(Exception):
        own_house.simulator.text("+17345559999", number, f"{WORDS} of a stranger")
    with suppress(Exception):
        own_house.simulator.answer_mail(people.rosa.email, f"{WORDS} by email")
    for call in calls * 2:
        with suppress(OSError):
            ask(own_house.url, call)


def calls_of_a_day(own_house: House, people: Cast, number: str) -> list[Call]:
    """Texts, replies, searches and nonsense."""
    rosa, bo = people.rosa, people.bo
    inbound, status = "/webhooks/twilio/inbound", "/webhooks/twilio/status"
    text = {"student": rosa.institutional_id, "body": f"{WORDS} from the campus system"}
    row = {
        "institutional_id": "00100001",
        "first_name": "Rosa",
        "last_name": WORDS,
        "email": rosa.email,
        "mobile": "555-0141",
    }
    reply = {
        "MessageSid": "SMday",
        "From": bo.mobile,
        "To": number,
        "Body": f"{WORDS} is my answer",
    }
    calls = [
        program_call(people.maya, "messages", text, key=WORDS),
        program_call(
            people.maya,
            "messages",
            {"student": [rosa.mobile], "body": {WORDS: rosa.mobile}},
        ),
        Call(
            "PUT",
            "/api/v1/students",
            program_call(people.ada, "", "").headers,
            json.dumps({"students": [row]}).encode(),
        ),
        carrier_call(own_house, inbound, reply),
        carrier_call(
            own_house,
            inbound,
            reply | {"From": f"{rosa.mobile} {WORDS}", "MessageSid": "SMbroken"},
        ),
        carrier_call(own_house, inbound, {"Body": WORDS, "From": rosa.mobile}),
        carrier_call(
            own_house, inbound, reply | {"Body": f"{WORDS}\0", "MessageSid": "SMnul"}
        ),
        carrier_call(
            own_house,
            status,
            {"MessageSid": "SMnone", "MessageStatus": WORDS, "To": rosa.mobile},
        ),
        Call(
            "POST",
            inbound,
            {"Content-Type": FORM, "X-Twilio-Signature": "false"},
            f"Body={WORDS}&From={rosa.mobile}".encode(),
        ),
        page_call(
            people.maya, "/accounts/login/", {"login": rosa.email, "password": WORDS}
        ),
        Call(
            "GET",
            f"/students/?q={rosa.mobile}",
            page_call(people.maya, "", {}).headers,
            b"",
        ),
        Call("GET", f"/inbox/?q={WORDS}", page_call(people.maya, "", {}).headers, b""),
    ]
    for talk in Conversation.objects.filter(inbox__owner=people.maya):
        form = {"message_id": WORDS, "body": f"{WORDS} typed"}
        calls.append(page_call(people.maya, f"/inbox/c/{talk.pk}/texts/", form))
    return calls


def fail_in_the_database(cluster: postgres.Cluster, people: Cast) -> None:
    """Statements as ours are, with values in them, that the database refuses."""
    rosa = people.rosa
    statements = [
        (
            "INSERT INTO roster_student (institutional_id, first_name) VALUES"
            f" ('{rosa.institutional_id}', '{WORDS}')"
        ),
        (
            f"UPDATE numbers_systemnumber SET phone = '{WORDS} {rosa.mobile}' ||"
            " repeat('x', 500)"
        ),
        f"SELECT '{WORDS} {rosa.mobile}'::uuid",
        f"SELECT '{WORDS}' FROM nowhere WHERE phone = '{rosa.mobile}'",
        f"SELECT 1/0, '{WORDS} {rosa.mobile}'",
    ]
    with psycopg.connect(cluster.url("private"), autocommit=True) as connection:
        for statement in statements:
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT %s::int", [f"{WORDS} {rosa.mobile}"])
