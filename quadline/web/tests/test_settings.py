"""Manage › Settings: what the college decides is shown with where it comes from, checked,
saved, on record, and followed; two administrators never overwrite each other unseen.
"""

import html
import re
from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from quadline.accounts.models import Office, User
from quadline.accounts.rules import Role
from quadline.audit.models import AuditEntry
from quadline.college.current import college_settings
from quadline.college.deciding import decide
from quadline.college.models import CollegeDecision
from quadline.college.rules import CollegeSettings
from quadline.delivery.models import ConfirmationCheck, IncomingEmail
from quadline.numbers.models import SystemNumber
from quadline.web.manage.setting_fields import SECTIONS
from tests.architecture.conftest import Enter
from tests.cast import Cast

EVERYWHERE = [field.name for section in SECTIONS.values() for field in section.fields]
HOURS = {
    "quiet_hours_from": "22:00",
    "quiet_hours_to": "07:30",
    "consent_evidence": "assumed",
}


def page_of(slug: str) -> str:
    return reverse("manage-settings-section", args=[slug])


def preview_of(browser: Client, slug: str, form: Mapping[str, object]) -> str:
    address = reverse("manage-settings-preview", args=[slug])
    return words_of(browser.post(address, {**form}).content.decode())


def words_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def form_of(page: str) -> dict[str, object]:
    """What a browser would send of a page's first form, unchanged."""
    form: dict[str, object] = {}
    page = page[page.index('<form class="beside"') :].partition("</form>")[0]
    for found in re.finditer(r"<input\b[^>]*>", page):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', found.group()))
        name, value = given.get("name", ""), html.unescape(given.get("value", ""))
        is_box = given.get("type") in ("checkbox", "radio")
        if is_box and " checked" not in found.group():
            continue
        if given.get("type") == "checkbox":
            form.setdefault(name, []).append(value)  # type: ignore[attr-defined]
        else:
            form[name] = value
    for name, words in re.findall(
        r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', page, re.DOTALL
    ):
        form[name] = html.unescape(words).replace("\n", "\r\n")
    for name, options in re.findall(
        r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        form[name] = re.findall(r"<option selected>([^<]+)", options)[0]
    return form


@pytest.fixture
def ada(enter: Enter, people: Cast) -> Client:
    return enter(people.ada)


@pytest.fixture
def denise(enter: Enter, people: Cast) -> Client:
    return enter(
        User.objects.create_user(
            "denise@alder.example", name="Denise Whitfield", role=Role.ADMINISTRATOR
        )
    )


def test_every_setting_of_the_college_is_in_one_section() -> None:
    assert sorted(EVERYWHERE) == sorted(CollegeSettings.model_fields)


@pytest.mark.parametrize("slug", list(SECTIONS))
def test_a_page_that_is_saved_unchanged_changes_nothing(ada: Client, slug: str) -> None:
    page = ada.get(page_of(slug)).content.decode()
    assert "From the installation until you change it here" in words_of(page)
    answer = ada.post(page_of(slug), form_of(page), follow=True)
    assert "Nothing was different" in answer.content.decode()
    assert not CollegeDecision.objects.exists()
    assert not AuditEntry.objects.filter(subject_type="collegedecision").exists()


def test_what_is_saved_counts_is_on_record_and_says_who_did_it(
    ada: Client,
    people: Cast,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    form = form_of(ada.get(page_of("college")).content.decode())
    with django_capture_on_commit_callbacks(execute=True):
        answer = ada.post(
            page_of("college"), form | {"college_name": "Birch College"}, follow=True
        )
    assert college_settings().college_name == "Birch College"
    assert f"Changed by {people.ada.name}" in words_of(answer.content.decode())
    [entry] = AuditEntry.objects.filter(subject_type="collegedecision")
    assert (entry.actor, entry.subject_id) == (people.ada, "college_name")
    assert entry.detail == {"was": "Alder College", "is": "Birch College"}


@pytest.mark.parametrize(
    ("slug", "typed", "said"),
    [
        ("college", {"college_name": " "}, "cannot be empty"),
        ("college", {"college_name": "Birch\nBcc: all@x.example"}, "one line"),
        ("college", {"college_name": "B" * 121}, "1 characters over 120"),
        ("college", {"college_short_name": "B" * 25}, "over 24"),
        ("college", {"college_phone": "12"}, "This"),
        ("college", {"college_area_codes": "734,12"}, "cannot be '734,12'"),
        ("college", {"college_area_codes": "134"}, "134, which is no area code"),
        ("college", {"college_region": "Mich"}, "cannot be 'Mich'"),
        ("college", {"college_time_zone": "Eastern"}, "not a time zone"),
        ("texting", {"opt_out_notice": "Hello"}, "does not say how to opt out"),
        ("texting", {"opt_out_notice": "STOP {name}"}, "{name}, which nothing fills"),
        ("texting", {"help_answer": "Reply STOP."}, "does not name the college"),
        ("texting", {"help_answer": "{college}: call us."}, "how to opt out"),
        ("texting", {"quiet_hours_from": "21:00", "quiet_hours_to": ""}, "cannot be"),
        ("texting", {"opt_out_scope": "campus"}, "must be 'number', 'office' or"),
        ("email", {"failsafe_hours": "soon"}, "must be a number"),
        ("email", {"failsafe_hours": "0"}, "must be more than 0"),
        ("email", {"failsafe_hours": "inf"}, "must be 720 or less"),
        ("email", {"failsafe_hours": "nan"}, "must be"),
        ("email", {"failsafe_hold_seconds": "-1"}, "must be 0 or more"),
        ("email", {"phone_update_url": "javascript:alert(1)"}, "cannot be"),
        ("limits", {"texts_per_day": "1.5"}, "must be a whole number"),
        ("limits", {"texts_per_day": "9" * 400}, "must be"),
        ("limits", {"texts_per_second": "0.0000001"}, "slower than 0.01"),
        ("limits", {"texts_per_second": "101"}, "must be 100 or less"),
        ("numbers", {"number_pool_limit": "0"}, "must be 1 or more"),
        ("numbers", {"number_pool_limit": "401"}, "must be 400 or less"),
        ("numbers", {"warm_pool_size": "-1"}, "must be 0 or more"),
        ("numbers", {"warm_pool_size": "two"}, "must be a whole number"),
        ("numbers", {"cents_per_number": "inf"}, "must be"),
        ("sensitive", {"sensitive_kinds": "Anything"}, "which is no kind"),
        ("sensitive", {"sensitive_kinds": "Bad: (a+)+$"}, "which is no shape"),
        ("sensitive", {"sensitive_kinds": "Day: 99"}, "no shape of 4 signs"),
        ("sensitive", {"sensitive_kinds": "A: SSN\nA: CARD"}, "has A twice"),
        ("retention", {"carrier_events_days": "1"}, "must be 7 or more"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_what_was_typed_stays(
    ada: Client, slug: str, typed: dict[str, str], said: str
) -> None:
    form = form_of(ada.get(page_of(slug)).content.decode()) | typed
    answer = ada.post(page_of(slug), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in words_of(page)
    assert "Nothing was saved" in page
    assert 'class="errors"' in page
    if typed.keys().isdisjoint({"quiet_hours_from", "opt_out_scope"}):
        for words in typed.values():
            assert html.escape(words.strip()[:400], quote=True).replace(
                "'", "&#x27;"
            ) in (page.replace("&#39;", "&#x27;"))
    assert not CollegeDecision.objects.exists()
    assert "comes back once" in preview_of(ada, slug, form)


def test_the_later_of_two_administrators_sees_the_others_value_and_decides(
    ada: Client,
    denise: Client,
    people: Cast,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    form = form_of(ada.get(page_of("college")).content.decode())
    with django_capture_on_commit_callbacks(execute=True):
        denise.post(page_of("college"), form | {"college_name": "Birch College"})
    mine = form | {"college_name": "Cedar College", "college_region": "OH"}
    answer = ada.post(page_of("college"), mine)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Denise Whitfield has changed this in the meantime" in words_of(page)
    assert "Birch College" in words_of(page)
    assert form_of(page)["college_name"] == "Cedar College"
    assert college_settings().college_name == "Birch College"
    assert college_settings().college_region != "OH", "nothing half done"
    with django_capture_on_commit_callbacks(execute=True):
        assert ada.post(page_of("college"), form_of(page)).status_code == 302
    assert college_settings().college_name == "Cedar College"
    assert college_settings().college_region == "OH"


def test_two_who_change_different_settings_do_not_meet(
    ada: Client,
    denise: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    form = form_of(ada.get(page_of("college")).content.decode())
    with django_capture_on_commit_callbacks(execute=True):
        denise.post(page_of("college"), form | {"college_region": "OH"})
        ada.post(page_of("college"), form | {"college_name": "Cedar College"})
    now = college_settings()
    assert (now.college_name, now.college_region) == ("Cedar College", "OH")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (HOURS, "22:00-07:30"),
        ({"quiet_hours_from": "", "quiet_hours_to": ""}, ""),
    ],
)
def test_quiet_hours_are_two_times_or_none(
    ada: Client,
    typed: dict[str, str],
    kept: str,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-08:00"})
    form = form_of(ada.get(page_of("texting")).content.decode()) | typed
    with django_capture_on_commit_callbacks(execute=True):
        assert ada.post(page_of("texting"), form).status_code == 302
    assert college_settings().quiet_hours == kept


def test_states_are_ticked_and_none_is_none(
    ada: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    form = form_of(ada.get(page_of("texting")).content.decode())
    with django_capture_on_commit_callbacks(execute=True):
        ada.post(page_of("texting"), form | {"quiet_hours_states": ["FL", "MI"]})
    assert college_settings().states_with_own_hours == {"FL", "MI"}
    form = form_of(ada.get(page_of("texting")).content.decode())
    del form["quiet_hours_states"]
    with django_capture_on_commit_callbacks(execute=True):
        ada.post(page_of("texting"), form)
    assert college_settings().states_with_own_hours == frozenset()


def test_the_first_text_is_shown_with_its_notice_and_segments(ada: Client) -> None:
    wording = "{sender} here, from {college}. Reply STOP to opt out."
    form = {"opt_out_scope": "number", **HOURS}
    shown = preview_of(ada, "texting", form | {"opt_out_notice": wording})
    assert "Ada" in shown
    assert "here, from Alder College. Reply STOP to opt out." in shown
    assert "1 segment" in shown
    longer = preview_of(ada, "texting", form | {"opt_out_notice": "😀" + wording})
    assert "The 😀 shortens each segment to 70 characters" in longer


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (("21:00", "08:00"), "waits until 8 a.m."),
        (("08:00", "21:00"), "Did you mean the other way around?"),
        (("22:00", "08:00"), "after 9 PM"),
        (("", ""), "Texts may arrive at night"),
    ],
)
def test_hours_are_said_in_words(
    ada: Client, hours: tuple[str, str], said: str
) -> None:
    form = {"quiet_hours_from": hours[0], "quiet_hours_to": hours[1]}
    form |= {"opt_out_notice": "Reply STOP.", "opt_out_scope": "number"}
    form |= {"consent_evidence": "assumed"}
    shown = preview_of(ada, "texting", form)
    assert said.replace("8 a.m.", "8:00 AM") in shown


@pytest.mark.parametrize("scope", ["office", "college"])
def test_what_a_wider_scope_does_is_said_before_it_is_saved(
    ada: Client, scope: str
) -> None:
    form = {"opt_out_notice": "Reply STOP.", "opt_out_scope": scope, **HOURS}
    assert "When you save:" in preview_of(ada, "texting", form)
    same = preview_of(ada, "texting", form | {"opt_out_scope": "number"})
    assert "When you save:" not in same


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        ("", "Not compared yet"),
        ("Alder College: reply STOP  to opt out.", "answers with these words"),
        ("Reply STOP to opt out.", "answers with other words"),
    ],
)
def test_the_words_for_help_are_there_to_paste_and_compared(
    ada: Client, answered: str, said: str
) -> None:
    if answered:
        now = timezone.now()
        ConfirmationCheck.objects.create(
            asked="help",
            times=1,
            answered=1,
            wording=answered,
            last_at=now,
            checked_at=now,
        )
    form = {"opt_out_notice": "Reply STOP.", "opt_out_scope": "number", **HOURS}
    form["help_answer"] = "{college}: reply STOP to opt out."
    shown = preview_of(ada, "texting", form)
    assert "Alder College: reply STOP to opt out." in shown
    assert said in shown


def test_sensitive_words_can_be_tried(ada: Client) -> None:
    form = {"sensitive_kinds": "Student ID: A99999999", "sample": "It is A12345678."}
    assert "Found a Student ID: ·····5678" in preview_of(ada, "sensitive", form)
    assert "Nothing found" in preview_of(ada, "sensitive", form | {"sample": "Hi."})


def test_what_tonight_would_delete_is_said_first(ada: Client) -> None:
    IncomingEmail.objects.create(
        header_id="1",
        kind="stray",
        source=b"Hello",
        received_at=timezone.now() - timedelta(days=40),
    )
    form = {"carrier_events_days": "90", "email_sources_days": "30"}
    shown = preview_of(ada, "retention", form)
    assert "the source of 1 unmatched email" in shown
    assert "brought back" in shown
    form["email_sources_days"] = "90"
    shown = preview_of(ada, "retention", form)
    assert "the source of 0 unmatched emails" in shown
    assert "brought back" not in shown


def test_offices_are_added_renamed_and_given_a_phone(ada: Client, people: Cast) -> None:
    ada.post(
        reverse("manage-office-new"), {"name": "Veterans  Hub", "phone": "734 555 0123"}
    )
    office = Office.objects.get(name="Veterans Hub")
    assert office.phone == "+17345550123"
    seen = {"seen_name": office.name, "seen_phone": office.phone}
    address = reverse("manage-office", args=[office.pk])
    form = {"name": "Veterans Center", "phone": "", **seen}
    assert ada.post(address, form).status_code == 302
    office.refresh_from_db()
    assert (office.name, office.phone) == ("Veterans Center", "")
    acts = AuditEntry.objects.filter(subject_type="office").order_by("pk")
    assert [(each.action, each.actor) for each in acts] == [
        ("office added", people.ada),
        ("office changed", people.ada),
    ]
    assert "555" not in str([each.detail for each in acts]), "no phone is on record"
    answer = ada.post(address, {"name": "Vets", "phone": "", **seen})
    assert answer.status_code == 422
    assert "it is now Veterans Center, no phone" in words_of(answer.content.decode())


@pytest.mark.parametrize(
    ("name", "phone", "said"),
    [
        ("", "", "Write the name"),
        (" \u200b ", "", "Write the name"),
        ("N" * 121, "", "1 characters over"),
        ("advising", "", "of this name already"),
        ("Vets", "12", "Nothing was saved"),
    ],
)
def test_an_office_that_cannot_be_is_refused_in_words(
    ada: Client, people: Cast, name: str, phone: str, said: str
) -> None:
    Office.objects.get_or_create(key="advising", defaults={"name": "Advising"})
    before = Office.objects.count()
    answer = ada.post(reverse("manage-office-new"), {"name": name, "phone": phone})
    assert answer.status_code == 422
    assert said in words_of(answer.content.decode())
    assert Office.objects.count() == before


def test_a_setting_that_somebody_else_decides_is_not_overwritten_by_a_form_without_it(
    ada: Client, people: Cast
) -> None:
    ada.post(page_of("college"), {"college_name": "Birch College"})
    assert not CollegeDecision.objects.exists(), "the form never showed what it was"


def test_a_decision_about_a_phone_leaves_no_number_on_record(people: Cast) -> None:
    decide(
        {"college_phone": "(734) 555-0188"},
        seen={"college_phone": college_settings().college_phone},
        actor=people.ada,
    )
    [entry] = AuditEntry.objects.filter(subject_id="college_phone")
    assert entry.detail == {}


def test_a_larger_warm_pool_says_before_it_is_saved_what_it_buys(
    ada: Client,
    people: Cast,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    rented_at = timezone.now()
    for user in (people.maya, people.theo):
        SystemNumber.objects.create(inbox=user.inbox, requested_at=rented_at)
    form = form_of(ada.get(page_of("numbers")).content.decode())
    assert form["warm_pool_size"] == "0"
    assert "A first text waits" in preview_of(ada, "numbers", form)

    form |= {"warm_pool_size": "3", "cents_per_number": "200"}
    said = preview_of(ada, "numbers", form)
    assert "2 of 49 numbers are in use" in said
    assert "3 more are bought" in said
    assert "about $10.00 a month" in said
    assert "no room" in preview_of(ada, "numbers", form | {"number_pool_limit": "4"})

    with django_capture_on_commit_callbacks(execute=True):
        assert ada.post(page_of("numbers"), form).status_code == 302
    assert college_settings().warm_pool_size == 3
    told = AuditEntry.objects.filter(action="college setting changed")
    details = [entry.detail for entry in told]
    assert {"was": 0, "is": 3} in details


def test_a_smaller_warm_pool_gives_nothing_back_and_says_so(ada: Client) -> None:
    SystemNumber.objects.create(inbox=None, requested_at=timezone.now())
    form = form_of(ada.get(page_of("numbers")).content.decode())
    said = preview_of(ada, "numbers", form)
    assert "1 spare number above the size stays until a first text takes it" in said


def test_the_preview_of_health_says_what_would_be_marked(ada: Client) -> None:
    form = {
        "late_after_minutes": "25",
        "opt_out_watch_percent": "2.5",
        "opt_out_watch_days": "3",
    }
    shown = preview_of(ada, "health", form)

    assert "due 12.5 minutes ago" in shown
    assert "25 minutes ago turns Health red" in shown
    assert "reached 1000 students, 25 or more who answer STOP within 3 days" in shown


def test_who_needs_a_factor_is_named_before_it_is_saved(
    ada: Client, people: Cast
) -> None:
    page = ada.get(page_of("sign-in")).content.decode()
    assert "Nobody needs one" in words_of(page)
    asked = form_of(page) | {"second_factor_roles": ["administrator", "auditor"]}
    words = preview_of(ada, "sign-in", asked)
    assert "2 people need one: administrators, auditors." in words
    assert people.ada.name in words
    assert "You have none yet" in words
    later = preview_of(ada, "sign-in", asked | {"second_factor_from": "2090-01-31"})
    assert "From January 31, 2090 on" in later
    assert "You have none yet" not in later


def test_how_long_each_role_stays_signed_in_is_saved_role_by_role(ada: Client) -> None:
    page = ada.get(page_of("sign-in")).content.decode()
    asked = form_of(page) | {"session_idle_minutes_lead": "30"}
    assert "Shorter than now" in preview_of(ada, "sign-in", asked)
    wrong = ada.post(page_of("sign-in"), asked | {"session_hours_auditor": ""})
    assert "cannot be read at" in words_of(wrong.content.decode())
    assert 'value="30"' in wrong.content.decode(), "what was typed is still there"
    ada.post(page_of("sign-in"), asked)
    assert CollegeDecision.objects.get().value == (
        "advisor:480,lead:30,administrator:60,auditor:60"
    )
