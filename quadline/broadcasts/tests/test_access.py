"""Whose broadcasts a person sees."""

import pytest

from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.tests.acts import draft
from tests.cast import Cast


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("maya", {"Maya"}),
        ("theo", {"Theo"}),
        ("lena", {"Maya", "Theo"}),
        ("omar", {"Omar"}),
        ("ada", {"Maya", "Theo", "Omar"}),
        ("iris", {"Maya", "Theo", "Omar"}),
    ],
)
def test_each_sees_their_own_a_lead_the_offices_and_some_all(
    people: Cast, who: str, sees: set[str]
) -> None:
    for author in (people.maya, people.theo, people.omar):
        draft(author)
    seen = Broadcast.objects.visible_to(getattr(people, who))
    assert {broadcast.author.name.split()[0] for broadcast in seen} == sees


def test_who_has_left_sees_none(people: Cast) -> None:
    draft(people.maya)
    people.maya.is_active = False
    assert not Broadcast.objects.visible_to(people.maya)
