"""The review: what each student would get and why, by the law the sender goes by."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from quadline.broadcasts.checks import Level
from quadline.broadcasts.preflight import (
    recipients_with,
    review,
    sharing_phones,
    stored,
)
from quadline.broadcasts.rules import BroadcastRefused, BroadcastState, NoTextReason
from quadline.broadcasts.tests.acts import (
    crowd,
    draft,
    email,
    levels,
    opt_out,
    outcomes,
    reviewed,
)
from quadline.consent.models import StopQuestion
from quadline.conversations.models import Conversation
from quadline.delivery.tests.acts import number_row, write
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState as NumberState
from quadline.roster.models import CaseloadEntry, PhoneTrouble, Student
from tests.cast import Cast, student


def test_each_student_gets_what_can_reach_them(
    people: Cast, number: SystemNumber
) -> None:
    opt_out(people.bo, number)
    people.nell.email = ""
    people.nell.save()
    broadcast = draft(people.maya)
    made = reviewed(broadcast)
    assert outcomes(broadcast) == {
        "Rosa": "text",
        "Bo": "email:opted_out",
        "Gus": "email:landline",
        "Nell": "nothing:no_address",
    }
    assert (made.texts, made.emails, made.nothing, made.people) == (1, 2, 1, 4)
    assert made.email_reasons() == [
        ("opted_out", "Opted out of texts", 1),
        ("landline", "Only a landline on file", 1),
    ]
    assert [(why, count) for why, _, count in made.nothing_reasons()] == [
        ("no_address", 1)
    ]
    assert made.button_words == "Send 1 text and 2 emails"


def test_a_phone_that_failed_before_gets_an_email(
    people: Cast, number: SystemNumber
) -> None:
    PhoneTrouble.objects.create(
        phone=people.rosa.mobile,
        is_bad=True,
        words="Not in service",
        since=timezone.now(),
    )
    broadcast = draft(people.maya)
    reviewed(broadcast)
    assert outcomes(broadcast)["Rosa"] == "email:bad_number"


def test_one_who_may_have_asked_for_no_more_gets_nothing_until_that_is_answered(
    people: Cast, number: SystemNumber
) -> None:
    StopQuestion.objects.create(
        student_phone=people.rosa.mobile,
        system_phone=number.phone,
        wording="please stop texting",
        phrase="stop texting",
        carrier_reference="SM1",
        asked_at=timezone.now(),
    )
    broadcast = draft(people.maya)
    reviewed(broadcast)
    assert outcomes(broadcast)["Rosa"] == "nothing:asked"


def test_a_count_opens_the_students_behind_it(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = draft(people.maya)
    reviewed(broadcast)
    assert [row.student for row in recipients_with(broadcast, outcome="text")] == [
        people.rosa,
        people.bo,
    ]
    assert [row.student for row in recipients_with(broadcast, reason="landline")] == [
        people.gus
    ]


def test_an_email_goes_to_everyone_who_has_an_address(people: Cast) -> None:
    Student.objects.filter(pk=people.nell.pk).update(email="")
    broadcast = email(people.maya)
    made = reviewed(broadcast)
    assert outcomes(broadcast) == {
        "Rosa": "email",
        "Bo": "email",
        "Gus": "email",
        "Nell": "nothing:no_email",
    }
    assert (made.texts, made.total_segments, made.cost_cents) == (0, 0, 0)
    row = recipients_with(broadcast, outcome="email").get(student=people.rosa)
    assert (row.subject, row.body) == (
        "For Rosa",
        "Hi Rosa, registration opens on Monday. Maya Alvarez",
    )


def test_a_first_text_carries_the_notice_and_a_later_one_does_not(
    people: Cast, number: SystemNumber
) -> None:
    write(people.maya, people.rosa)
    broadcast = draft(people.maya)
    made = reviewed(broadcast)
    notices = {
        row.student.first_name: row.notice
        for row in recipients_with(broadcast, outcome="text")
    }
    assert (notices["Rosa"], made.first_contacts) == ("", 1)
    assert notices["Bo"].startswith("This is Maya Alvarez at Alder College.")
    assert made.longest is not None
    assert (made.longest.name, made.longest.text.endswith("HELP for help.")) == (
        "Bo Jensen",
        True,
    )
    assert made.shortest is not None
    assert (made.shortest.name, made.shortest.segments) == ("Rosa Calderón", 1)


def test_students_who_share_a_phone_both_get_theirs(
    people: Cast, number: SystemNumber
) -> None:
    Student.objects.filter(pk=people.bo.pk).update(mobile=people.rosa.mobile)
    broadcast = draft(people.maya)
    made = reviewed(broadcast)
    assert (made.texts, made.shared_phones) == (2, 1)
    assert {row.student for row in sharing_phones(broadcast)} == {
        people.rosa,
        people.bo,
    }


@pytest.mark.parametrize(
    "twin",
    [
        {"first_name": "Rosa", "last_name": "Calderon", "email": ""},
        {
            "first_name": "Rosie",
            "last_name": "Ruiz-Calderón",
            "email": "rosa.calderon@alder.example",
        },
        {"institutional_id": "100001", "first_name": "R.", "last_name": "C."},
    ],
)
def test_a_student_who_is_there_twice_gets_one_text_and_the_review_says_so(
    people: Cast, number: SystemNumber, twin: dict[str, str]
) -> None:
    Student.objects.filter(pk=people.bo.pk).update(mobile=people.rosa.mobile, **twin)
    broadcast = draft(people.maya)
    made = reviewed(broadcast)

    assert (made.texts, made.shared_phones) == (1, 0)
    assert (
        NoTextReason.TWIN,
        "Likely the same student as another recipient, who gets it",
        1,
    ) in made.nothing_reasons()
    assert (
        recipients_with(broadcast, outcome="nothing", reason="twin").get().student
        == people.bo
    )


def test_a_student_who_is_there_twice_gets_one_email(
    people: Cast, number: SystemNumber
) -> None:
    Student.objects.filter(pk=people.nell.pk).update(
        first_name="Gus", email=people.gus.email
    )
    made = reviewed(draft(people.maya))

    assert made.by_reason == {"landline": 1, "twin": 1}


def test_who_is_chosen_twice_gets_one_and_is_counted(
    people: Cast, number: SystemNumber
) -> None:
    Student.objects.filter(pk=people.bo.pk).update(tags=["Athlete"])
    broadcast = draft(
        people.maya,
        "caseload",
        "tag:Athlete",
        f"student:{people.rosa.pk}",
        f"student:{people.rosa.pk}",
    )
    made = reviewed(broadcast)
    assert (made.people, made.duplicates) == (4, 2)


def test_quiet_hours_hold_those_for_whom_it_is_night(
    people: Cast, number: SystemNumber, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-08:00"})
    Student.objects.filter(pk=people.rosa.pk).update(time_zone="America/Los_Angeles")
    Student.objects.filter(pk=people.bo.pk).update(time_zone="America/Detroit")
    # ten at night in Detroit, seven in Los Angeles
    night = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    made = review(draft(people.maya), now=night)
    assert (made.texts, made.held_by_quiet_hours) == (2, 1)
    assert (
        made.held_until == made.finish_at == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
    )


def test_the_finish_is_after_what_the_number_has_queued(
    people: Cast, number: SystemNumber, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(
        update={"texts_per_second": 0.5, "cents_per_segment": 1.2}
    )
    write(people.maya, people.rosa)
    write(people.maya, people.rosa)
    now = timezone.now()
    made = review(draft(people.maya, f"student:{people.bo.pk}"), now=now)
    assert made.total_segments == 1
    assert (made.takes_seconds, made.finish_at) == (6, now + timedelta(seconds=6))
    assert (made.cost_cents, made.cost_words) == (1, "$0.01")


@pytest.mark.parametrize("state", [None, NumberState.REGISTERING])
def test_before_the_number_is_active_every_text_waits(
    people: Cast, state: NumberState | None
) -> None:
    if state:
        number_row(people.maya, state=state)
    made = reviewed(draft(people.maya))
    assert (made.texts, made.waits_for_number, made.finish_at) == (2, True, None)
    assert any("not active yet" in words for words in levels(made, Level.LOOK))
    assert not made.is_blocked


def test_a_field_that_nothing_fills_stops_the_send(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = draft(
        people.maya,
        body="Hi [Student Name], call [Your Title] or [Favorite Color]. Maya Alvarez",
    )
    people.maya.title = ""
    people.maya.save()
    made = reviewed(broadcast)
    assert made.is_blocked
    assert levels(made, Level.BLOCKED) == [
        "Nobody would get anything. Choose other recipients.",
        "[Favorite Color] is not a merge field. Correct it or take it out.",
        "There is nothing to put in [Your Title]. Take it out, or fill it in.",
    ]
    assert outcomes(broadcast)["Rosa"] == "nothing:unfilled"


def test_the_same_words_within_a_day_are_shown(
    people: Cast, number: SystemNumber
) -> None:
    write(
        people.maya, people.rosa, "Hi Rosa, registration opens on Monday. Maya Alvarez"
    )
    made = reviewed(draft(people.maya))
    assert [
        words
        for words in levels(made, Level.LOOK)
        if words.startswith("You sent 1 of them the same words on ")
    ]


def test_who_has_left_the_college_is_shown(people: Cast, number: SystemNumber) -> None:
    Student.objects.filter(pk=people.rosa.pk).update(status="graduated")
    assert "1 of them has withdrawn or graduated." in levels(
        reviewed(draft(people.maya)), Level.LOOK
    )


def test_a_text_too_long_for_one_student_stops_the_send(
    people: Cast, number: SystemNumber
) -> None:
    made = reviewed(
        draft(people.maya, body="Maya Alvarez [Student Name] " + "x" * 1560)
    )
    assert levels(made, Level.BLOCKED) == [
        "For 2 students it is longer than a text can be. Shorten it."
    ]


def test_a_review_is_kept_as_it_was_shown(people: Cast, number: SystemNumber) -> None:
    broadcast = draft(people.maya)
    assert stored(broadcast) is None
    made = reviewed(broadcast)
    assert stored(broadcast) == made
    assert (len(broadcast.fingerprint), broadcast.reviewed_at is not None) == (64, True)


def test_the_same_review_has_the_same_fingerprint_and_another_has_another(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = draft(people.maya)
    reviewed(broadcast)
    first = broadcast.fingerprint
    reviewed(broadcast)
    assert broadcast.fingerprint == first
    opt_out(people.bo, number)
    reviewed(broadcast)
    assert broadcast.fingerprint != first


def test_what_was_sent_is_not_reviewed_again(
    people: Cast, number: SystemNumber
) -> None:
    broadcast = draft(people.maya)
    reviewed(broadcast)
    broadcast.state = BroadcastState.RUNNING
    broadcast.save()
    with pytest.raises(BroadcastRefused, match="already been sent"):
        reviewed(broadcast)


def test_nobody_is_reviewed_as_nobody(people: Cast, number: SystemNumber) -> None:
    CaseloadEntry.objects.filter(staff=people.maya).delete()
    made = reviewed(draft(people.maya))
    assert (made.people, made.is_blocked, made.button_words) == (0, True, "Send")
    assert (made.shortest, made.longest) == (None, None)


def test_when_all_have_opted_out_all_get_an_email(
    people: Cast, number: SystemNumber
) -> None:
    for who in (people.rosa, people.bo):
        opt_out(who, number)
    made = reviewed(
        draft(people.maya, f"student:{people.rosa.pk}", f"student:{people.bo.pk}")
    )
    assert (made.texts, made.emails, made.button_words, made.is_blocked) == (
        0,
        2,
        "Send 2 emails",
        False,
    )


def test_a_broadcast_answers_nobody_so_the_night_holds_it_for_who_wrote_just_now(
    people: Cast, number: SystemNumber, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "21:00-08:00"})
    night = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    Conversation.objects.create(
        inbox=people.maya.inbox,
        student=people.rosa,
        last_activity_at=night,
        last_inbound_at=night,
    )
    assert review(draft(people.maya), now=night).held_by_quiet_hours == 2


def test_a_review_of_many_takes_as_many_statements_as_of_few(
    people: Cast, number: SystemNumber
) -> None:
    number_row(people.omar, "+17345550201")
    broadcast = draft(people.omar)
    with CaptureQueriesContext(connection) as few:
        assert reviewed(broadcast).texts == 1
    crowd(people.omar, 1_500)
    with CaptureQueriesContext(connection) as many:
        assert reviewed(broadcast).texts == 1_501
    assert len(many) == len(few) < 25


def test_what_is_reviewed_of_a_student_does_not_depend_on_the_others(
    people: Cast, number: SystemNumber
) -> None:
    student("00100006", "Zoe", "Park", advisor=people.maya, mobile="+17345550146")
    opt_out(people.rosa, number)
    broadcast = draft(people.maya)
    reviewed(broadcast)
    assert (outcomes(broadcast)["Rosa"], outcomes(broadcast)["Zoe"]) == (
        "email:opted_out",
        "text",
    )


@pytest.mark.parametrize(
    "words",
    [
        "Hi {first_name}",
        "Hi {{advisor}}",
        "Hi [Student_Name]",
        "Hi [Student Name, come",
    ],
)
@pytest.mark.parametrize("channel", ["text", "email"])
def test_what_looks_like_a_merge_field_stops_a_broadcast(
    people: Cast, number: SystemNumber, words: str, channel: str
) -> None:
    broadcast = (
        draft(people.maya, body=words)
        if channel == "text"
        else email(people.maya, body=words)
    )
    made = reviewed(broadcast)
    blocked = [check.words for check in made.checks if check.level is Level.BLOCKED]
    assert any("not a merge field. Did you mean [" in said for said in blocked)
    assert made.is_blocked
    assert not any("All merge fields" in check.words for check in made.checks)
