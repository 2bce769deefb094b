"""What comes together is written together; what cannot
be written keeps back no other.
"""

import asyncio
from collections.abc import Sequence
from threading import Event

import pytest

from quadline.webhooks.batch_writer import BatchWriter


class Ledger:
    """Writes words down, but none that is "bad"; the first
    batch waits until it is let on.
    """

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.go_on = Event()

    def write(self, words: Sequence[str]) -> int:
        self.go_on.wait(120)
        if "bad" in words:
            raise ValueError(words)
        self.batches.append(list(words))
        return len(words)

    def written(self, *words: str) -> list[int | Exception]:
        """Each word brought by a caller of its own: the first, and the
        others while it is being written.
        """

        async def bring() -> list[int | Exception]:
            crowd = BatchWriter(self.write)
            first = asyncio.create_task(crowd.add(words[0]))
            await asyncio.sleep(0.05)
            others = [asyncio.create_task(crowd.add(word)) for word in words[1:]]
            await asyncio.sleep(0.05)
            assert not first.done()
            assert not any(other.done() for other in others)
            self.go_on.set()
            return await asyncio.gather(first, *others, return_exceptions=True)  # type: ignore[return-value]

        return asyncio.run(bring())


def test_what_comes_while_a_batch_is_written_goes_into_the_next() -> None:
    ledger = Ledger()
    assert ledger.written("a", "b", "c") == [1, 2, 2]
    assert ledger.batches == [["a"], ["b", "c"]]


def test_those_just_answered_who_call_again_at_once_are_in_one_batch() -> None:
    ledger = Ledger()

    async def bring() -> None:
        crowd = BatchWriter(ledger.write)

        async def bring_two(word: str) -> None:
            await crowd.add(word)
            await crowd.add(word)

        first = asyncio.create_task(bring_two("a"))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(bring_two(word)) for word in "bc"]
        await asyncio.sleep(0.05)
        ledger.go_on.set()
        await asyncio.gather(first, *others)

    asyncio.run(bring())
    assert [sorted(batch) for batch in ledger.batches] == [
        ["a"],
        ["b", "c"],
        ["a", "b", "c"],
    ]


def test_one_that_cannot_be_written_keeps_back_no_other() -> None:
    ledger = Ledger()
    first, *others = ledger.written("a", "b", "bad", "c")
    assert (first, others[0], others[2]) == (1, 1, 1)
    assert isinstance(others[1], ValueError)
    assert sorted(ledger.batches) == [["a"], ["b"], ["c"]]


def test_a_batch_writer_goes_on_after_a_fault() -> None:
    async def bring() -> int:
        ledger = Ledger()
        ledger.go_on.set()
        crowd = BatchWriter(ledger.write)
        with pytest.raises(ValueError, match="bad"):
            await crowd.add("bad")
        return await crowd.add("good")

    assert asyncio.run(bring()) == 1


def test_a_caller_who_hung_up_takes_nothing_from_the_others() -> None:
    async def bring() -> tuple[list[list[str]], int]:
        ledger = Ledger()
        crowd = BatchWriter(ledger.write)
        gone, here = (
            asyncio.create_task(crowd.add("a")),
            asyncio.create_task(crowd.add("b")),
        )
        await asyncio.sleep(0.05)
        gone.cancel()
        ledger.go_on.set()
        return ledger.batches, await here

    assert asyncio.run(bring()) == ([["a", "b"]], 2)
