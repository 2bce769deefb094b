"""Templates on the screen: who may change which, and what a student would get."""

import pytest
from django.test import Client
from django.urls import reverse

from quadline.conversations.models import MessageTemplate
from quadline.conversations.templating import TemplateContent, Whose, save_template
from tests.architecture.conftest import Enter
from tests.cast import Cast
from tests.journeys.furnished import give_number

TEXT = {
    "name": "Meet",
    "channel": "text",
    "body": "Hi [Student Name], shall we meet? [Your Name]",
}


@pytest.fixture
def office_template(people: Cast) -> MessageTemplate:
    return save_template(
        actor=people.lena,
        words=TemplateContent("Ours", "text", "", "Hi [Student Name]"),
        kind=Whose.OFFICE,
    )


def shown(browser: Client, where: str, data: dict[str, str] | None = None) -> str:
    answer = browser.post(where, data) if data else browser.get(where)
    return str(answer.content.decode())


def test_a_new_template_is_ones_own_and_in_the_list(enter: Enter, people: Cast) -> None:
    browser = enter(people.maya)
    assert (
        browser.post(reverse("template-new"), TEXT | {"kind": "college"}).status_code
        == 422
    )
    assert browser.post(reverse("template-new"), TEXT).status_code == 302

    assert MessageTemplate.objects.get(owner=people.maya).name == "Meet"
    assert "Meet" in shown(browser, reverse("templates"))
    assert "Meet" not in shown(enter(people.theo), reverse("templates"))


def test_an_unknown_field_is_named_and_the_fields_there_are_listed(
    enter: Enter, people: Cast
) -> None:
    page = shown(
        enter(people.maya), reverse("template-new"), TEXT | {"body": "Due [Due Date]"}
    )

    assert "[Due Date] is not a merge field." in page
    assert "[Student Name], [Student Full Name], [Your Name]" in page
    assert "Nothing was saved." in page
    assert ">Due [Due Date]</textarea>" in page


def test_who_may_not_change_it_reads_it_and_copies_it(
    enter: Enter, people: Cast, office_template: MessageTemplate
) -> None:
    where = reverse("template-edit", args=[office_template.pk])
    page, copied = (
        shown(enter(people.maya), where),
        shown(
            enter(people.maya), f"{reverse('template-new')}?copy={office_template.pk}"
        ),
    )

    assert ">Save</button>" not in page
    assert "Archive this template" not in page
    assert "Copy to mine" in page
    assert ">Hi [Student Name]</textarea>" in copied
    assert ">Save</button>" in shown(enter(people.lena), where)


def test_nobody_copies_what_they_may_not_see(
    enter: Enter, people: Cast, office_template: MessageTemplate
) -> None:
    assert (
        enter(people.omar)
        .get(f"{reverse('template-new')}?copy={office_template.pk}")
        .status_code
        == 404
    )


def test_archiving_takes_it_out_of_the_list(
    enter: Enter, people: Cast, office_template: MessageTemplate
) -> None:
    browser = enter(people.lena)
    assert (
        browser.post(reverse("template-archive", args=[office_template.pk])).status_code
        == 302
    )

    assert (
        browser.get(reverse("template-edit", args=[office_template.pk])).status_code
        == 404
    )


def test_the_preview_is_for_the_chosen_student(enter: Enter, people: Cast) -> None:
    page = shown(
        enter(people.maya),
        reverse("template-preview"),
        TEXT | {"student": str(people.bo.pk)},
    )

    assert "Hi Bo, shall we meet? Maya Alvarez" in page
    assert "Counts as 1 text for Bo." in page


def test_the_preview_finds_another_student(enter: Enter, people: Cast) -> None:
    page = shown(
        enter(people.maya),
        reverse("template-preview"),
        TEXT | {"find": "student-taynor"},
    )

    assert "Hi Sally, shall we meet?" in page
    assert "Bo Jensen" not in page


def test_the_preview_never_shows_a_student_of_somebody_else(
    enter: Enter, people: Cast
) -> None:
    browser = enter(people.maya)

    assert "Kim" not in shown(
        browser, reverse("template-preview"), TEXT | {"student": str(people.kim.pk)}
    )
    assert "No student you may see matches" in shown(
        browser, reverse("template-preview"), TEXT | {"find": "Kim Park"}
    )


def test_the_preview_says_what_cannot_be_filled(enter: Enter, people: Cast) -> None:
    browser, words = enter(people.maya), TEXT | {"body": "Save [System Number]"}
    page = shown(browser, reverse("template-preview"), words)
    assert "Your texting number is not active yet." in page
    assert "Save [System Number]" in page

    give_number(people.maya, "+17345550200")
    assert "Save (734) 555-0200" in shown(
        enter(people.maya),
        reverse("template-preview"),
        TEXT | {"body": "Save [System Number]"},
    )


def test_without_scripts_the_form_previews_and_keeps_what_was_typed(
    enter: Enter, people: Cast
) -> None:
    page = shown(
        enter(people.maya),
        reverse("template-new"),
        TEXT | {"act": "preview", "student": str(people.rosa.pk)},
    )

    assert "Hi Rosa, shall we meet?" in page
    assert 'value="Meet"' in page
    assert not MessageTemplate.objects.filter(owner=people.maya).exists()


@pytest.mark.parametrize(
    "words", ["Hello {first_name}", "Hello [Student_Name]", "Hello [Student Name,"]
)
def test_what_looks_like_a_merge_field_is_not_saved(
    enter: Enter, people: Cast, words: str
) -> None:
    form = {"name": "Hello", "channel": "text", "body": words, "whose": "personal"}
    answer = enter(people.maya).post(reverse("template-new"), form)
    assert answer.status_code == 422
    assert "Did you mean [Student Name]?" in answer.content.decode()
