"""What failures teach about a phone."""

import pytest
from django.utils import timezone

from quadline.roster import trouble
from quadline.roster.models import PhoneTrouble

PHONE, OTHER = "+17345550141", "+17345550142"
pytestmark = pytest.mark.django_db


def fails(*, bad_after: int, phone: str = PHONE) -> bool:
    return trouble.note_failure(
        phone, words="Not in service.", bad_after=bad_after, now=timezone.now()
    )


def test_a_phone_is_bad_after_as_many_failures_as_the_law_says() -> None:
    assert [fails(bad_after=2) for _ in range(3)] == [False, True, False]
    assert trouble.all_bad_phones() == {PHONE}
    assert fails(bad_after=1, phone=OTHER)
    assert trouble.all_bad_phones() == {PHONE, OTHER}


def test_failures_of_different_kinds_add_up() -> None:
    assert not fails(bad_after=2)
    assert fails(bad_after=1)


def test_a_sign_of_life_clears_everything() -> None:
    fails(bad_after=2)
    trouble.clear(PHONE)
    assert not fails(bad_after=2)
    assert trouble.all_bad_phones() == set()


def test_what_has_no_phone_is_not_remembered() -> None:
    assert not fails(bad_after=1, phone="")
    assert not PhoneTrouble.objects.exists()
