"""The front desk of Maya's office: an inbox that she and Omar share."""

import pytest

from quadline.inboxes.models import Inbox, Membership
from tests.cast import Cast


@pytest.fixture
def front_desk(people: Cast) -> Inbox:
    inbox = Inbox.objects.create(office=people.maya.office, name="Front desk")
    for user in (people.maya, people.omar):
        Membership.objects.create(inbox=inbox, user=user)
    return inbox
