"""Finding a student by anything a person would type, and by
nothing that breaks the database.
"""

from importlib import import_module

import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quadline.roster.models import Student
from quadline.roster.searching import folded_for_search
from tests.cast import Cast, student

pytestmark = pytest.mark.django_db


@pytest.fixture
def college(people: Cast) -> Cast:
    student("00402918", "明", "李", preferred_name="Ming", mobile="+13135550101")
    student("00411306", "José Ángel", "Muñoz-Ibáñez", email="jose.munoz@alder.example")
    student("00431854", "Siobhán", "O'Brien")
    student("00429386", "Kawaiʻula", "Kahananui", email="")
    student("00426001", "Thu", "Đặng", email="")
    student("00410947", "Łukasz", "Wiśniewski", preferred_name="Luke")
    student("00409112", "محمد", "الحسن")
    student("00500001", "Maryann", "De La Cruz", email="")
    student("00500002", "Mary Ann", "van der Berg", email="")
    student("00500003", "Jörg", "Müller", email="")
    student("00500004", "小明", "张", email="")
    student("00500005", "Søren", "Nguyễn", email="")
    student("00500006", "Ilker", "Işık-Großmann", email="")
    student("00500007", "مـحـمـود", "النجار", email="")
    student("00500008", "Suharto", "", email="")
    student("00500009", "Ａｍｙ", "Lee-Smith", email="")
    student("00500010", "민수", "김", email="")
    return people


@pytest.mark.parametrize(
    ("query", "last_names"),
    [
        ("rosa", {"Calderón"}),
        ("ROSA CALDERON", {"Calderón"}),
        ("calderón rosa", {"Calderón"}),
        ("calderon\u0301", {"Calderón"}),
        ("cal", {"Calderón"}),
        (
            "alder",
            {
                "Calderón",
                "Jensen",
                "Hale",
                "Ito",
                "Park",
                "Student-Taynor",
                "李",
                "Muñoz-Ibáñez",
                "O'Brien",
                "Wiśniewski",
                "الحسن",
            },
        ),
        ("derón", set()),
        ("munoz", {"Muñoz-Ibáñez"}),
        ("ibanez jose", {"Muñoz-Ibáñez"}),
        ("Muñoz-Ibáñez", {"Muñoz-Ibáñez"}),
        ("angel", {"Muñoz-Ibáñez"}),
        ("o'brien", {"O'Brien"}),
        ("O’Brien", {"O'Brien"}),
        ("brien", {"O'Brien"}),
        ("obrien", {"O'Brien"}),
        ("kawaiula", {"Kahananui"}),
        ("kawai'ula", {"Kahananui"}),
        ("Kawaiʻula", {"Kahananui"}),
        ("lukasz", {"Wiśniewski"}),
        ("dang", {"Đặng"}),
        ("siobhan", {"O'Brien"}),
        ("taynor", {"Student-Taynor"}),
        ("student sal", {"Student-Taynor"}),
        ("ming", {"李"}),
        ("李", {"李"}),
        ("明 李", {"李"}),
        ("محمد", {"الحسن"}),
        ("wis luke", {"Wiśniewski"}),
        ("00100001", {"Calderón"}),
        ("001000", {"Calderón", "Jensen", "Hale", "Ito", "Park"}),
        ("0141", {"Calderón"}),
        ("(734) 555-0141", {"Calderón"}),
        ("734-555-0141", {"Calderón"}),
        ("+17345550141", {"Calderón"}),
        ("7345550143", {"Hale"}),
        ("rosa.calder", {"Calderón"}),
        ("rosa jensen", set()),
        ("delacruz", {"De La Cruz"}),
        ("de la cruz", {"De La Cruz"}),
        ("dela cruz", {"De La Cruz"}),
        ("la cruz", {"De La Cruz"}),
        ("maryann", {"De La Cruz", "van der Berg"}),
        ("mary ann", {"De La Cruz", "van der Berg"}),
        ("Mary-Ann de la Cruz", {"De La Cruz"}),
        ("vanderberg", {"van der Berg"}),
        ("van der berg", {"van der Berg"}),
        ("berg mary", {"van der Berg"}),
        ("m. berg", {"van der Berg"}),
        ("mueller", {"Müller"}),
        ("muller", {"Müller"}),
        ("MÜLLER", {"Müller"}),
        ("joerg mueller", {"Müller"}),
        ("张小明", {"张"}),
        ("小明张", {"张"}),
        ("小明 张", {"张"}),
        ("李明", {"李"}),
        ("soeren", {"Nguyễn"}),
        ("soren nguyen", {"Nguyễn"}),
        ("NGUYỄN", {"Nguyễn"}),
        ("isik", {"Işık-Großmann"}),
        ("grossmann", {"Işık-Großmann"}),
        ("isikgrossmann", {"Işık-Großmann"}),
        ("GROSSMANN İLKER", {"Işık-Großmann"}),
        ("محمود", {"النجار"}),
        ("مـحـمـود", {"النجار"}),
        ("suharto", {""}),
        ("amy", {"Lee-Smith"}),
        ("ａｍｙ", {"Lee-Smith"}),
        ("leesmith", {"Lee-Smith"}),
        ("lee smith", {"Lee-Smith"}),
        ("o brien", {"O'Brien"}),
        ("O＇Brien", {"O'Brien"}),
        ("김민수", {"김"}),
        ("민수 김", {"김"}),
        ("ma\u200bry ann berg", {"van der Berg"}),
        ("nobody", set()),
    ],
)
def test_students_are_found_by_what_people_type(
    college: Cast, query: str, last_names: set[str]
) -> None:
    assert {found.last_name for found in Student.objects.matching(query)} == last_names


SIGNS = [
    *"%_*'\"\\&|!();´￼",
    "''",
    ":*",
    "!rosa",
    "<->",
    "<2>",
    "a & (b",
    "rosa:*A",
    "--",
    "$$",
    "\x00",
    "\ud7ff",
    "ⓡⓞⓢⓐ",
]


@pytest.mark.parametrize("sign", SIGNS)
def test_no_sign_breaks_the_search(college: Cast, sign: str) -> None:
    for query in (sign, f"rosa{sign}", f"{sign} rosa", f"ro{sign}sa"):
        assert len(Student.objects.matching(query)) <= Student.objects.count()


@given(query=st.text(max_size=40))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_text_at_all_breaks_the_search(college: Cast, query: str) -> None:
    assert len(Student.objects.matching(query)) <= Student.objects.count()


@given(
    name=st.text(
        st.characters(
            codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_student_is_found_by_the_name_on_file_whatever_it_is(
    people: Cast, name: str
) -> None:
    Student.objects.filter(pk=people.nell.pk).update(
        search_text=folded_for_search(name)
    )

    assert not folded_for_search(name) or people.nell in Student.objects.matching(name)


def test_students_from_before_are_found_as_they_are_called(people: Cast) -> None:
    """The migration fills in what older releases did not store."""
    made = student("00500001", "Maryann", "De La Cruz", email="")
    Student.objects.filter(pk=made.pk).update(
        search_text="maryann de la cruz", id_key=""
    )
    assert not Student.objects.matching("delacruz").exists()

    search_again = import_module("quadline.roster.migrations.0004_search_again")
    search_again.refill(apps, None)

    assert Student.objects.matching("delacruz").get() == made
    assert Student.objects.get(pk=made.pk).id_key == "500001"


def test_a_search_for_nothing_finds_everyone(college: Cast) -> None:
    assert Student.objects.matching("   ").count() == Student.objects.count()


def test_a_very_long_search_is_cut(college: Cast) -> None:
    assert Student.objects.matching("rosa " * 5_000).get() == college.rosa
    assert not Student.objects.matching("x" * 100_000).exists()


def test_a_new_phone_is_found_as_soon_as_it_is_saved(people: Cast) -> None:
    people.rosa.mobile = "+17345550188"
    people.rosa.save()

    assert [found.pk for found in Student.objects.matching("0188")] == [people.rosa.pk]
    assert not Student.objects.matching("0141").exists()
