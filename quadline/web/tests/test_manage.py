"""The Numbers page."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quadline.accounts.models import User
from quadline.delivery.models import ConfirmationCheck
from tests.cast import Cast


def test_it_says_whether_stop_and_help_are_answered(
    enter: Callable[[User], Client], people: Cast
) -> None:
    client = enter(people.ada)
    page = reverse("manage_numbers")
    assert "nobody has texted STOP or HELP" in client.get(page).content.decode()

    now = timezone.now()
    ConfirmationCheck.objects.create(
        asked="stop",
        times=3,
        answered=1,
        wording="Reply START.",
        last_at=now,
        checked_at=now,
    )
    shown = client.get(page).content.decode()
    assert "2 of 3 STOP replies got no answer" in shown
    assert "1 of 3 answered within five minutes" in shown
    assert "Check this" in shown
