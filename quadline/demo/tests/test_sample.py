"""The sample college loads as any college's files would, and
its people are who the demo says.
"""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from pytest_django import Settings

from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.audit.models import AuditEntry
from quadline.demo.sample import PASSWORD, load_sample_college, who_to_be
from quadline.roster.models import CaseloadEntry, Student

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_the_sample_college_loads_once_and_is_complete() -> None:
    load_sample_college()
    counts = (
        User.objects.count(),
        Student.objects.count(),
        CaseloadEntry.objects.count(),
    )
    load_sample_college()

    assert counts == (
        User.objects.count(),
        Student.objects.count(),
        CaseloadEntry.objects.count(),
    )
    assert counts[0] >= 10
    assert counts[1] >= 1_900
    assert {user.role for user in User.objects.all()} == set(Role)
    assert Student.objects.get(last_name="Student-Taynor").is_test
    assert authenticate(email=who_to_be()[0][0], password=PASSWORD) is not None
    assert {email for email, _ in who_to_be()} <= set(
        User.objects.filter(is_active=True).values_list("email", flat=True)
    )
    phones = {
        phone
        for pair in Student.objects.values_list("mobile", "landline")
        for phone in pair
        if phone
    }
    # an exchange that belongs to nobody
    assert {phone[5:9] for phone in phones} == {"5550"}


def test_its_accounts_begin_as_all_others_do_and_are_on_record() -> None:
    load_sample_college()

    made = AuditEntry.objects.filter(action="account made")
    assert made.count() == User.objects.count() == EmailAddress.objects.count() > 0
