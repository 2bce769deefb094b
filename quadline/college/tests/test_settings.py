"""What the college decides, over what the environment says."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DatabaseError
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from quadline.audit.models import AuditEntry
from quadline.college import current, deciding
from quadline.college.current import college_settings
from quadline.college.deciding import DecidedMeanwhile, NotDecided, decide
from quadline.college.models import CollegeDecision

NAME, HOURS = "college_name", "quiet_hours"


@pytest.fixture
def denise(db: None) -> AbstractBaseUser:
    return get_user_model().objects.create_user(
        "denise@alder.example", name="Denise Whitfield"
    )


def seen(*names: str) -> dict[str, Any]:
    return {name: getattr(college_settings(), name) for name in names}


def test_what_nobody_decided_is_as_the_environment_says(settings: Settings) -> None:
    settings.ENV = settings.ENV.model_copy(update={NAME: "Birch College"})
    assert college_settings().college_name == "Birch College"


def test_a_decision_counts_over_the_environment_once_it_is_committed(
    denise: AbstractBaseUser,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        changed = decide({NAME: "Birch College"}, seen=seen(NAME), actor=denise)
    assert changed == [NAME]
    settings.ENV = settings.ENV.model_copy(update={NAME: "of the environment"})
    assert college_settings().college_name == "Birch College"


def test_another_process_follows_when_a_second_has_passed(
    denise: AbstractBaseUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = college_settings().college_name
    decide({NAME: "Birch College"}, seen=seen(NAME), actor=denise)
    assert college_settings().college_name == before
    monkeypatch.setattr(current, "READ_AGAIN_SECONDS", 0)
    assert college_settings().college_name == "Birch College"


def test_every_fault_is_told_and_nothing_is_changed(denise: AbstractBaseUser) -> None:
    values = {HOURS: "late", "opt_out_notice": "Hello.", NAME: "Birch College"}
    with pytest.raises(NotDecided) as refusal:
        decide(values, seen=seen(*values), actor=denise)
    assert refusal.value.faults.keys() == {HOURS, "opt_out_notice"}
    assert "'late'" in refusal.value.faults[HOURS]
    assert not CollegeDecision.objects.exists()
    assert not AuditEntry.objects.exists()


def test_of_two_administrators_on_one_form_the_later_is_told(
    denise: AbstractBaseUser,
) -> None:
    both_saw = seen(NAME, HOURS)
    decide({NAME: "Birch College", HOURS: ""}, seen=both_saw, actor=denise)
    with pytest.raises(DecidedMeanwhile) as refusal:
        decide({NAME: "Cedar College", HOURS: ""}, seen=both_saw, actor=denise)
    assert refusal.value.names == [NAME]
    assert CollegeDecision.objects.get(pk=NAME).value == "Birch College"


def test_what_stays_as_it_was_is_no_decision(denise: AbstractBaseUser) -> None:
    assert decide(seen(NAME, HOURS), seen=seen(NAME, HOURS), actor=denise) == []
    assert not CollegeDecision.objects.exists()


def test_each_decision_is_in_the_audit_trail_and_no_private_phone(
    denise: AbstractBaseUser,
) -> None:
    values = {NAME: "Birch College", "registration_probe_to": "(734) 555-0188"}
    decide(values, seen=seen(*values), actor=denise)
    entries = {each.subject_id: each for each in AuditEntry.objects.all()}
    assert entries.keys() == values.keys()
    assert entries[NAME].actor == denise
    assert entries[NAME].detail == {"was": "Alder College", "is": "Birch College"}
    assert entries["registration_probe_to"].detail == {}
    assert CollegeDecision.objects.get(pk="registration_probe_to").value == (
        "+17345550188"
    )


def test_a_value_that_cannot_be_used_leaves_the_others_alone(
    settings: Settings,
) -> None:
    decided = {NAME: "Birch College", HOURS: "late", "of another release": 1}
    counts = current.combined(settings.ENV, decided)
    assert counts.college_name == "Birch College"
    assert counts.quiet_hours == settings.ENV.quiet_hours


def test_while_the_database_is_away_the_last_known_values_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*names: str) -> None:
        raise DatabaseError

    monkeypatch.setattr(current, "READ_AGAIN_SECONDS", 0)
    monkeypatch.setattr(CollegeDecision.objects, "values_list", away)
    known = current.Reading({NAME: "Birch College"}, current.LONG_AGO)
    monkeypatch.setattr(current, "_last", known)
    assert college_settings().college_name == "Birch College"


def test_words_for_a_fault_name_the_value_and_what_it_means() -> None:
    fault = {
        "type": "string_pattern_mismatch",
        "loc": ("college_region",),
        "input": "Mich",
    }
    words = deciding.refusal_words(fault)
    assert words.startswith("cannot be 'Mich'. State or province")
