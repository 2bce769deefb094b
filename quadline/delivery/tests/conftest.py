"""Maya with a number of her own at the carrier in the box."""

import aiohttp
import pytest

from quadline.carriers import twilio as adapter
from quadline.carriers.twilio import Twilio
from quadline.delivery.tests.acts import rent
from quadline.numbers.models import SystemNumber
from tests.cast import Cast


@pytest.fixture
def number(people: Cast, twilio: Twilio) -> SystemNumber:
    """Rented, registered and active."""
    return rent(people.maya)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A carrier that says nothing is given up after two seconds, not after 15."""
    monkeypatch.setattr(adapter, "SEND_TIMEOUT", aiohttp.ClientTimeout(total=2))
