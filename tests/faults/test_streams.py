"""Open screens while the web process is restarted: each comes back automatically, in
its
own time, and has missed nothing.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import expect

from quadline.conversations.models import Conversation
from quadline.demo.processes import wait_until_answers
from quadline.numbers.models import SystemNumber
from tests.browser import Person
from tests.cast import Cast
from tests.faults.test_first_texts import first_text
from tests.house import PATIENCE, House, eventually
from tests.stage import session_of

SCREENS = 300


class Screen:
    """What a browser's EventSource does: read; when the line breaks,
    wait as told, and connect again.
    """

    def __init__(self, house: House, session: str) -> None:
        self.port = int(house.url.rpartition(":")[2])
        self.session = session
        self.retry = 3.0
        self.retries: set[float] = set()
        self.heard: list[tuple[float, str]] = []

    async def watch(self) -> None:
        while True:
            with suppress(OSError):
                await self._read()
            await asyncio.sleep(self.retry)

    async def _read(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie:"
            f" session={self.session}\r\n\r\n".encode()
        )
        try:
            while line := await reader.readline():
                name, _, value = line.decode().strip().partition(": ")
                if name == "retry":
                    self.retry = int(value) / 1000
                    self.retries.add(self.retry)
                if name == "event":
                    self.heard.append((time.monotonic(), value))
        finally:
            writer.close()

    def has_heard(self, event: str, since: float) -> bool:
        return any(at >= since and said == event for at, said in self.heard)


async def all_hear(screens: list[Screen], event: str, since: float) -> None:
    deadline = time.monotonic() + PATIENCE
    while left := sum(1 for screen in screens if not screen.has_heard(event, since)):
        assert time.monotonic() < deadline, (
            f"{left} of {len(screens)} screens have not heard {event!r}"
        )
        await asyncio.sleep(0.1)


def test_300_screens_come_back_after_a_restart_and_hear_what_they_missed(
    the_house: House, people: Cast
) -> None:
    first_text(people.maya, people.rosa, "Hello")
    eventually(lambda: the_house.simulator.accepts(to=people.rosa.mobile))
    talk = Conversation.objects.get(inbox__owner=people.maya)
    number = SystemNumber.objects.get(inbox__owner=people.maya).phone
    session = session_of(people.maya.email)
    screens = [Screen(the_house, session) for _ in range(SCREENS)]

    async def scene() -> None:
        watching = [asyncio.create_task(screen.watch()) for screen in screens]
        await all_hear(screens, "resume", 0)
        gone = time.monotonic()
        await asyncio.to_thread(the_house.kill, "web")
        the_house.start("web")
        assert await asyncio.to_thread(
            wait_until_answers, f"{the_house.url}/readyz", seconds=PATIENCE
        )
        # they fetch again what changed meanwhile
        await all_hear(screens, "resume", gone)
        back = time.monotonic()
        await asyncio.to_thread(
            the_house.simulator.text, people.rosa.mobile, number, "I am here"
        )
        await all_hear(screens, f"conv-{talk.pk}", back)
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)

    asyncio.run(scene())
    assert (
        len({retry for screen in screens for retry in screen.retries}) > SCREENS / 3
    ), "they do not all come at once"


def test_a_page_of_somebody_in_between_never_gets_into_a_conversation(
    the_house: House, people: Cast, at_the_screen: Callable[..., Person]
) -> None:
    """A proxy answers 503 with a page of its own while the web process is away."""
    first_text(people.maya, people.rosa, "Hello")
    eventually(lambda: the_house.simulator.accepts(to=people.rosa.mobile))
    here = at_the_screen(people.maya.email)
    page = here.page
    page.route(
        "**/events",
        lambda route: route.fulfill(
            status=503, content_type="text/html", body="<h1>Nobody there</h1>"
        ),
    )
    here.open(f"/inbox/c/{Conversation.objects.get(inbox__owner=people.maya).pk}/")
    expect(page.locator("#connection")).to_be_visible()
    the_house.simulator.text(
        people.rosa.mobile,
        SystemNumber.objects.get(inbox__owner=people.maya).phone,
        "I am here",
    )
    page.unroute("**/events")

    expect(page.locator("#log .bubble").last).to_have_text("I am here")
    expect(page.locator("#connection")).to_be_hidden()
    assert "Nobody there" not in page.content()
    here.faults.clear()
