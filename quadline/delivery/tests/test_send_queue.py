"""The texts of a worker: how many are at the carrier at once, who is
next, and what becomes of all of them.
"""

import asyncio
import itertools
import uuid
from collections.abc import Awaitable, Callable

import pytest
from django.utils import timezone

from quadline import clock
from quadline.carriers.protocol import Accepted, SendOutcome, Unknown, Unsent
from quadline.delivery.permission.recipients import TextRecipient
from quadline.delivery.sending.claiming import Claim
from quadline.delivery.sending.send_queue import SendQueue

_ids = itertools.count(1)


def claim(*, is_bulk: bool = True) -> Claim:
    number = next(_ids)
    to = TextRecipient((f"+1734555{number:04}", "+17345559999"), "", "", "", None)
    return Claim(
        uuid.uuid4(),
        number,
        timezone.now(),
        clock.monotonic_seconds(),
        number,
        1,
        is_bulk,
        "Hello",
        to,
    )


class Carrier:
    """Answers a text when the test says so."""

    def __init__(self) -> None:
        self.began: list[Claim] = []
        self.answers: dict[Claim, asyncio.Future[SendOutcome]] = {}

    async def call(self, claim: Claim, looked_at: float) -> SendOutcome:
        self.began.append(claim)
        self.answers[claim] = asyncio.get_running_loop().create_future()
        return await self.answers[claim]


def beside(
    carrier: Carrier, act: Callable[[SendQueue], Awaitable[None]], *, at_once: int = 2
) -> None:
    async def run() -> None:
        line = SendQueue(carrier.call, at_once=at_once)
        await act(line)
        closing = asyncio.create_task(line.close())
        await asyncio.sleep(0)
        for answer in carrier.answers.values():
            answer.cancel()
        await closing

    asyncio.run(run())


def test_the_next_text_leaves_as_soon_as_one_is_answered_and_waits_for_no_slow_one() -> (
    None
):
    carrier, texts = Carrier(), [claim() for _ in range(4)]

    async def act(line: SendQueue) -> None:
        line.add(texts, clock.monotonic_seconds())
        await asyncio.sleep(0)
        assert (carrier.began, len(line)) == (texts[:2], 4)
        carrier.answers[texts[1]].set_result(Accepted("SM1"))
        assert await line.take_results(gather=0) == [(texts[1], Accepted("SM1"))]
        await asyncio.sleep(0)
        assert (carrier.began, len(line)) == (texts[:3], 4)

    beside(carrier, act)


def test_a_single_text_leaves_before_those_of_a_broadcast_that_are_ready() -> None:
    carrier, bulk, singles = (
        Carrier(),
        [claim() for _ in range(3)],
        [claim(is_bulk=False) for _ in range(2)],
    )

    async def act(line: SendQueue) -> None:
        line.add(bulk, clock.monotonic_seconds())
        line.add(singles, clock.monotonic_seconds())
        await asyncio.sleep(0)
        for text in (bulk[0], *singles):
            carrier.answers[text].set_result(Accepted("SM1"))
            for _ in range(100):  # turns of the loop: the next is called meanwhile
                await asyncio.sleep(0)
        assert carrier.began == [bulk[0], *singles, bulk[1]]

    beside(carrier, act, at_once=1)


def test_a_fault_of_ours_in_a_call_leaves_its_text_unknown() -> None:
    carrier, text = Carrier(), claim()

    async def act(line: SendQueue) -> None:
        line.add([text], clock.monotonic_seconds())
        await asyncio.sleep(0)
        carrier.answers[text].set_exception(RuntimeError("a bug"))
        assert await line.take_results(gather=0) == [(text, Unknown("a fault of ours"))]

    beside(carrier, act)


def test_a_call_that_is_cut_off_ends_the_run_and_its_text_has_no_outcome() -> None:
    carrier, cut, other = Carrier(), claim(), claim()

    class PowerCut(BaseException):
        pass

    async def act(line: SendQueue) -> None:
        line.add([cut, other], clock.monotonic_seconds())
        await asyncio.sleep(0)
        carrier.answers[cut].set_exception(PowerCut())
        await line.wait_for_changes(within=5, gather=0)
        assert not line.is_empty
        with pytest.raises(PowerCut):
            line.clear_changes()
        carrier.answers[other].set_result(Accepted("SM1"))
        await line.close()
        assert (line.remaining_results(), line.abandoned) == (
            [(other, Accepted("SM1"))],
            [cut],
        )

    beside(carrier, act)


def test_a_line_that_closes_waits_for_the_carrier_and_sends_nothing_more() -> None:
    carrier, at_carrier, ready = Carrier(), claim(), claim()

    async def act(line: SendQueue) -> None:
        line.add([at_carrier, ready], clock.monotonic_seconds())
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(
            0.01, carrier.answers[at_carrier].set_result, Accepted("SM1")
        )
        await line.close()
        assert dict(line.remaining_results()) == {
            at_carrier: Accepted("SM1"),
            ready: Unsent("the run ended"),
        }
        assert carrier.began == [at_carrier]

    beside(carrier, act, at_once=1)


def test_a_text_is_in_hand_until_it_is_written_down_but_a_stop_may_go_on_once_it_is_answered() -> (
    None
):
    carrier, text = Carrier(), claim()

    async def act(line: SendQueue) -> None:
        line.add([text], clock.monotonic_seconds())
        await asyncio.sleep(0)
        assert line.take_finished() == []
        carrier.answers[text].set_result(Accepted("SM1"))
        answers = await line.take_results(gather=0)
        assert (len(line), line.take_finished(), line.take_finished()) == (
            1,
            [text],
            [],
        )
        line.clear_changes()
        line.mark_recorded(answers)
        assert (len(line), line.is_empty, line.has_changes) == (0, True, True)

    beside(carrier, act)


def test_who_waits_for_answers_is_told_when_there_will_be_none() -> None:
    async def act(line: SendQueue) -> None:
        waiting = asyncio.create_task(line.take_results(gather=0))
        await asyncio.sleep(0)
        await line.close()
        assert await waiting == []

    beside(Carrier(), act)
