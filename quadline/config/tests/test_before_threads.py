"""What stands before the threads of the pages: turns of
addresses, and bodies that are awaited.
"""

import asyncio
from concurrent.futures import Future
from threading import Event
from typing import Any

import pytest
from pytest_django import Settings

from quadline.config import body_budget, fair_threads, refusals
from quadline.config.bodies import WholeBodies, client_address_of
from quadline.config.body_budget import BodyBudget, TooMuch
from quadline.config.cut_off import AlwaysAnswered
from quadline.config.fair_threads import FairThreads, TooManyUnderWay

PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
BUSY, OTHER = "192.0.2.1", "198.51.100.2"


def environ(address: str) -> dict[str, Any]:
    return {"asgi.scope": {"state": {"address": address}}}


def test_addresses_take_turns_and_what_is_cancelled_never_begins() -> None:
    threads = FairThreads(1)
    is_open, begun = Event(), list[str]()

    def run(environ: dict[str, Any], name: str) -> str:
        is_open.wait(30)
        begun.append(name)
        return name

    first = threads.submit(run, environ(BUSY), "first")
    waiting: list[Future[str]] = [
        threads.submit(run, environ(BUSY), f"busy {place}") for place in range(4)
    ]
    other = threads.submit(run, environ(OTHER), "other")
    assert waiting[1].cancel()
    is_open.set()
    assert other.result(30) == "other"
    assert [each.result(30) for each in (first, waiting[0], waiting[2], waiting[3])]
    threads.shutdown()
    assert begun.index("other") <= 2, (
        "it waited for all that one address had asked before"
    )
    assert "busy 1" not in begun


def test_a_fault_in_a_thread_reaches_its_caller() -> None:
    threads = FairThreads(1)

    def fail(environ: dict[str, Any]) -> None:
        raise ValueError("so it is")

    with pytest.raises(ValueError, match="so it is"):
        threads.submit(fail, environ(BUSY)).result(30)
    threads.shutdown()


def test_one_address_has_only_so_many_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_threads, "MAX_WAITING_PER_ADDRESS", 2)
    threads = FairThreads(1)
    is_open = Event()
    is_busy = Event()

    def run(environ: dict[str, Any]) -> None:
        is_busy.set()
        is_open.wait(30)

    threads.submit(run, environ(BUSY))
    assert is_busy.wait(30)
    threads.submit(run, environ(BUSY))
    threads.submit(run, environ(BUSY))
    with pytest.raises(TooManyUnderWay):
        threads.submit(run, environ(BUSY))
    assert not threads.submit(run, environ(OTHER)).done()
    is_open.set()
    threads.shutdown()


def test_too_many_bodies_of_one_address_cost_only_its_oldest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_budget, "MAX_OF_ONE", 2)

    async def scene() -> None:
        table = BodyBudget()
        mine = [
            asyncio.Timeout(asyncio.get_running_loop().time() + 600) for _ in range(3)
        ]
        other = asyncio.Timeout(asyncio.get_running_loop().time() + 600)
        async with other:
            table.add(OTHER, other)
            with pytest.raises(TimeoutError):
                await wait_for_the_third(table, mine)
            assert list(table.all.values()) == [OTHER, BUSY, BUSY]

    asyncio.run(scene())


def test_all_bodies_together_have_only_so_much_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_budget, "MAX_BODY_BYTES", 10)

    async def scene() -> None:
        table = BodyBudget()
        async with asyncio.timeout(600) as patience:
            table.add(BUSY, patience)
            table.hold(10, patience)
            with pytest.raises(TooMuch):
                table.hold(1, patience)
            table.release(10)
            table.hold(1, patience)

    asyncio.run(scene())


async def wait_for_the_third(table: BodyBudget, mine: list[asyncio.Timeout]) -> None:
    async with mine[0]:
        table.add(BUSY, mine[0])
        async with mine[1], mine[2]:
            table.add(BUSY, mine[1])
            table.add(BUSY, mine[2])
            await asyncio.sleep(30)


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "address"),
    [
        ("", BUSY, OTHER, BUSY),
        ("192.0.2.0/24", BUSY, OTHER, OTHER),
        ("192.0.2.0/24", BUSY, f"203.0.113.9, {OTHER}", OTHER),
        ("192.0.2.0/24", "203.0.113.9", OTHER, "203.0.113.9"),
    ],
)
def test_behind_our_own_proxy_its_caller_counts(
    settings: Settings, proxies: str, peer: str, forwarded: str, address: str
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"trusted_proxies": proxies})
    scope = {"client": (peer, 5), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    assert client_address_of(scope) == address


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/messages", "application/problem+json"),
        ("/inbox/", "text/html"),
        ("/webhooks/twilio/status", "text/plain"),
    ],
)
def test_what_is_cut_off_is_told_when_to_come_again_in_the_form_of_its_door(
    settings: Settings, path: str, kind: str
) -> None:
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN}
    refusals.refusal_page.cache_clear()
    status, headers, content = asyncio.run(answer_of_a_cancelled(path))
    assert status == 503
    assert headers["content-type"].startswith(kind)
    assert int(headers["retry-after"]) > 0
    assert headers["connection"] == "close"
    assert content


async def answer_of_a_cancelled(path: str) -> tuple[int, dict[str, str], bytes]:
    sent: list[Any] = []

    async def hang(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "path": path,
        "method": "GET",
        "headers": [],
        "client": (BUSY, 1),
    }
    asking = asyncio.create_task(
        AlwaysAnswered(WholeBodies(hang))(scope, receive, send)
    )
    await asyncio.sleep(0)
    asking.cancel()
    await asking
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]
