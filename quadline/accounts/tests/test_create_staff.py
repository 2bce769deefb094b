"""quadline create_staff: how the first administrator comes to be."""

import pytest
from django.core.management import CommandError, call_command

from quadline.accounts.models import User

pytestmark = pytest.mark.django_db


def test_an_account_can_manage_and_waits_for_its_password() -> None:
    call_command(
        "create_staff",
        "Ada@Alder.example",
        "Ada Whitfield",
        "--role",
        "administrator",
        "--no-input",
        verbosity=0,
    )
    ada = User.objects.get(email="ada@alder.example")
    assert ada.may["manage"]
    assert not ada.has_usable_password()


@pytest.mark.parametrize(
    ("email", "extra"),
    [
        ("not an address", []),
        ("new@alder.example", ["--office-phone", "12"]),
        ("twice@alder.example", []),
    ],
)
def test_what_cannot_be_made_is_refused_in_words_and_nothing_is_made(
    email: str, extra: list[str]
) -> None:
    call_command(
        "create_staff", "twice@alder.example", "Twice", "--no-input", verbosity=0
    )
    with pytest.raises(CommandError):
        call_command("create_staff", email, "New", "--no-input", *extra, verbosity=0)
    assert User.objects.count() == 1
