"""Who may read which conversation. Omar, of another office, is
the outsider; Kim is his student.
"""

import pytest

from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.conversations.models import Conversation
from quadline.conversations.opening import open_conversation, open_with_phone
from quadline.conversations.tests.conftest import NOON
from tests.cast import TRANSFER, Cast, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversations(people: Cast, with_rosa: Conversation) -> dict[str, Conversation]:
    return {
        "maya-rosa": with_rosa,
        "theo-sally": open_conversation(
            inbox=people.theo.inbox, student=people.sally, now=NOON
        ),
        "omar-kim": open_conversation(
            inbox=people.omar.inbox, student=people.kim, now=NOON
        ),
        "omar-phone": open_with_phone(
            inbox=people.omar.inbox, phone="+17345559999", now=NOON
        ),
        "lena-bo": open_conversation(
            inbox=people.lena.inbox, student=people.bo, now=NOON
        ),
    }


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("maya", {"maya-rosa"}),
        ("theo", {"theo-sally"}),
        ("lena", {"maya-rosa", "theo-sally", "lena-bo"}),
        ("omar", {"omar-kim", "omar-phone"}),
        ("ada", {"maya-rosa", "theo-sally", "omar-kim", "omar-phone", "lena-bo"}),
        ("iris", {"maya-rosa", "theo-sally", "omar-kim", "omar-phone", "lena-bo"}),
    ],
)
def test_each_reads_what_their_role_allows(
    people: Cast, conversations: dict[str, Conversation], who: str, sees: set[str]
) -> None:
    user: User = getattr(people, who)
    visible = set(Conversation.objects.visible_to(user))

    assert {name for name, each in conversations.items() if each in visible} == sees


@pytest.mark.parametrize("who", ["maya", "lena", "ada", "iris"])
def test_an_account_that_is_switched_off_reads_nothing(
    people: Cast, conversations: dict[str, Conversation], who: str
) -> None:
    user: User = getattr(people, who)
    user.is_active = False

    assert not Conversation.objects.visible_to(user).exists()


def test_a_lead_without_an_office_reads_only_their_own(
    people: Cast, conversations: dict[str, Conversation]
) -> None:
    adrift = staff("adrift@alder.example", "Adrift", Role.LEAD, office="")
    open_conversation(
        inbox=staff("also@alder.example", "Also Adrift", office="").inbox,
        student=people.sally,
        now=NOON,
    )
    own = open_conversation(inbox=adrift.inbox, student=people.sally, now=NOON)

    assert list(Conversation.objects.visible_to(adrift)) == [own]


def test_a_lead_of_another_office_reads_nothing_here(
    people: Cast, conversations: dict[str, Conversation]
) -> None:
    other = staff("other@alder.example", "Other Lead", Role.LEAD, office=TRANSFER)

    assert set(Conversation.objects.visible_to(other)) == {
        conversations["omar-kim"],
        conversations["omar-phone"],
    }
