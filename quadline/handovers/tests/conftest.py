"""Maya and Theo with numbers at the carrier in the box."""

import pytest

from quadline.delivery.tests.acts import rent
from quadline.numbers.models import SystemNumber
from tests.cast import Cast


@pytest.fixture
def number(people: Cast, twilio: object) -> SystemNumber:
    """Maya's, who leaves: rented, registered and active."""
    return rent(people.maya)


@pytest.fixture
def theos_number(people: Cast, twilio: object) -> SystemNumber:
    return rent(people.theo)
