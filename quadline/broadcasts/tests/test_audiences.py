"""Who an audience stands for, and never anybody its author may not see."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from quadline.accounts.models import User
from quadline.broadcasts.audiences import (
    audience_of,
    audience_words,
    save_audience,
    shown_choices,
    students_of,
    suggestions,
)
from quadline.broadcasts.choices import AudienceChoice
from quadline.broadcasts.models import Audience
from quadline.broadcasts.pasting import _entries, resolve_pasted
from quadline.broadcasts.rules import BroadcastRefused
from quadline.broadcasts.tests.acts import crowd, draft, outcomes, reviewed
from quadline.roster.models import CaseloadEntry, Student
from tests.cast import Cast, student


@pytest.fixture
def tagged(people: Cast) -> Cast:
    """Rosa and Kim, who is another advisor's, are athletes in
    BIO-101; so is the test student.
    """
    for who in (people.rosa, people.kim, people.sally):
        Student.objects.filter(pk=who.pk).update(
            tags=["Athlete", "Honors: first year"], courses=["BIO-101"]
        )
    return people


def names(author: User, *to: str, without: tuple[str, ...] = ()) -> set[str]:
    audience = {"to": list(to), "except": list(without)}
    return set(
        students_of(audience, author=author).values_list("first_name", flat=True)
    )


def test_the_caseload_is_ones_own(tagged: Cast) -> None:
    assert names(tagged.maya, "caseload") == {"Rosa", "Bo", "Gus", "Nell"}
    assert names(tagged.omar, "caseload") == {"Kim"}
    assert names(tagged.theo, "caseload") == set()


@pytest.mark.parametrize(
    "token", ["tag:Athlete", "course:BIO-101", "tag:Honors: first year"]
)
def test_a_tag_or_course_is_of_the_students_one_sees(tagged: Cast, token: str) -> None:
    assert names(tagged.maya, token) == {"Rosa"}
    assert names(tagged.omar, token) == {"Kim"}
    assert names(tagged.ada, token) == {"Rosa", "Kim"}


def test_office_and_college_are_for_those_who_see_them(tagged: Cast) -> None:
    assert names(tagged.maya, "office", "all") == set()
    assert names(tagged.lena, "office") == {"Rosa", "Bo", "Gus", "Nell"}
    assert names(tagged.lena, "all") == set()
    assert names(tagged.ada, "all") == {"Rosa", "Bo", "Gus", "Nell", "Kim"}


def test_a_test_student_comes_only_by_name(tagged: Cast) -> None:
    CaseloadEntry.objects.create(staff=tagged.maya, student=tagged.sally)
    assert "Sally" not in names(
        tagged.maya, "caseload", "tag:Athlete", "course:BIO-101"
    )
    assert names(tagged.maya, f"student:{tagged.sally.pk}") == {"Sally"}


def test_nobody_elses_student_is_ever_in_it(tagged: Cast) -> None:
    hers = Audience.objects.create(
        owner=tagged.maya, name="Mine", audience={"to": ["caseload"]}
    )
    tokens = [
        f"student:{tagged.rosa.pk}",
        f"audience:{hers.pk}",
        "office",
        "all",
        "caseload",
        "tag:Athlete",
    ]
    assert names(tagged.omar, *tokens) == {"Kim"}
    broadcast = draft(tagged.omar, *tokens)
    reviewed(broadcast)
    assert set(outcomes(broadcast)) == {"Kim"}


def test_a_saved_audience_seen_by_its_owner_never_shows_more_than_they_see(
    tagged: Cast,
) -> None:
    forged = Audience.objects.create(
        owner=tagged.omar,
        name="Theirs",
        audience={"to": [f"student:{tagged.rosa.pk}", "all"]},
    )
    assert names(tagged.omar, f"audience:{forged.pk}") == set()


def test_except_takes_out_and_wins(tagged: Cast) -> None:
    assert names(tagged.maya, "caseload", without=("tag:Athlete",)) == {
        "Bo",
        "Gus",
        "Nell",
    }
    assert (
        names(tagged.maya, f"student:{tagged.rosa.pk}", without=("caseload",)) == set()
    )


def test_saved_audiences_may_lie_in_each_other_and_even_in_a_ring(tagged: Cast) -> None:
    first = save_audience(
        owner=tagged.maya, name="First", audience={"to": ["tag:Athlete"]}
    )
    second = save_audience(
        owner=tagged.maya,
        name="Second",
        audience={"to": [f"audience:{first.pk}", f"student:{tagged.bo.pk}"]},
    )
    assert names(tagged.maya, f"audience:{second.pk}") == {"Rosa", "Bo"}
    save_audience(
        owner=tagged.maya,
        name="First",
        audience={"to": [f"audience:{second.pk}"], "except": ["tag:Athlete"]},
    )
    assert names(tagged.maya, f"audience:{second.pk}") == {"Bo"}


def test_a_saved_audience_needs_a_name_and_somebody(tagged: Cast) -> None:
    for name, to in (("  ", ["caseload"]), ("Name", ["nonsense"])):
        with pytest.raises(BroadcastRefused):
            save_audience(owner=tagged.maya, name=name, audience={"to": to})
    saved = save_audience(
        owner=tagged.maya,
        name=" My   group ",
        audience={"to": ["caseload", "caseload"]},
    )
    assert (saved.name, saved.audience) == (
        "My group",
        {"to": ["caseload"], "except": []},
    )


NO_TOKENS = [
    "",
    "nonsense",
    "caseload:1",
    "student:",
    "student:x",
    "student:-1",
    "student:²",
    f"student:{2**64}",
]
NO_TOKENS += ["tag:", "tag:\x00", f"tag:{'x' * 61}", "audience:1e3"]


@pytest.mark.parametrize("token", NO_TOKENS)
def test_what_is_no_token_is_left_out(token: str) -> None:
    assert AudienceChoice.read(token) is None
    assert audience_of([token, "caseload"]) == {"to": ["caseload"], "except": []}


@given(st.text())
def test_a_token_that_is_read_is_written_back_as_it_was(token: str) -> None:
    choice = AudienceChoice.read(token)
    assert choice is None or choice.token == token.strip()


def test_an_audience_in_words(tagged: Cast) -> None:
    assert (
        audience_words({"to": ["caseload"]}, tagged.maya)
        == "All Students on My Caseload"
    )
    said = audience_words(
        {
            "to": ["tag:Athlete", f"student:{tagged.rosa.pk}"],
            "except": [f"student:{tagged.bo.pk}"],
        },
        tagged.maya,
    )
    assert said == "Athlete, Rosa Calderón, except Bo Jensen"
    # not hers to name
    assert audience_words({"to": [f"student:{tagged.kim.pk}"]}, tagged.maya) == "Nobody"


def test_many_students_in_words_are_the_first_few_and_a_count(people: Cast) -> None:
    tokens = [f"student:{one.pk}" for one in crowd(people.maya, 40)]
    said = audience_words({"to": tokens}, people.maya)
    assert said == "First0 Crowd, First1 Crowd, First10 Crowd and 37 more"
    assert (
        len(
            audience_words(
                {"to": [f"tag:{number:040}" for number in range(20)]}, people.maya
            )
        )
        == 300
    )


def test_the_caseload_is_offered_first(tagged: Cast) -> None:
    offered = suggestions("", tagged.maya)
    assert (offered[0].token, offered[0].label, offered[0].count) == (
        "caseload",
        "All Students on My Caseload (4)",
        4,
    )
    assert [each.token for each in offered[1:4]] == [
        "tag:Athlete",
        "tag:Honors: first year",
        "course:BIO-101",
    ]
    assert {each.student for each in offered[4:]} == {
        tagged.rosa,
        tagged.bo,
        tagged.gus,
        tagged.nell,
    }


def test_what_is_typed_narrows_what_is_offered(tagged: Cast) -> None:
    save_audience(
        owner=tagged.maya,
        name="Athletes who study biology",
        audience={"to": ["tag:Athlete"]},
    )
    assert [each.label for each in suggestions("athl", tagged.maya)] == [
        "Athletes who study biology (1)",
        "Athlete (1)",
    ]
    assert [each.token for each in suggestions("bio 101", tagged.maya)] == [
        "course:BIO-101"
    ]
    assert [each.student for each in suggestions("calderon", tagged.maya)] == [
        tagged.rosa
    ]
    assert suggestions("kim", tagged.maya) == []
    assert [each.token for each in suggestions("all students", tagged.lena)] == [
        "caseload",
        "office",
    ]
    assert [each.token for each in suggestions("all students", tagged.ada)][:2] == [
        "caseload",
        "all",
    ]


def test_chips_show_what_was_chosen_and_nothing_foreign(tagged: Cast) -> None:
    hers = save_audience(owner=tagged.maya, name="Mine", audience={"to": ["caseload"]})
    tokens = [
        "caseload",
        f"student:{tagged.kim.pk}",
        f"student:{tagged.rosa.pk}",
        f"audience:{hers.pk}",
        "tag:Nobody",
        "all",
    ]
    assert [chip.label for chip in shown_choices(tokens, tagged.maya)] == [
        "All Students on My Caseload (4)",
        "Rosa Calderón",
        "Mine (4)",
    ]
    assert [chip.label for chip in shown_choices(tokens, tagged.omar)] == [
        "All Students on My Caseload (1)",
        "Kim Park",
    ]


def test_a_pasted_list_is_read_however_it_is_written(people: Cast) -> None:
    text = (
        f"00100001; BO.Jensen@alder.example,100003\t <{people.nell.email}>\n\n00100001"
        " nobody@alder.example 999"
    )
    pasted = resolve_pasted(text, people.maya)
    assert pasted.resolved == [people.rosa, people.gus, people.nell, people.bo]
    assert (pasted.unresolved, pasted.ambiguous) == (
        ["nobody@alder.example", "999"],
        [],
    )


def test_a_pasted_entry_that_is_two_people_is_ambiguous(people: Cast) -> None:
    student("100001", "Other", "Student", advisor=people.maya, email=people.bo.email)
    pasted = resolve_pasted(f"0100001 {people.bo.email} 00100001 100001", people.maya)
    assert pasted.ambiguous == ["0100001", people.bo.email]
    # each is one's to the letter
    assert [each.institutional_id for each in pasted.resolved] == ["00100001", "100001"]


def test_a_pasted_id_of_somebody_elses_student_is_nobodys(people: Cast) -> None:
    pasted = resolve_pasted(
        f"{people.kim.institutional_id} {people.kim.email}", people.maya
    )
    assert (pasted.resolved, len(pasted.unresolved)) == ([], 2)


def test_letters_in_ids_may_be_small_and_zeros_alone_are_an_id(people: Cast) -> None:
    lettered = student("A00B12", "Ann", "Other", advisor=people.maya)
    zeros = student("000", "Zoe", "Zero", advisor=people.maya)
    assert resolve_pasted("a00b12 0", people.maya).resolved == [lettered, zeros]


def test_many_pasted_lines_take_few_statements(people: Cast) -> None:
    known = crowd(people.maya, 300)
    lines = [one.email.upper() for one in known] + [
        f"nobody{number}@alder.example" for number in range(6_000)
    ]
    with CaptureQueriesContext(connection) as asked:
        pasted = resolve_pasted("\n".join(lines), people.maya)
    assert (len(pasted.resolved), len(pasted.unresolved)) == (300, 6_000)
    assert len(asked) < 10


@given(st.text())
def test_anything_at_all_may_be_pasted(text: str) -> None:
    entries = _entries(text)
    assert all(entry and not entry.isspace() for entry in entries)
    assert len(set(entries)) == len(entries)
