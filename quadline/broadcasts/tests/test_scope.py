"""A review asks how far a STOP reaches as the sender does."""

import pytest
from django.utils import timezone
from pytest_django import Settings

from quadline.broadcasts.facts import people_in, verdicts_for
from quadline.consent import ledger
from quadline.consent.rules import Change, Reason, Source
from quadline.delivery.tests.acts import number_row
from quadline.roster.models import Student
from tests.cast import Cast


@pytest.mark.parametrize(
    ("scope", "is_out"), [("number", False), ("office", True), ("college", True)]
)
def test_a_stop_to_a_colleague_counts_as_far_as_the_college_chose(
    people: Cast, settings: Settings, scope: str, is_out: bool
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": scope})
    mayas, theos = (
        number_row(people.maya, "+17345550200"),
        number_row(people.theo, "+17345550201"),
    )
    pair = (people.rosa.mobile, mayas.phone)
    ledger.record_consent(
        pair=pair,
        change=Change.OPT_OUT,
        source=Source.REPLY,
        occurred_at=timezone.now(),
    )
    students = people_in(Student.objects.filter(pk=people.rosa.pk))
    [(_, verdict)] = verdicts_for(
        students, author=people.theo, number=theos, now=timezone.now()
    )
    assert (verdict.reason is Reason.OPTED_OUT) is is_out
