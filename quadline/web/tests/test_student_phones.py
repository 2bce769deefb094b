"""The student's profile: phones and their evidence, own tags, and the list by words of
the roster.
"""

from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quadline.broadcasts.audiences import suggestions
from quadline.broadcasts.choices import audience_of, students_of
from quadline.delivery.tests.acts import number_row, reply, write
from quadline.roster.models import OwnTag, PhoneEvidence, Student
from quadline.roster.own_tags import TagRefused, add_own_tag
from quadline.roster.phones.evidence import record_evidence
from quadline.roster.phones.rules import EvidenceSource, EvidenceStatus
from tests.architecture.conftest import Enter
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def page(client: Client, name: str, student: Student) -> str:
    return client.get(reverse(name, args=[student.pk])).content.decode()


def test_the_profile_names_each_phone_its_standing_and_its_proof(
    enter: Enter, people: Cast
) -> None:
    Student.objects.filter(pk=people.rosa.pk).update(
        other_phones=["+17345550188 parent"], landline="+17345550190"
    )
    now = timezone.now()
    record_evidence(
        student=people.rosa,
        phone=people.rosa.mobile,
        status=EvidenceStatus.GIVEN,
        source=EvidenceSource.ROSTER,
        said_at=now,
        now=now,
        how="Enrollment form",
        wording="I agree to <b>texts</b>.",
    )
    shown = page(enter(people.maya), "student", people.rosa)
    for words in (
        "(734) 555-0141",
        "Consent to texts is on file.",
        "(734) 555-0188",
        "Parent",
        "(734) 555-0190",
        "agreed to texts, Enrollment form, from the roster",
        "I agree to &lt;b&gt;texts&lt;/b&gt;.",
    ):
        assert words in shown
    assert shown.count("On file. Never texted.") == 2


def test_the_button_reports_and_the_same_page_takes_it_back(
    enter: Enter, people: Cast
) -> None:
    number_row(people.maya)
    client = enter(people.maya)
    url = reverse("student-wrong-number", args=[people.rosa.pk])
    assert "gets this email" in client.get(url).content.decode()
    assert client.post(url, {"act": "flag"}).status_code == 302
    shown = page(client, "student", people.rosa)
    assert "Reported as a wrong number" in shown
    assert "Wrong number" in shown
    # A second click in another tab says so and changes nothing.
    assert client.post(url, {"act": "flag"}).status_code == 422
    assert PhoneEvidence.objects.count() == 1
    assert client.post(url, {"act": "confirm"}).status_code == 302
    assert "Reported as a wrong number" not in page(client, "student", people.rosa)


def test_a_composer_to_a_wrong_number_is_closed_and_says_why(
    enter: Enter, people: Cast
) -> None:
    number_row(people.maya)
    client = enter(people.maya)
    client.post(reverse("student-wrong-number", args=[people.rosa.pk]))
    shown = page(client, "student-message", people.rosa)
    assert "This number was reported as wrong." in shown


def test_a_reply_that_says_so_is_only_offered_as_a_suggestion(
    enter: Enter, people: Cast
) -> None:
    mayas = number_row(people.maya)
    write(people.maya, people.rosa)
    message = reply(people.rosa.mobile, mayas.phone, "Wrong number, stop texting me")
    assert message is not None
    client = enter(people.maya)
    url = reverse("conversation", args=[message.conversation_id])
    assert "Report a wrong number" in client.get(url).content.decode()
    assert not PhoneEvidence.objects.exists()


def test_a_consent_is_recorded_on_its_form(enter: Enter, people: Cast) -> None:
    client = enter(people.maya)
    url = reverse("student-phone-consent", args=[people.rosa.pk])
    answer = client.post(url, {"status": "given", "how": "", "said_at": "2026-01-01"})
    assert answer.status_code == 422
    assert "Say how" in answer.content.decode()
    values = {"status": "given", "how": "By phone", "said_at": "2026-01-05T10:00"}
    assert client.post(url, values).status_code == 302
    assert PhoneEvidence.objects.get().how == "By phone"


def test_own_tags_are_seen_and_chosen_by_their_owner_alone(
    enter: Enter, people: Cast
) -> None:
    client = enter(people.maya)
    url = reverse("student-own-tags", args=[people.rosa.pk])
    client.post(url, {"tag": "  Call   on Friday "})
    assert "Call on Friday" in page(client, "student", people.rosa)
    for other in (people.lena, people.ada, people.iris):
        client = enter(other)
        assert "Call on Friday" not in page(client, "student", people.rosa)
        assert not [each for each in suggestions("call", other) if "Call" in each.label]
    chosen = audience_of(["mytag:Call on Friday"])
    assert list(students_of(chosen, author=people.maya)) == [people.rosa]
    assert not students_of(chosen, author=people.ada).exists()
    [offered] = suggestions("call on", people.maya)
    assert (offered.label, offered.detail) == ("Call on Friday (1)", "My tag")


def test_a_tag_stays_its_owners_when_the_student_has_left(
    enter: Enter, people: Cast
) -> None:
    add_own_tag(student=people.rosa, owner=people.maya, tag="Call")
    people.rosa.success_team.all().delete()
    assert not students_of(audience_of(["mytag:Call"]), author=people.maya).exists()
    with pytest.raises(TagRefused):
        add_own_tag(student=people.rosa, owner=people.maya, tag="Again")
    with pytest.raises(TagRefused):
        add_own_tag(student=people.kim, owner=people.maya, tag="Mine?")


def test_own_tags_have_a_limit_and_are_each_there_once(people: Cast) -> None:
    for place in range(20):
        add_own_tag(student=people.rosa, owner=people.maya, tag=f"Tag {place}")
    assert add_own_tag(student=people.rosa, owner=people.maya, tag="tag 3") == "Tag 3"
    for tag in ("One more", " ", "x" * 61):
        with pytest.raises(TagRefused):
            add_own_tag(student=people.rosa, owner=people.maya, tag=tag)
    assert OwnTag.objects.count() == 20


WORDS = {
    "tags": ["Athlete"],
    "courses": ["BIO-101"],
    "sections": ["BIO-101 | 02 | Fall 2026"],
    "terms": ["Fall 2026"],
    "program": "Nursing",
    "risk": "high",
    "language": "Spanish",
}


@pytest.mark.parametrize(
    ("token", "typed", "label"),
    [
        ("tag:Athlete", "athl", "Athlete (1)"),
        ("course:BIO-101", "bio", "BIO-101 (1)"),
        ("section:BIO-101 | 02 | Fall 2026", "section 02", "BIO-101, section 02"),
        ("term:Fall 2026", "fall", "Fall 2026 (1)"),
        ("program:Nursing", "nurs", "Nursing (1)"),
        ("risk:high", "high", "High risk (1)"),
        ("language:Spanish", "span", "Spanish (1)"),
    ],
)
def test_students_are_chosen_by_each_word_of_the_roster_and_only_ones_own(
    enter: Enter, people: Cast, token: str, typed: str, label: str
) -> None:
    Student.objects.filter(pk__in=[people.rosa.pk, people.kim.pk]).update(**WORDS)
    offered = [each.label for each in suggestions(typed, people.maya)]
    assert any(each.startswith(label) for each in offered), offered
    chosen = audience_of([token])
    assert list(students_of(chosen, author=people.maya)) == [people.rosa]
    assert list(students_of(chosen, author=people.omar)) == [people.kim]
    client = enter(people.maya)
    shown = client.get(f"/students/?scope=all&with={quote(token)}").content.decode()
    assert "Rosa" in shown
    assert "Kim Park" not in shown
    assert "Bo Jensen" not in shown
    profile = page(client, "student", people.rosa)
    # A course is shown with its section; the term too.
    if token.split(":")[0] not in ("course", "term"):
        assert f"with={token.split(':')[0]}%3A" in profile
