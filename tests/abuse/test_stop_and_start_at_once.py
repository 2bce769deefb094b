"""STOP, START and STOP again, at the same moment: what was said last counts, in whichever order it is written down."""

from datetime import timedelta
from functools import partial
from itertools import permutations

import pytest
from django.utils import timezone

from quadline.consent import ledger
from quadline.consent.models import ConsentEntry
from quadline.consent.rules import Change, Source
from quadline.delivery.tests.acts import at_once
from tests.cast import Cast

PAIR = ("+17345550141", "+17342340001")
SAID = (Change.OPT_OUT, Change.OPT_IN, Change.OPT_OUT)
BEGUN = timezone.now() - timedelta(minutes=1)


def write_down(place: int, said: tuple[Change, ...]) -> None:
    occurred_at = BEGUN + timedelta(seconds=place)
    reference = f"SM{place}"
    ledger.record(pair=PAIR, change=said[place], source=Source.REPLY, occurred_at=occurred_at, carrier_reference=reference)


@pytest.mark.parametrize("said", [SAID, (Change.OPT_IN, *SAID[:2])], ids=["ends with STOP", "ends with START"])
def test_of_words_at_once_the_last_said_counts(committed_people: Cast, said: tuple[Change, ...]) -> None:
    at_once([partial(write_down, place, said) for place in range(3)] * 2)  # and the carrier tells each twice

    assert ConsentEntry.objects.count() == 3
    assert ledger.is_opted_out(PAIR) is (said[-1] is Change.OPT_OUT)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_in_any_order_the_last_said_counts(people: Cast, order: tuple[int, ...]) -> None:
    for place in order:
        write_down(place, SAID)

    assert ledger.is_opted_out(PAIR)
    assert not ledger.is_opted_out((PAIR[0], "+17342340002")), "another number is another matter"
