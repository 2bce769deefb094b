"""What looks like a merge field and is none is found; ordinary brackets are let be."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadline.sms.lookalikes import MAX_TEXT_READ, comes_near, lookalikes, plain_words

NAMES = {
    "student name": "Student Name",
    "first name": "Student Name",
    "advisor": "Your Name",
    "office phone": "Office",
}


def meant(words: str) -> str:
    return comes_near(words, NAMES)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hi {first_name}!", ("{first_name}",)),
        ("Hi {{ first_name }}, {{advisor}} here", ("{{ first_name }}", "{{advisor}}")),
        ("Hi [Student_Name]", ("[Student_Name]",)),
        ("Hi [Student.Name] of [Date/Time]", ("[Student.Name]", "[Date/Time]")),
        ("Hi [Student Name, can we meet?", ("[Student Name",)),
        ("Hi [ Student\nName]", ("[ Student",)),
        ("So see me, Advisor] said", ("Advisor]",)),
        ("Hi [Student Name}", ("[Student Name}",)),
        ("Hi [[Student Name]]", ("[[Student Name]]",)),
        ("Hi [Student\u200bName]", ("[Student\u200bName]",)),
        (
            "Hi \uff3bStudent Name\uff3d and \u3010Advisor\u3011",
            ("\uff3bStudent Name\uff3d", "\u3010Advisor\u3011"),
        ),
        (
            "Hi <<First Name>> <first name> \u00abFirst_Name\u00bb",
            ("<<First Name>>", "<first name>", "\u00abFirst_Name\u00bb"),
        ),
        (
            "*|FNAME|* %FIRST_NAME% ${name} #{name} %(name)s",
            ("*|FNAME|*", "%FIRST_NAME%", "${name}", "#{name}", "%(name)s"),
        ),
        (
            "{!Contact.FirstName} {first_name|there} {% advisor %}",
            ("{!Contact.FirstName}", "{first_name|there}", "{% advisor %}"),
        ),
        (
            "__first_name__ @first_name@ ##Advisor##",
            ("__first_name__", "@first_name@", "##Advisor##"),
        ),
        ("[redacted] and [Insert date, time]", ("[redacted]", "[Insert date, time]")),
        ("[note] once, [note] twice", ("[note]",)),
    ],
)
def test_what_looks_like_a_field_is_found(text: str, found: tuple[str, ...]) -> None:
    assert lookalikes(text, meant) == found


@pytest.mark.parametrize(
    "text",
    [
        "see [1], [12] and [a]; she said [sic] \u201crecieve\u201d",
        "f is continuous on [0, 1) and (2, 3]",
        "{1, 2, 3}, {x | x > 0}, {a, b}, {x}",
        "arr[i] = list[0]; int main() { return 0; }",
        '{ "a": 1 }',
        "if a < b and c > d then <3",
        "<b>bold</b> <maya@alder.example> <https://alder.example>",
        "50% of students and 20% more; 5%",
        "\u00abHola amigos\u00bb",
        "sad :[ about that, and :-[ that too",
        "[ ], [x], [] and {}",
        "my_file_name.txt and #advising @maya",
    ],
)
def test_ordinary_brackets_are_let_be(text: str) -> None:
    assert lookalikes(text, meant) == ()


@pytest.mark.parametrize(
    "words",
    [
        "first_name",
        "FirstName",
        "first-name",
        "First  Name",
        "FIRST.NAME",
        "frist name",
        "first_name_1",
    ],
)
def test_a_name_is_known_however_it_is_joined(words: str) -> None:
    assert meant(words) == "Student Name"


def test_fields_that_are_there_twice_are_named_where_they_stand_first() -> None:
    text = "Hi {first_name}, [Student_Name] here, {first_name}"

    assert lookalikes(text, meant) == ("{first_name}", "[Student_Name]")


def test_what_comes_near_nothing_means_nothing() -> None:
    assert [meant(words) for words in ("redacted", "x", "", "12", "date")] == [""] * 5
    assert plain_words("Student\u2019s FirstName_2") == "students first name"


@given(st.text())
def test_any_text_is_searched(text: str) -> None:
    assert all(found in text for found in lookalikes(text, meant))


# seconds of processor time: a search that begins again at each sign takes many minutes
WITHOUT_END = 30.0


@pytest.mark.parametrize(
    "piece",
    [
        "<ab cd>",
        "[",
        "{",
        "{a ",
        "[a",
        "a]",
        "a ",
        "{a" + " " * 40,
        "%aaa",
        "__a",
        "[abcd]",
        "*|a",
        "@a",
    ],
)
def test_endless_brackets_cost_little(piece: str) -> None:
    begun = time.process_time()
    lookalikes(piece * (2 * MAX_TEXT_READ // len(piece)), meant)
    assert time.process_time() - begun < WITHOUT_END
