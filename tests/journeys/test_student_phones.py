"""The student's profile with phones, evidence, words of the roster and own tags: at
every width, by light and by dark, with words that are shown as words; and the button.
"""

from django.utils import timezone
from playwright.sync_api import expect

from quadline.roster.models import PhoneEvidence, Student
from quadline.roster.own_tags import add_own_tag
from quadline.roster.phones.evidence import record_evidence
from quadline.roster.phones.rules import EvidenceSource, EvidenceStatus
from tests.cast import Cast
from tests.house import House
from tests.journeys.test_screens import Arrive, look, measured_by_axe, too_wide

IMAGE = "<img src=x onerror=alert(1)>"
LONG = "Wilhelmina" * 11


def furnish_rosa(people: Cast) -> Student:
    Student.objects.filter(pk=people.rosa.pk).update(
        program="Nursing, Bachelor of Science",
        tags=["Athlete", IMAGE, LONG[:60]],
        sections=["BIO-101 | BIO-101-02 | Fall 2026", f"{LONG[:50]} | 01 | Fall 2026"],
        terms=["Fall 2026"],
        courses=["BIO-101"],
        risk="high",
        language="Spanish",
        other_phones=["+17345550188 parent", "+17345550189 work"],
        landline="+17345550190",
    )
    now = timezone.now()
    for status, how, wording in (
        (EvidenceStatus.GIVEN, "Enrollment form", f"I agree to texts. {IMAGE} {LONG}"),
        (EvidenceStatus.CONFIRMED, "", ""),
    ):
        record_evidence(
            student=people.rosa,
            phone=people.rosa.mobile,
            status=status,
            source=EvidenceSource.ROSTER,
            said_at=now,
            now=now,
            how=how,
            wording=wording,
        )
    for tag in ("Call on Friday", IMAGE, LONG[:60]):
        add_own_tag(student=people.rosa, owner=people.maya, tag=tag)
    return people.rosa


def pages_of(student: Student) -> list[str]:
    mine = f"/students/{student.pk}/"
    return [
        mine,
        f"{mine}phone-consent/",
        f"{mine}wrong-number/",
        "/students/?scope=all&with=tag%3AAthlete&with=mytag%3ACall+on+Friday",
    ]


def test_no_page_of_a_students_phones_has_a_fault(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    pages = pages_of(furnish_rosa(people))
    here = measured_by_axe(at_the_screen, "maya")
    wrong: list[str] = []
    for path in pages:
        here.open(path)
        wrong += look(here, path)
    here = at_the_screen("maya@alder.example")
    for path in pages:
        here.open(path)
        wrong += too_wide(here, path)
        expect(here.page.locator("main img[src=x]")).to_have_count(0)
    assert wrong == []


def test_a_wrong_number_is_reported_and_taken_back_in_the_dialog(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    rosa = furnish_rosa(people)
    here = at_the_screen("maya@alder.example")
    page = here.page
    here.open(f"/students/{rosa.pk}/")
    page.get_by_role("link", name="Wrong number").click()
    page.get_by_role("button", name="Report wrong number").click()
    expect(page.locator("#phones + ul")).to_contain_text("Reported as a wrong number")
    page.get_by_role("link", name="The number is right").click()
    page.get_by_role("button", name="It is Rosa’s number").click()
    expect(page.locator("#phones + ul")).to_contain_text("Consent to texts is on file")
    page.get_by_role("link", name="Record consent").click()
    page.get_by_label("No texts to this number").check()
    page.get_by_label("How?").fill("By phone")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#phones + ul")).to_contain_text("does not want texts")
    assert PhoneEvidence.objects.filter(source="staff").count() == 3
