"""Manage, Leaving: the wizard shows everything before, and the record after."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from quadline.accounts.administering import deactivate_staff
from quadline.accounts.models import User
from quadline.conversations.models import Message
from quadline.delivery.tests.acts import number_row, write
from quadline.handovers.planning import today_on_campus
from quadline.handovers.tests.acts import leave, plan, sweep
from quadline.handovers.wording import LEAVE_ANSWER, LEFT_ANSWER
from quadline.inboxes.models import Departure
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.architecture.conftest import Enter
from tests.cast import Cast

pytestmark = pytest.mark.django_db
NEW = "/manage/departures/new/"


def working_number(user: User, phone: str = "+17345550200") -> None:
    SystemNumber.objects.filter(pk=number_row(user, phone).pk).update(
        active_at=timezone.now()
    )


def form(people: Cast, act: str = "review", **changed: Any) -> dict[str, Any]:
    day = today_on_campus(timezone.now()) + timedelta(days=3)
    values = {
        "staff": people.maya.pk,
        "act": act,
        "kind": "left",
        "leaves_on": day.isoformat(),
        "returns_on": "",
        "successor": people.theo.pk,
        "rest_days": "90",
        "answer": LEFT_ANSWER,
        "waiting_texts": "hand_over",
    }
    return {**values, **changed}


def test_everything_is_shown_before_it_is_planned(people: Cast, enter: Enter) -> None:
    working_number(people.maya)
    Student.objects.filter(pk=people.bo.pk).update(program="Nursing")
    text = write(people.maya, people.rosa, "See you on Monday")
    programs: dict[str, Any] = {
        "program_name": ["Nursing"],
        "program": [people.omar.pk],
    }
    ada = enter(people.ada)

    page = ada.post(NEW, form(people, **programs)).content.decode()
    assert "4\n  students handed over" in page
    for words in (
        "Theo Brandt",
        "Omar Haddad",
        "Rosa",
        "See you on Monday",
        "(734) 555-0200 rests",
        "Maya Alvarez no longer works at",
        "is your contact now: omar@alder.example",
    ):
        assert words in page, words
    assert not Departure.objects.exists()

    answer = ada.post(NEW, form(people, "plan", **programs, excepted=[str(text.pk)]))
    departure = Departure.objects.get()
    assert answer["Location"] == f"/manage/departures/{departure.pk}/"
    assert {share.program: share.inbox_id for share in departure.shares} == {
        "": people.theo.pk,
        "Nursing": people.omar.pk,
    }
    assert departure.excepted_texts == [text.pk]
    assert "Is canceled" in ada.get(answer["Location"]).content.decode()


def test_a_refused_form_keeps_what_was_entered(people: Cast, enter: Enter) -> None:
    ada = enter(people.ada)
    answer = ada.post(NEW, form(people, leaves_on="2020-01-01", answer="Ask {who}"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This day is past" in page
    assert "{who} is not a field" in page
    assert 'value="2020-01-01"' in page
    assert "Ask {who}</textarea>" in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"leaves_on": "soon"}, "Enter a day"),
        ({"kind": "leave", "returns_on": ""}, "Enter a day"),
        ({"kind": "leave", "returns_on": "2020-01-01"}, "must be after"),
        ({"rest_days": "many"}, "Enter a number of days"),
        ({"successor": ""}, "Choose who follows"),
        ({"successor": "999999"}, "from the list"),
        ({"sends_email": "yes", "email_subject": "", "email_body": "Hi"}, "both"),
    ],
)
def test_bad_input_is_named_at_its_field(
    people: Cast, enter: Enter, changed: dict[str, str], words: str
) -> None:
    answer = enter(people.ada).post(NEW, form(people, "plan", **changed))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Departure.objects.exists()


def test_a_leave_begins_with_words_of_a_leave(people: Cast, enter: Enter) -> None:
    back = today_on_campus(timezone.now()) + timedelta(days=90)
    posted = form(people, kind="leave", returns_on=back.isoformat())
    page = enter(people.ada).post(NEW, posted).content.decode()
    assert LEAVE_ANSWER.split("}")[1][:10] in page
    assert "is on leave from" in page


def test_the_second_of_two_administrators_sees_what_the_first_planned(
    people: Cast, enter: Enter
) -> None:
    first = plan(people, people.maya, people.lena, starts=5)
    ada = enter(people.ada)
    answer = ada.post(NEW, form(people, "plan"), follow=True)
    assert "somebody else planned or changed" in answer.content.decode()
    change = f"/manage/departures/{first.pk}/change/"
    Departure.objects.update(version=2)
    answer = ada.post(change, form(people, "plan", version="1"), follow=True)
    assert "somebody else planned or changed" in answer.content.decode()
    answer = ada.post(change, form(people, "plan", version="2"), follow=True)
    assert [share.inbox_id for share in first.shares] == [people.theo.pk]


def test_after_the_day_the_record_says_what_was_done(
    people: Cast, enter: Enter
) -> None:
    working_number(people.maya)
    working_number(people.theo, "+17345550201")
    write(people.maya, people.rosa, "See you on Monday")
    departure = leave(people, people.maya, people.theo)
    page = enter(people.ada).get(f"/manage/departures/{departure.pk}/").content.decode()
    for words in (
        "4 students to",
        "1\n  text waited",
        "Handed over to Theo",
        "resting",
    ):
        assert words in page, words


def test_what_stands_in_the_way_is_on_the_page(people: Cast, enter: Enter) -> None:
    departure = plan(people, people.maya, people.theo)
    deactivate_staff(people.theo, actor=people.ada)
    sweep()
    page = enter(people.ada).get(f"/manage/departures/{departure.pk}/").content.decode()
    assert "Theo Brandt can’t follow" in page
    assert "Nothing was changed" in page


def test_a_plan_is_cancelled_and_a_leave_ended_from_the_page(
    people: Cast, enter: Enter
) -> None:
    ada = enter(people.ada)
    planned = plan(people, people.maya, people.theo, starts=3)
    ada.post(f"/manage/departures/{planned.pk}/cancel/")
    planned.refresh_from_db()
    assert planned.state == "cancelled"
    on_leave = leave(people, people.maya, people.theo, ends=30)
    ada.post(f"/manage/departures/{on_leave.pk}/return/")
    on_leave.refresh_from_db()
    assert on_leave.state == "over"


def test_the_first_day_has_caseload_history_number_and_an_email(
    people: Cast, enter: Enter
) -> None:
    working_number(people.maya)
    working_number(people.theo, "+17345550201")
    write(people.maya, people.rosa)
    leave(people, people.maya, people.theo)
    theo = enter(people.theo)
    page = theo.get("/first-day/").content.decode()
    for words in (
        "4 students",
        "From\n    Maya Alvarez",
        "(734) 555-0201",
        "Introduce",
    ):
        assert words in page, words

    email = {"subject": "Hello", "body": "I am new, [Student Name]", "to": "new"}
    answer = theo.post("/first-day/", email)
    draft = people.theo.broadcasts.get()
    assert answer["Location"] == f"/broadcasts/{draft.pk}/review/"
    theo.post("/first-day/", email)
    assert people.theo.broadcasts.count() == 1  # one email, changed or not
    people.theo.broadcasts.update(state="finished", launched_at=timezone.now())
    assert "See the results" in theo.get("/first-day/").content.decode()
    assert theo.post("/first-day/", {**email, "body": "Again"}).status_code == 422
    assert not Message.objects.filter(channel="email").exists()


def test_a_first_day_without_anybody_is_a_page_too(people: Cast, enter: Enter) -> None:
    page = enter(people.lena).get("/first-day/").content.decode()
    assert "nobody on your caseload yet" in page
