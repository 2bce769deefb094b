"""Who may keep which templates, and what cannot be one."""

from dataclasses import replace

import pytest
from django.utils import timezone

from quadline.audit.models import AuditEntry
from quadline.conversations import merging
from quadline.conversations.models import MessageTemplate
from quadline.conversations.rules import Channel
from quadline.conversations.starters import INTRODUCTION, STARTERS, add_starters
from quadline.conversations.templating import (
    TemplateContent,
    TemplateRefused,
    Whose,
    archive_template,
    may_change,
    save_template,
)
from quadline.sms.merge_fields import fields_in
from tests.cast import Cast

EMAIL = TemplateContent(
    "Hello", "email", "About [Your Name]", "Hi [Student Name]", with_contact_card=True
)
TEXT = TemplateContent("Meet", "text", "", "Hi [Student Name], shall we meet?")
MAY_KEEP = {
    "maya": {Whose.PERSONAL},
    "lena": {Whose.PERSONAL, Whose.OFFICE},
    "ada": {Whose.PERSONAL, Whose.COLLEGE},  # of no office
    "iris": set(),
}


@pytest.mark.parametrize("who", MAY_KEEP)
@pytest.mark.parametrize("kind", Whose)
def test_each_keeps_what_their_role_allows(people: Cast, who: str, kind: Whose) -> None:
    actor = getattr(people, who)
    if kind not in MAY_KEEP[who]:
        with pytest.raises(TemplateRefused):
            save_template(actor=actor, words=TEXT, kind=kind)
        return
    saved = save_template(actor=actor, words=TEXT, kind=kind)

    assert MessageTemplate.objects.visible_to(actor).filter(pk=saved.pk).exists()
    assert AuditEntry.objects.filter(
        action="template saved", actor=actor, detail__whose=kind
    ).exists()


def test_an_offices_template_is_its_own_and_only_its_lead_changes_it(
    people: Cast,
) -> None:
    saved = save_template(actor=people.lena, words=TEXT, kind=Whose.OFFICE)

    def seen_by(who: str) -> bool:
        return (
            MessageTemplate.objects.visible_to(getattr(people, who))
            .filter(pk=saved.pk)
            .exists()
        )

    assert {who: seen_by(who) for who in ("maya", "lena", "omar")} == {
        "maya": True,
        "lena": True,
        "omar": False,
    }
    assert not may_change(people.maya, saved)
    with pytest.raises(TemplateRefused):
        save_template(
            actor=people.maya, words=EMAIL, kind=Whose.PERSONAL, template=saved
        )
    assert not archive_template(template=saved, actor=people.maya, now=timezone.now())


def test_a_changed_template_stays_whose_it_was(people: Cast) -> None:
    saved = save_template(actor=people.lena, words=TEXT, kind=Whose.OFFICE)
    save_template(
        actor=people.lena,
        words=replace(TEXT, name="New"),
        kind=Whose.PERSONAL,
        template=saved,
    )
    saved.refresh_from_db()

    assert (saved.name, saved.office, saved.owner) == ("New", people.lena.office, None)


def test_an_archived_one_leaves_every_list_once(people: Cast) -> None:
    saved = save_template(actor=people.maya, words=EMAIL, kind=Whose.PERSONAL)

    assert archive_template(template=saved, actor=people.maya, now=timezone.now())
    assert not archive_template(template=saved, actor=people.maya, now=timezone.now())
    assert (
        not MessageTemplate.objects.visible_to(people.maya).filter(pk=saved.pk).exists()
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (replace(TEXT, name=" "), "Give the template a name."),
        (replace(TEXT, name="x" * 121), "longer than 120 characters"),
        (replace(EMAIL, subject=" \n "), "An email needs a subject."),
        (replace(EMAIL, subject="x" * 201), "longer than 200 characters"),
        (replace(TEXT, body=" \u200b"), "Write a message first. Nothing was saved."),
        (replace(TEXT, body="x" * 1601), "Shorten it by 1. Nothing was saved."),
        (replace(EMAIL, body=""), "Write the message of the template."),
        (replace(EMAIL, body="x" * 20_001), "longer than 20,000 characters"),
        (replace(TEXT, body="Due [Due Date]"), "[Due Date] is not a merge field."),
        (
            replace(EMAIL, subject="[Student Nmae]"),
            "[Student Nmae] is not a merge field.",
        ),
    ],
)
def test_what_could_not_be_sent_is_not_kept(
    people: Cast, words: TemplateContent, said: str
) -> None:
    with pytest.raises(TemplateRefused) as refused:
        save_template(actor=people.maya, words=words, kind=Whose.PERSONAL)

    assert said in str(refused.value)
    assert not MessageTemplate.objects.filter(owner=people.maya).exists()


def test_a_text_has_neither_subject_nor_card(people: Cast) -> None:
    saved = save_template(
        actor=people.maya, words=replace(EMAIL, channel="text"), kind=Whose.PERSONAL
    )

    assert (saved.subject, saved.with_contact_card) == ("", False)


@pytest.mark.parametrize("starter", STARTERS, ids=lambda starter: starter["name"])
def test_what_we_ship_could_be_saved(people: Cast, starter: dict[str, str]) -> None:
    words = TemplateContent(
        starter["name"], starter["channel"], starter.get("subject", ""), starter["body"]
    )

    assert (
        save_template(actor=people.ada, words=words, kind=Whose.COLLEGE).body
        == starter["body"]
    )


def test_the_introduction_says_all_that_the_guide_wants_said() -> None:
    [introduction] = [
        starter for starter in STARTERS if starter["name"] == INTRODUCTION
    ]

    assert introduction["channel"] == Channel.EMAIL
    assert introduction["subject"] == "New Texting Number for [Your Name]"
    assert introduction["with_contact_card"]
    used = {
        merging.canonical(name)
        for name in fields_in(introduction["subject"] + introduction["body"])
    }
    assert used == {"Student Name", "System Number", "Office Phone Number", "Your Name"}
    for said in ("“Text Only”", "opting out", "stay opted in", "call my office line"):
        assert said in introduction["body"]


def test_everyone_finds_the_colleges_own(people: Cast) -> None:
    # a test that emptied the tables has gone before
    if not MessageTemplate.objects.exists():
        add_starters(MessageTemplate)

    for user in (people.maya, people.omar, people.iris):
        names = set(
            MessageTemplate.objects.visible_to(user).values_list("name", flat=True)
        )
        assert names >= {starter["name"] for starter in STARTERS}
