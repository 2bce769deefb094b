"""Maya with a number: one at the carrier in the box where texts are
handed over, else one in our records only.
"""

import pytest

from quadline.delivery.tests.acts import number_row, rent
from quadline.numbers.models import SystemNumber
from tests.cast import Cast


@pytest.fixture
def number(people: Cast) -> SystemNumber:
    """In our records only: no carrier is asked."""
    return number_row(people.maya)


@pytest.fixture
def rented(people: Cast, twilio: object) -> SystemNumber:
    """Rented, registered and active."""
    return rent(people.maya)
