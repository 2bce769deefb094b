"""+New: one recipient is written to at once, more are
reviewed; and nothing typed is ever lost.
"""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from quadline.broadcasts.models import Audience, Broadcast
from quadline.conversations.models import Message
from tests.architecture.conftest import Enter
from tests.cast import Cast

NEW = "/inbox/new/"


def written(**changes: object) -> dict[str, object]:
    return {
        "message_id": str(uuid.uuid4()),
        "channel": "text",
        "body": "Registration opens Monday.",
        **changes,
    }


@pytest.fixture
def maya(enter: Enter, people: Cast) -> Client:
    return enter(people.maya)


def test_the_tabs_are_called_as_the_guide_calls_them_and_text_message_is_open(
    maya: Client,
) -> None:
    page = maya.get(NEW).content.decode()

    assert page.index(">Text Message</span>") < page.index(">Email</span>")
    assert 'id="tab-text"' in page
    assert 'aria-controls="panel-text" aria-selected="true"' in page


def test_the_caseload_is_offered_first(maya: Client) -> None:
    found = maya.get(reverse("compose-recipients"), {"q": ""}).content.decode()
    labels = [line.split('"')[0] for line in found.split('data-label="')[1:]]

    assert labels[0] == "All Students on My Caseload (4)"
    assert "Rosa Calderón" in labels


def test_all_finds_the_caseload_and_a_foreign_student_is_never_offered(
    maya: Client,
) -> None:
    assert (
        'data-token="caseload"'
        in maya.get(reverse("compose-recipients"), {"q": "all"}).content.decode()
    )
    assert (
        "Kim"
        not in maya.get(reverse("compose-recipients"), {"q": "kim"}).content.decode()
    )


def test_one_student_gets_it_at_once(maya: Client, people: Cast) -> None:
    answer = maya.post(NEW, written(to=f"student:{people.rosa.pk}"))

    message = Message.objects.get()
    assert answer["Location"] == reverse("conversation", args=[message.conversation_id])
    assert not Broadcast.objects.exists()


@pytest.mark.parametrize("to", ["caseload", "two", "group"])
def test_two_or_more_are_reviewed_and_nothing_is_sent(
    maya: Client, people: Cast, to: str
) -> None:
    two = [f"student:{people.rosa.pk}", f"student:{people.bo.pk}"]
    chosen = {
        "caseload": ["caseload"],
        "two": two,
        "group": [f"students:{people.rosa.pk},{people.bo.pk}"],
    }[to]
    form = written(to=chosen)
    answer = maya.post(NEW, form)

    broadcast = Broadcast.objects.get()
    assert answer["Location"] == reverse("broadcast-review", args=[broadcast.pk])
    assert str(broadcast.pk) == form["message_id"]
    assert broadcast.audience["to"] == (["caseload"] if to == "caseload" else two)
    assert not Message.objects.exists()


def test_a_group_of_one_with_an_except_is_reviewed_too(
    maya: Client, people: Cast
) -> None:
    maya.post(NEW, written(to="caseload", **{"except": f"student:{people.bo.pk}"}))

    assert Broadcast.objects.get().audience == {
        "to": ["caseload"],
        "except": [f"student:{people.bo.pk}"],
    }


def test_the_same_form_sent_twice_is_one_draft(maya: Client) -> None:
    form = written(to="caseload")
    assert maya.post(NEW, form)["Location"] == maya.post(NEW, form)["Location"]

    assert Broadcast.objects.count() == 1


def test_without_recipients_everything_typed_comes_back(maya: Client) -> None:
    answer = maya.post(NEW, written())

    assert answer.status_code == 422
    assert "Choose who this goes to" in answer.content.decode()
    assert "Registration opens Monday." in answer.content.decode()


def test_an_empty_text_keeps_the_recipients(maya: Client, people: Cast) -> None:
    answer = maya.post(
        NEW, written(to=["caseload", f"student:{people.sally.pk}"], body=" ")
    )

    assert answer.status_code == 422
    assert 'value="caseload"' in answer.content.decode()
    assert f'value="student:{people.sally.pk}"' in answer.content.decode()


def test_a_student_of_somebody_else_is_not_there(maya: Client, people: Cast) -> None:
    assert maya.post(NEW, written(to=f"student:{people.kim.pk}")).status_code == 404
    assert maya.get(NEW, {"to": f"student:{people.kim.pk}"}).status_code == 404
    assert (
        maya.post(
            reverse("compose-audience"), written(to=f"student:{people.kim.pk}")
        ).status_code
        == 404
    )


def test_among_others_a_student_of_somebody_else_is_left_out(
    maya: Client, people: Cast
) -> None:
    maya.post(
        NEW, written(to=[f"students:{people.rosa.pk},{people.kim.pk},{people.bo.pk}"])
    )

    assert Broadcast.objects.get().audience["to"] == [
        f"student:{people.rosa.pk}",
        f"student:{people.bo.pk}",
    ]


def test_an_audience_of_somebody_else_is_not_there(maya: Client, people: Cast) -> None:
    theirs = Audience.objects.create(
        owner=people.omar, name="Mine", audience={"to": ["caseload"], "except": []}
    )

    assert maya.post(NEW, written(to=f"audience:{theirs.pk}")).status_code == 404


def test_a_chip_is_removed_without_scripts_and_nothing_else_changes(
    maya: Client, people: Cast
) -> None:
    form = written(
        to=["caseload", "tag:STEM:odd"],
        remove="to caseload",
        **{"except": f"student:{people.bo.pk}"},
    )
    page = maya.post(NEW, form)

    assert page.status_code == 200
    assert 'data-chip="caseload"' not in page.content.decode()
    assert f'data-chip="student:{people.bo.pk}"' in page.content.decode()
    assert "Registration opens Monday." in page.content.decode()


def test_without_scripts_one_searches_and_ticks(maya: Client, people: Cast) -> None:
    found = maya.post(
        NEW, written(step="find", q="bo", to=f"student:{people.rosa.pk}")
    ).content.decode()
    assert f'name="to" value="student:{people.bo.pk}"' in found
    assert f'data-chip="student:{people.rosa.pk}"' in found

    chosen = maya.post(
        NEW,
        written(
            step="add", to=[f"student:{people.rosa.pk}", f"student:{people.bo.pk}"]
        ),
    ).content.decode()
    assert f'data-chip="student:{people.bo.pk}"' in chosen
    assert "2 students, each in their own conversation" in chosen


def test_a_pasted_list_becomes_chips_and_what_it_did_not_find_stays(
    maya: Client, people: Cast
) -> None:
    pasted = (
        f"{people.rosa.institutional_id}\n{people.bo.email},"
        f" 99999999\n{people.kim.email}"
    )
    page = maya.post(NEW, written(step="paste", pasted=pasted)).content.decode()

    assert f'data-chip="student:{people.rosa.pk}"' in page
    assert f'data-chip="student:{people.bo.pk}"' in page
    assert "2 students found" in page
    assert "99999999" in page
    # told apart from nobody at all by nothing
    assert f">{people.kim.email}</span>" in page
    assert "Kim Park" not in page

    fragment = maya.post(reverse("compose-pasted"), {"pasted": pasted}).content.decode()
    assert f'data-token="student:{people.rosa.pk}"' in fragment
    assert 'aria-label="Remove 99999999"' in fragment


def test_recipients_are_kept_as_an_audience(maya: Client, people: Cast) -> None:
    page = maya.post(
        NEW,
        written(
            step="save-audience",
            to="caseload",
            audience_name="Mine",
            **{"except": f"student:{people.bo.pk}"},
        ),
    )

    kept = Audience.objects.get(owner=people.maya)
    assert (kept.name, kept.audience["except"]) == ("Mine", [f"student:{people.bo.pk}"])
    assert "Saved as “Mine”" in page.content.decode()
    assert (
        f'data-token="audience:{kept.pk}"'
        in maya.get(reverse("compose-recipients"), {"q": "mine"}).content.decode()
    )


def test_an_audience_without_a_name_says_so_and_keeps_the_rest(maya: Client) -> None:
    page = maya.post(NEW, written(step="save-audience", to="caseload")).content.decode()

    assert "Give the audience a name" in page
    assert "Registration opens Monday." in page


def test_the_chips_say_how_many_and_what_the_button_does(
    maya: Client, people: Cast
) -> None:
    def asked(*to: str) -> str:
        return maya.post(
            reverse("compose-audience"), written(to=list(to))
        ).content.decode()

    assert 'data-button="Review"' in asked("caseload")
    assert "4 students" in asked("caseload", f"student:{people.rosa.pk}")
    assert 'data-button="Send"' in asked(f"student:{people.rosa.pk}")


def test_a_draft_opens_again_as_it_was(maya: Client, people: Cast) -> None:
    form = written(
        to="caseload",
        channel="email",
        subject="Spring",
        body="Dear all",
        **{"except": f"student:{people.bo.pk}"},
    )
    maya.post(NEW, form)
    page = maya.get(NEW, {"draft": str(form["message_id"])}).content.decode()

    for kept in (
        'data-chip="caseload"',
        f'data-chip="student:{people.bo.pk}"',
        'value="Spring"',
        "Dear all",
        str(form["message_id"]),
    ):
        assert kept in page


@pytest.mark.parametrize(
    "broken",
    [
        "\x00",
        "tag:\x00",
        "student:",
        "students:1,,2",
        "office",
        "audience:999",
        "\ud83d",
        "x" * 5000,
    ],
)
def test_broken_recipients_are_never_a_fault(maya: Client, broken: str) -> None:
    form = {
        **written(to=["caseload", broken.encode("utf-8", "replace").decode()]),
        "q": broken.encode("utf-8", "replace").decode(),
    }

    assert maya.post(NEW, {**form, "step": "find"}).status_code == 200
    assert maya.post(reverse("compose-audience"), form).status_code == 200
    assert (
        maya.post(reverse("compose-pasted"), {"pasted": form["q"]}).status_code == 200
    )
    assert maya.post(NEW, form).status_code == 302


@pytest.mark.parametrize("parameter", ["draft", "quiet"])
def test_a_draft_of_somebody_else_is_not_there(
    enter: Enter, people: Cast, parameter: str
) -> None:
    form = written(to="caseload")
    enter(people.maya).post(NEW, form)

    assert (
        enter(people.theo).get(NEW, {parameter: str(form["message_id"])}).status_code
        == 404
    )
    assert enter(people.theo).get(NEW, {parameter: "nonsense"}).status_code == 404
