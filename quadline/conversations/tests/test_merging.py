"""What each field becomes, and what is said when nothing can."""

import pytest

from quadline.conversations import merging
from quadline.numbers.models import SystemNumber
from quadline.sms.lookalikes import plain_words
from quadline.sms.merge_fields import MergeError
from tests.cast import Cast
from tests.journeys.furnished import give_number


@pytest.fixture
def number(people: Cast) -> SystemNumber:
    return give_number(people.maya, "+17345550200")


@pytest.mark.parametrize(
    ("field", "becomes"),
    [
        ("[Student Name]", "Sal"),
        ("[Student Full Name]", "Sal Student-Taynor"),
        ("[Your Name]", "Maya Alvarez"),
        ("[Your Title]", "Academic advisor"),
        ("[System Number]", "(734) 555-0200"),
        ("[Insert Your System Number Here]", "(734) 555-0200"),
        ("[Insert Office Phone Number]", "(734) 555-0100"),
        ("[office  phone]", "(734) 555-0100"),
        ("[College]", "Alder College"),
    ],
)
def test_each_field_becomes_what_the_menus_say(
    people: Cast, number: SystemNumber, field: str, becomes: str
) -> None:
    people.sally.preferred_name = "Sal"
    assert (
        merging.filled(
            field, merging.values_for(people.maya, people.sally, number=number)
        )
        == becomes
    )


def test_every_field_of_the_menus_has_a_value(
    people: Cast, number: SystemNumber
) -> None:
    values = merging.values_for(people.maya, people.sally, number=number)

    assert all(values[name] for name, _ in merging.FIELDS)
    assert set(merging.CANONICAL.values()) == {name for name, _ in merging.FIELDS}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "Call [Office Phone Number]",
            (
                "There is no office phone on your profile. Add it, or take [Office"
                " Phone Number] out."
            ),
        ),
        (
            "Save [Your System Number]",
            (
                "Your texting number is not active yet. Wait until it is, or take [Your"
                " System"
            ),
        ),
        ("I am [Your Title]", "There is no title on your profile."),
        (
            "Due [Due Date]",
            (
                "[Due Date] is not a merge field. Write the words themselves, or use"
                " one of these: [Student Name],"
            ),
        ),
        (
            "[Due Date] [Room Number]",
            "[Due Date] and [Room Number] are not merge fields.",
        ),
    ],
)
def test_a_field_that_nothing_fills_is_refused_with_a_way_out(
    people: Cast, words: str, said: str
) -> None:
    people.maya.office_phone = people.maya.title = ""
    with pytest.raises(MergeError) as refused:
        merging.filled(
            words, merging.values_for(people.maya, people.sally, number=None)
        )

    assert said in merging.refusal(refused.value)
    assert merging.refusal(refused.value).endswith("Nothing was sent.")


def test_where_one_goes_on_writing_such_a_field_stays_as_it_is(people: Cast) -> None:
    values = merging.values_for(people.maya, people.sally, number=None)
    words = "Hi [Student Name], [Due Date]: text [System Number]"

    assert (
        merging.filled_where_possible(words, values)
        == "Hi Sally, [Due Date]: text [System Number]"
    )


def test_a_number_on_its_way_is_not_given_away(people: Cast) -> None:
    number = give_number(people.maya, "+17345550200", "registering")

    assert (
        merging.values_for(people.maya, people.sally, number=number)["System Number"]
        == ""
    )


def test_a_template_knows_its_unknown_fields() -> None:
    assert merging.unknown_fields(
        "[Your Name]", "[Due Date] [insert office phone number] [due  date] [1]"
    ) == ("[Due Date]",)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "Hi {first_name}",
            "{first_name} is not a merge field. Did you mean [Student Name]?",
        ),
        ("Hi {{ student.first_name }}", "Did you mean [Student Name]?"),
        (
            "Hi [Student_Name]",
            "[Student_Name] is not a merge field. Did you mean [Student Name]?",
        ),
        ("Hi [StudentFullName]", "Did you mean [Student Full Name]?"),
        (
            "Hi [Stuent Name]",
            "[Stuent Name] is not a merge field. Did you mean [Student Name]?",
        ),
        (
            "Hi [Student Name, it is due",
            "[Student Name is not a merge field. Did you mean [Student Name]?",
        ),
        (
            "Yours, {{advisor}}",
            "{{advisor}} is not a merge field. Did you mean [Your Name]?",
        ),
        ("Call [office_phone]", "Did you mean [Office Phone Number]?"),
        ("Text <<My Number>>", "Did you mean [System Number]?"),
        ("At %SCHOOL%", "Did you mean [College]?"),
        ("[your job title]", "Did you mean [Your Title]?"),
    ],
)
def test_what_looks_like_a_field_is_refused_with_the_field_it_may_have_meant(
    people: Cast, words: str, said: str
) -> None:
    values = merging.values_for(people.maya, people.sally, number=None)
    with pytest.raises(MergeError) as refused:
        merging.filled(words, values)

    assert said in merging.refusal(refused.value)
    assert merging.filled(words, values, as_written=True) == words


def test_what_is_meant_as_written_is_sent_beside_fields_that_are_filled(
    people: Cast,
) -> None:
    values = merging.values_for(people.maya, people.sally, number=None)
    assert (
        merging.filled("[Student Name]: {x} [redacted]", values, as_written=True)
        == "Sally: {x} [redacted]"
    )


def test_a_field_with_nothing_in_it_is_never_meant_as_written(people: Cast) -> None:
    with pytest.raises(MergeError) as refused:
        merging.filled(
            "{room} [System Number]",
            merging.values_for(people.maya, people.sally, number=None),
            as_written=True,
        )
    assert refused.value.empty == ("System Number",)


def test_all_that_is_called_otherwise_is_one_of_the_fields() -> None:
    ours = {name for name, _ in merging.FIELDS}
    assert set(merging.MEANT.values()) == ours == set(merging.OTHER_NAMES)
    assert [name for name in merging.MEANT if name != plain_words(name)] == []
