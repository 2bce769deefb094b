"""An office is a row, found by its name however it is spelled."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from quadline.accounts.models import Office, User
from quadline.accounts.rules import office_key
from tests.cast import NURSING, Cast, staff

SPELLINGS = [
    NURSING,
    NURSING.upper(),
    f"  {NURSING}  ",
    NURSING.replace(" ", "  "),
    NURSING.replace(" ", "\u00a0"),
]


@pytest.mark.parametrize("spelled", [*SPELLINGS, NURSING.replace(" ", "")])
def test_case_and_white_space_tell_no_offices_apart(spelled: str) -> None:
    assert office_key(spelled) == office_key(NURSING)


@pytest.mark.parametrize(
    "other", ["Nursing", "Nursing & Health Advising", "Nursing and Health Advising 2"]
)
def test_other_names_are_other_offices(other: str) -> None:
    assert office_key(other) != office_key(NURSING)


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_an_office_is_found_by_its_name(people: Cast, spelled: str) -> None:
    count = Office.objects.count()
    assert Office.objects.named(spelled) == people.maya.office
    assert Office.objects.count() == count


@pytest.mark.django_db
def test_an_office_is_made_when_there_is_none() -> None:
    made = Office.objects.named("  Career   Center ")
    assert made is not None
    assert (made.name, Office.objects.get()) == ("Career Center", made)


@pytest.mark.django_db
@pytest.mark.parametrize("nothing", ["", " ", "\u00a0\t"])
def test_no_name_is_no_office(nothing: str) -> None:
    assert Office.objects.named(nothing) is None
    assert not Office.objects.exists()


@pytest.mark.django_db
def test_a_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValidationError):
        Office.objects.named("x" * 121)
    assert not Office.objects.exists()


def test_the_database_refuses_a_second_spelling(people: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Office.objects.create(name=NURSING.upper())


def test_a_colleague_whose_office_is_spelled_otherwise_is_of_the_same(
    people: Cast,
) -> None:
    assert (
        staff("new@alder.example", "New", office=f" {NURSING.lower()}").office
        == people.lena.office
    )


def test_the_command_takes_the_name_of_an_office(people: Cast) -> None:
    call_command(
        "create_staff",
        "new@alder.example",
        "New",
        "--no-input",
        "--office",
        NURSING.upper(),
    )
    call_command(
        "create_staff",
        "newer@alder.example",
        "Newer",
        "--no-input",
        "--office",
        "Career Center",
    )
    call_command("create_staff", "newest@alder.example", "Newest", "--no-input")
    made = User.objects.filter(email__startswith="new").order_by("pk")
    assert [each.office.name if each.office else "" for each in made] == [
        NURSING,
        "Career Center",
        "",
    ]
