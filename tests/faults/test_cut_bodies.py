"""A body that is cut, short, long or broken changes nothing:
no half of a text is ever sent.
"""

import time
from socket import SHUT_WR
from uuid import uuid4

import pytest

from quadline.conversations.models import Conversation, Message
from quadline.numbers.models import SystemNumber
from quadline.webhooks.models import CarrierEvent
from tests.cast import Cast
from tests.faults.harness.callers import Call, carrier_call, page_call, program_call
from tests.faults.test_first_texts import first_text
from tests.house import House, eventually
from tests.raw_http import Line, has_read_all, line, lines

WORDS = (
    "Your registration hold is lifted. Please come on Monday at nine, and bring your"
    " card."
)
BOUNDARY = "----quadline-test"
END = f"--{BOUNDARY}--".encode()  # without a line end, which may also be left out
URL_ENCODED = "application/x-www-form-urlencoded"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
ID = b"message_id=9b2f6a50-5a2c-4c0e-9a51-0d7c5d8f3c11&"
ID_PART = b"9b2f6a50-5a2c-4c0e-9a51-0d7c5d8f3c11"


@pytest.fixture
def talk(the_house: House, people: Cast) -> Conversation:
    first_text(people.maya, people.rosa, "Hello")
    eventually(lambda: the_house.simulator.accepts(to=people.rosa.mobile))
    return Conversation.objects.get(inbox__owner=people.maya)


@pytest.fixture
def calls(the_house: House, people: Cast, talk: Conversation) -> list[Call]:
    """One that changes something, at every door."""
    number = SystemNumber.objects.get(inbox__owner=people.maya).phone
    reply = {
        "MessageSid": "SMcut",
        "From": people.rosa.mobile,
        "To": number,
        "Body": WORDS,
    }
    receipt = {
        "MessageSid": "SMcut",
        "MessageStatus": "delivered",
        "ErrorMessage": WORDS,
    }
    text = {"student": people.rosa.institutional_id, "body": WORDS}
    typed = page_call(
        people.maya,
        f"/inbox/c/{talk.pk}/texts/",
        {"message_id": str(uuid4()), "body": WORDS},
    )
    return [
        typed,
        as_multipart(
            typed,
            part("message_id", str(uuid4()).encode())
            + part("body", WORDS.encode())
            + END,
        ),
        program_call(people.maya, "messages", text, key="cut"),
        carrier_call(the_house, "/webhooks/twilio/inbound", reply),
        carrier_call(the_house, "/webhooks/twilio/status", receipt),
    ]


def part(name: str, value: bytes) -> bytes:
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + value
        + b"\r\n"
    )


def as_multipart(call: Call, body: bytes) -> Call:
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return Call(call.method, call.path, call.headers | kind, body)


def kept() -> tuple[int, int]:
    return (
        Message.objects.count(),
        CarrierEvent.objects.filter(key__contains="SMcut").count(),
    )


def head_of(here: Line, call: Call, **length: str | int) -> str:
    return here.head(call.method, call.path, **call.headers, **length)


def is_alive(house: House) -> bool:
    """What was sent before this has been seen by now, and would have been acted on."""
    eventually(lambda: has_read_all(house.url))
    time.sleep(0.2)
    with line(house.url) as here:
        here.send(here.head("GET", "/readyz"))
        return here.status() == 200


def test_each_call_as_it_should_be_does_change_something(
    the_house: House, calls: list[Call]
) -> None:
    """Else the tests below would hold whatever happens."""
    for call in calls:
        before = kept()
        with line(the_house.url) as here:
            here.send(head_of(here, call, Content_Length=len(call.body)), call.body)
            assert here.status() in (200, 201, 302), call.path
        assert kept() != before, call.path


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
# what has come, before it is cut
@pytest.mark.parametrize("is_read_first", [False, True])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_that_is_cut_changes_nothing(
    the_house: House,
    calls: list[Call],
    share: float,
    is_read_first: bool,
    is_chunked: bool,
) -> None:
    before = kept()
    with lines(the_house.url, 2 * len(calls)) as cut_off:
        for place, here in enumerate(cut_off):
            call = calls[place // 2]
            begin(
                here,
                call,
                call.body[: int(len(call.body) * share)],
                is_chunked=is_chunked,
            )
        if is_read_first:
            eventually(lambda: has_read_all(the_house.url))
        for here in cut_off[::2]:
            here.socket.shutdown(SHUT_WR)
            assert here.status() in (0, 400)
    assert is_alive(the_house)
    assert kept() == before


def begin(here: Line, call: Call, cut: bytes, *, is_chunked: bool) -> None:
    """The head, and what there is of the body."""
    if not is_chunked:
        here.send(head_of(here, call, Content_Length=len(call.body)), cut)
        return
    here.send(head_of(here, call, Transfer_Encoding="chunked"))
    if cut:
        here.send(f"{len(cut):x}\r\n", cut, "\r\n")


def test_a_body_longer_than_said_changes_nothing(
    the_house: House, calls: list[Call]
) -> None:
    before = kept()
    for call in calls:
        for missing in (len(call.body) // 2, 5, 1):
            with line(the_house.url) as here:
                here.send(
                    head_of(here, call, Content_Length=len(call.body) - missing),
                    call.body,
                )
                assert here.status() in (0, 400), call.path
    assert is_alive(the_house)
    assert kept() == before


def test_two_lengths_or_a_length_beside_chunks_change_nothing(
    the_house: House, calls: list[Call]
) -> None:
    before = kept()
    for call in calls:
        shorter = len(call.body) - 40
        for lengths in (
            f"Content-Length: {shorter}\r\nContent-Length: {len(call.body)}\r\n",
            f"Content-Length: {shorter}\r\nTransfer-Encoding: chunked\r\n",
            f"Content-Length: +{shorter}\r\n",
            "Content-Length: -1\r\n",
            f"Content-Length: {shorter}, {shorter}\r\n",
        ):
            with line(the_house.url) as here:
                head = head_of(here, call).removesuffix("\r\n")
                here.send(head, lengths, "\r\n", call.body)
                assert here.status() in (0, 400), lengths
    assert is_alive(the_house)
    assert kept() == before


def test_a_form_in_pieces_is_the_same_form(the_house: House, calls: list[Call]) -> None:
    """Chunked, and without a length."""
    for call in calls:
        before = kept()
        with line(the_house.url) as here:
            here.send(head_of(here, call, Transfer_Encoding="chunked"))
            for start in range(0, len(call.body), 30):
                piece = call.body[start : start + 30]
                here.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            here.send("0\r\n\r\n")
            assert here.status() in (200, 201, 302), call.path
        assert kept() != before, call.path


@pytest.mark.parametrize(
    ("kind", "end"),
    [
        (MULTIPART, part("body", b"Half of a text")),
        (MULTIPART, part("body", b"Half of a text") + END[:-2]),
        (MULTIPART, part("body", b"Half of a text").rstrip()),
        (MULTIPART, part("body", b"Half of a text") + b"--" + END),
        (MULTIPART, part("body", b"Half an emoji \xf0\x9f\x98") + END),
        ("multipart/form-data", part("body", b"Hello") + END),
    ],
)
def test_a_multipart_that_does_not_end_changes_nothing(
    the_house: House, people: Cast, talk: Conversation, kind: str, end: bytes
) -> None:
    assert (
        posted(the_house, people, talk, kind, part("message_id", ID_PART) + end) == 400
    )


@pytest.mark.parametrize(
    ("kind", "end"),
    [
        (URL_ENCODED, b"body=Half+an+emoji+%F0%9F%98"),
        (URL_ENCODED, b"body=Half+an+escape+%F"),
        (URL_ENCODED, b"body=Latin+\xe9"),
        (f"{URL_ENCODED}; charset=utf-16", b"body=Hello"),
        (f"{URL_ENCODED}; charset=nonsense", b"body=Hello"),
    ],
)
def test_a_form_that_is_no_text_changes_nothing(
    the_house: House, people: Cast, talk: Conversation, kind: str, end: bytes
) -> None:
    assert posted(the_house, people, talk, kind, ID + end) == 400


def posted(
    house: House, people: Cast, talk: Conversation, kind: str, body: bytes
) -> int:
    """How a form of this kind to the composer is answered;
    nothing may have been kept.
    """
    before = kept()
    call = page_call(people.maya, f"/inbox/c/{talk.pk}/texts/", {})
    with line(house.url) as here:
        headers = call.headers | {"Content-Type": kind}
        here.send(
            here.head("POST", call.path, **headers, Content_Length=len(body)), body
        )
        status = here.status()
    assert kept() == before
    return status
