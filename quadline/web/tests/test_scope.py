"""What the screens say where a STOP reaches further than its number."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from quadline.accounts.models import Office, User
from quadline.consent.models import CarrierCheck, ConsentState
from quadline.conversations.opening import open_conversation
from quadline.delivery.tests.acts import number_row, reply
from quadline.roster.models import CaseloadEntry
from tests.cast import Cast

MAYAS, THEOS = "+17345550200", "+17345550201"


@pytest.mark.parametrize(
    ("scope", "says"),
    [
        ("number", None),
        ("office", "gets no more texts from anyone in Academic Advising"),
        ("college", "gets no more texts from anyone at Alder College"),
    ],
)
def test_a_colleagues_conversation_says_whom_the_student_stopped(
    people: Cast,
    enter: Callable[[User], Client],
    settings: Settings,
    scope: str,
    says: str | None,
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": scope})
    User.objects.filter(pk__in=[people.maya.pk, people.theo.pk]).update(
        office=Office.objects.named("Academic Advising")
    )
    number_row(people.maya, MAYAS)
    number_row(people.theo, THEOS)
    theo = User.objects.get(pk=people.theo.pk)
    talk = open_conversation(inbox=theo.inbox, student=people.rosa, now=timezone.now())
    CaseloadEntry.objects.create(staff=theo, student=people.rosa)
    reply(people.rosa.mobile, MAYAS, "STOP")
    page = enter(theo).get(reverse("conversation", args=[talk.pk])).content.decode()

    assert ('data-state="opted_out"' in page) is (says is not None)
    if says:
        assert says in page
        assert "must text START to (734) 555-0201" in page


@pytest.mark.parametrize(
    ("scope", "says"),
    [
        ("number", "counts for the number the student texted"),
        ("college", "counts for every number of the college"),
    ],
)
def test_the_report_says_how_far_a_stop_reaches(
    people: Cast,
    enter: Callable[[User], Client],
    settings: Settings,
    scope: str,
    says: str,
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": scope})
    assert says in enter(people.ada).get(reverse("report-opt-outs")).content.decode()


@pytest.mark.parametrize("scope", ["office", "college"])
def test_the_carriers_check_stands_beside_its_own_number_only(
    people: Cast, enter: Callable[[User], Client], settings: Settings, scope: str
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"opt_out_scope": scope})
    both = [people.maya.pk, people.theo.pk]
    User.objects.filter(pk__in=both).update(
        office=Office.objects.named("Academic Advising")
    )
    number_row(people.maya, MAYAS)
    number_row(people.theo, THEOS)
    reply(people.rosa.mobile, MAYAS, "STOP")
    CarrierCheck.objects.create(
        state=ConsentState.objects.get(system_phone=MAYAS),
        agrees=False,
        detail="The carrier could not be told.",
        checked_at=timezone.now(),
    )
    for pk in both:
        CaseloadEntry.objects.get_or_create(staff_id=pk, student=people.rosa)
    url = reverse("student", args=[people.rosa.pk])
    shown = {
        pk: enter(User.objects.get(pk=pk)).get(url).content.decode() for pk in both
    }

    assert "The carrier could not be told." in shown[people.maya.pk]
    assert "must text START to (734) 555-0201" in shown[people.theo.pk]
    assert "The carrier could not be told." not in shown[people.theo.pk]
