"""What a college may decide about signing in."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from quadline.college.rules import CollegeSettings


def test_by_default_administrators_need_a_factor_and_end_sooner() -> None:
    college = CollegeSettings()
    assert college.roles_with_second_factor == {"administrator"}
    assert college.second_factor_day is None
    assert college.session_idle("administrator") == timedelta(hours=1)
    assert college.session_whole("auditor") == timedelta(days=1)
    assert college.session_whole("advisor") == timedelta(days=14)


@pytest.mark.parametrize(
    ("name", "written", "kept"),
    [
        ("second_factor_roles", " auditor , administrator ", "administrator,auditor"),
        ("second_factor_roles", "none", "none"),
        ("second_factor_roles", "", "none"),
        ("second_factor_from", "2027-01-31", "2027-01-31"),
        (
            "session_hours",
            "auditor: 8, lead:24, advisor:24 , administrator:8",
            "advisor:24,lead:24,administrator:8,auditor:8",
        ),
    ],
)
def test_what_is_written_in_another_way_is_kept_in_one(
    name: str, written: str, kept: str
) -> None:
    assert getattr(CollegeSettings.model_validate({name: written}), name) == kept


def test_nobody_may_need_one_from_a_day_on() -> None:
    told: dict[str, Any] = {
        "second_factor_roles": "none",
        "second_factor_from": "2027-01-31",
    }
    college = CollegeSettings.model_validate(told)
    assert college.roles_with_second_factor == frozenset()
    assert college.second_factor_day == date(2027, 1, 31)


@pytest.mark.parametrize(
    ("name", "written", "words"),
    [
        ("second_factor_roles", "boss", "'boss' is not a role"),
        ("second_factor_roles", "none,lead", "'none' is not a role"),
        ("second_factor_from", "31.1.2027", "is not a day"),
        ("confirm_again_minutes", 0, "greater than or equal to 1"),
        ("session_hours", "advisor:24", "says nothing for lead"),
        ("session_hours", "advisor:721,lead:1", "use 1 to 720"),
        ("session_idle_minutes", "advisor:4", "use 5 to"),
        ("session_idle_minutes", "advisor:many", "cannot be read at"),
        ("session_idle_minutes", "advisor:٦٠", "cannot be read at"),
        ("session_idle_minutes", "", "says nothing for"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_reason(
    name: str, written: Any, words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        CollegeSettings.model_validate({name: written})
