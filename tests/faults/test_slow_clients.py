"""Clients that send slowly, or read nothing, take no thread: pages,
webhooks and the API go on answering.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from quadline.conversations.models import Conversation, Message
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.faults.harness.callers import (
    CSRF,
    FORM,
    Call,
    carrier_call,
    page_call,
    program_call,
)
from tests.faults.test_first_texts import first_text
from tests.house import House, eventually
from tests.raw_http import Line, line, lines

SLOW = 50
LENGTH = 5000
# so that the form itself is read
PROOF = {"Cookie": f"csrftoken={CSRF}", "X-CSRFToken": CSRF}
DOORS = (
    "/accounts/login/",
    "/webhooks/twilio/inbound",
    "/webhooks/twilio/status",
    "/api/v1/messages",
    "/mail/mailgun/inbound/",
)


@contextmanager
def slow_bodies(url: str) -> Iterator[list[Line]]:
    """Fifty at each door, with a head and a few bytes of their body."""
    with lines(url, SLOW * len(DOORS)) as slow:
        for place, each in enumerate(slow):
            path = DOORS[place % len(DOORS)]
            head = each.head(
                "POST", path, **PROOF, Content_Type=FORM, Content_Length=LENGTH
            )
            each.send(head, "login=a")
        yield slow


def answered(url: str, call: Call) -> int:
    with line(url) as here:
        head = here.head(
            call.method, call.path, **call.headers, Content_Length=len(call.body)
        )
        here.send(head, call.body)
        return here.status()


def test_every_door_answers_while_fifty_bodies_come_slowly_to_each(
    the_house: House, people: Cast
) -> None:
    first_text(people.maya, people.rosa, "Hello")
    eventually(lambda: the_house.simulator.accepts(to=people.rosa.mobile))
    talk = Conversation.objects.get(inbox__owner=people.maya)
    number = SystemNumber.objects.get(inbox__owner=people.maya).phone
    reply = {
        "MessageSid": "SMslow",
        "From": people.rosa.mobile,
        "To": number,
        "Body": "I am here",
    }
    receipt = {"MessageSid": "SMother", "MessageStatus": "delivered"}
    text = {"student": people.rosa.institutional_id, "body": "From the campus system"}
    with slow_bodies(the_house.url) as slow:
        for _ in range(3):
            for each in slow:
                with_suppressed_reset(each)
            assert (
                answered(the_house.url, Call("GET", "/accounts/login/", {}, b"")) == 200
            )
            assert answered(
                the_house.url, page_call(people.maya, f"/inbox/c/{talk.pk}/read/", {})
            ) in (200, 204)
            assert (
                answered(
                    the_house.url,
                    carrier_call(the_house, "/webhooks/twilio/inbound", reply),
                )
                == 200
            )
            assert (
                answered(
                    the_house.url,
                    carrier_call(the_house, "/webhooks/twilio/status", receipt),
                )
                == 200
            )
            assert (
                answered(
                    the_house.url,
                    program_call(people.maya, "messages", text, key="slow"),
                )
                == 201
            )
    assert Message.objects.filter(body="I am here").count() == 1
    assert Message.objects.filter(body="From the campus system").count() == 1


def with_suppressed_reset(slow: Line) -> None:
    """One byte more; those that had to go are gone."""
    with suppress(ConnectionError):
        slow.send("x")


def test_of_too_many_slow_bodies_of_one_address_the_oldest_is_told_to_come_again(
    the_house: House,
) -> None:
    with slow_bodies(the_house.url) as slow:
        assert slow[0].status() == 408


def test_a_body_that_comes_a_byte_at_a_time_is_whole_in_the_end(
    the_house: House, people: Cast
) -> None:
    text = {"student": people.rosa.institutional_id, "body": "Slowly"}
    call = program_call(people.maya, "messages", text)
    with line(the_house.url) as here:
        here.send(
            here.head(
                call.method, call.path, **call.headers, Content_Length=len(call.body)
            )
        )
        for byte in call.body:
            here.send(bytes([byte]))
        assert here.status() == 201
    assert Message.objects.get().body == "Slowly"


def test_clients_that_read_nothing_take_no_thread(the_house: House) -> None:
    """Each asks for a large file, over and over, and reads none of it."""
    with lines(the_house.url, 40) as deaf:
        for each in deaf:
            head = each.head("GET", "/api/v1/openapi.json")
            each.send(head * 8)
        for _ in range(3):
            assert (
                answered(the_house.url, Call("GET", "/accounts/login/", {}, b"")) == 200
            )


def test_connections_that_say_nothing_are_ended_after_a_while(the_house: House) -> None:
    with (
        line(the_house.url) as silent,
        line(the_house.url) as slow,
        line(the_house.url) as blank,
    ):
        slow.send("GET /healthz HTTP/1.1\r\nHo")
        blank.send(blank.head("GET", "/healthz"))
        assert blank.status() == 200
        blank.send("\r\n")  # before a request, this is nothing
        assert silent.status() == 0
        assert slow.status() == 0
        assert blank.everything() is not None


@pytest.mark.parametrize(
    "head", ["X-Long: " + "x" * 70_000, "\r\n".join(f"X-{n}: 1" for n in range(101))]
)
def test_a_head_without_end_is_refused(the_house: House, head: str) -> None:
    with line(the_house.url) as here:
        here.send(f"GET /healthz HTTP/1.1\r\nHost: {here.host}\r\n{head}\r\n\r\n")
        assert here.status() == 400


def test_requests_without_end_in_one_packet_are_not_all_begun(the_house: House) -> None:
    with line(the_house.url) as here:
        here.send(here.head("GET", "/healthz") * 200)
        assert here.everything().count(b" 200 OK") <= 10


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/webhooks/twilio/inbound", "/api/v1/messages"]
)
def test_what_is_too_large_is_refused_before_it_is_read(
    the_house: House, path: str
) -> None:
    with line(the_house.url) as here:
        here.send(here.head("POST", path, Content_Type=FORM, Content_Length=10_000_000))
        assert here.status() == 413
    with line(the_house.url) as chunked:
        chunked.send(
            chunked.head("POST", path, Content_Type=FORM, Transfer_Encoding="chunked")
        )
        piece = b"x" * 60_000
        for _ in range(20):
            chunked.send(f"{len(piece):x}\r\n", piece, "\r\n")
        assert chunked.status() == 413
