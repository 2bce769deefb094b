"""Opt-outs on the screen: the question that one click answers, the form for
what was told in person, the way back.
"""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quadline.accounts.models import User
from quadline.consent import ledger, questions
from quadline.consent.models import (
    CarrierCheck,
    ConsentEntry,
    ConsentState,
    StopQuestion,
)
from quadline.consent.rules import Change, Source
from quadline.conversations.models import Conversation
from quadline.conversations.opening import open_conversation
from quadline.delivery.tests.acts import ago, number_row, reply, write
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.architecture.conftest import Enter
from tests.architecture.test_access import cases
from tests.cast import Cast

WORDS = "please stop texting me"
HTMX = {"HX-Request": "true"}
BACK = "Rosa must text START to (734) 555-0200"


@pytest.fixture
def mayas(people: Cast) -> SystemNumber:
    number = number_row(people.maya)
    SystemNumber.objects.update(active_at=timezone.now())
    return number


@pytest.fixture
def maya(enter: Enter, people: Cast) -> Client:
    return enter(people.maya)


def page(browser: Client, where: str, *arguments: int) -> str:
    answer = browser.get(reverse(where, args=arguments))
    assert answer.status_code == 200
    return answer.content.decode()


def asked(people: Cast, number: SystemNumber, words: str = WORDS) -> Conversation:
    message = reply(people.rosa.mobile, number.phone, words)
    assert message is not None
    return message.conversation


def opted_out(people: Cast, number: SystemNumber) -> None:
    reply(people.rosa.mobile, number.phone, "STOP")


# The question


def test_the_conversation_asks_with_the_students_own_words(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    chosen = asked(people, mayas, "stop texting me <b>now</b>")
    shown = page(maya, "conversation", chosen.pk)
    assert "Did Rosa ask to stop texts?" in shown
    assert "stop texting me &lt;b&gt;now&lt;/b&gt;" in shown
    assert shown.count('name="answer"') == 2
    assert "Asked to stop?" in page(maya, "inbox")
    assert "Asked to stop?" in page(maya, "student", people.rosa.pk)


def test_without_a_question_nothing_is_asked(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    chosen = asked(people, mayas, "see you at noon")
    for shown in (page(maya, "conversation", chosen.pk), page(maya, "inbox")):
        assert "no more texts?" not in shown
        assert "Asked to stop?" not in shown


@pytest.mark.parametrize(
    ("given", "is_out", "says"),
    [("stop", True, "gets no more texts"), ("go_on", False, "You can go on")],
)
def test_one_click_answers(
    people: Cast, maya: Client, mayas: SystemNumber, given: str, is_out: bool, says: str
) -> None:
    chosen = asked(people, mayas)
    answer = maya.post(
        reverse("conversation_answer", args=[chosen.pk]), {"answer": given}, follow=True
    )
    assert says in answer.content.decode()
    assert "no more texts?" not in answer.content.decode()
    assert ledger.is_opted_out((people.rosa.mobile, mayas.phone)) is is_out


def test_with_scripts_the_answer_brings_the_new_state_and_the_texts_it_changed(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    text = write(people.maya, people.rosa, "See you?")
    chosen = asked(people, mayas)
    answer = maya.post(
        reverse("conversation_answer", args=[chosen.pk]),
        {"answer": "stop"},
        headers=HTMX,
    ).content.decode()
    assert f'id="m-{text.pk}"' in answer
    assert 'data-state="opted_out"' in answer
    assert '<div hx-swap-oob="innerHTML:#stop-question"></div>' in answer.replace(
        "\n", ""
    )
    assert "no more texts from you" in answer


@pytest.mark.parametrize("given", ["", "maybe", "opt_in", "start"])
def test_an_answer_that_is_none_changes_nothing(
    people: Cast, maya: Client, mayas: SystemNumber, given: str
) -> None:
    chosen = asked(people, mayas)
    maya.post(reverse("conversation_answer", args=[chosen.pk]), {"answer": given})
    assert StopQuestion.objects.get().answer == ""


def test_a_second_click_says_that_it_was_answered(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    chosen = asked(people, mayas)
    where = reverse("conversation_answer", args=[chosen.pk])
    maya.post(where, {"answer": "go_on"})
    assert (
        "answered before"
        in maya.post(where, {"answer": "stop"}, follow=True).content.decode()
    )
    assert not ConsentEntry.objects.exists()


def test_who_only_reads_sees_who_answers(
    enter: Enter, people: Cast, mayas: SystemNumber
) -> None:
    chosen = asked(people, mayas)
    for reader in (people.lena, people.ada, people.iris):
        shown = page(enter(reader), "conversation", chosen.pk)
        assert "Maya Alvarez answers this" in shown
        assert 'name="answer"' not in shown


@pytest.mark.parametrize("who", ["lena", "ada", "omar"])
def test_nobody_else_answers(
    enter: Enter, people: Cast, mayas: SystemNumber, who: str
) -> None:
    chosen = asked(people, mayas)
    browser = enter(getattr(people, who))
    assert (
        browser.post(
            reverse("conversation_answer", args=[chosen.pk]), {"answer": "go_on"}
        ).status_code
        == 404
    )
    assert questions.open_question((people.rosa.mobile, mayas.phone)) is not None


def test_a_phone_nobody_knows_is_asked_about_too(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    message = reply("+17345550999", mayas.phone, "wrong number")
    assert message is not None
    shown = page(maya, "conversation", message.conversation_id)
    assert "Did (734) 555-0999 ask to stop texts?" in shown
    maya.post(
        reverse("conversation_answer", args=[message.conversation_id]),
        {"answer": "stop"},
    )
    assert ledger.is_opted_out(("+17345550999", mayas.phone))


def test_what_is_open_fetches_the_question(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    text = write(people.maya, people.rosa)
    chosen = asked(people, mayas)
    fresh = page(maya, "conversation_since", chosen.pk)
    assert "Did Rosa ask" in fresh
    assert f'id="m-{text.pk}"' in fresh
    assert "did they ask to stop?" in fresh


# What was told in person


def record(browser: Client, person: Student, **changes: str) -> str:
    written = {
        "how": "by_phone",
        "said_at": "2026-01-05T09:30",
        "note": "Called the office.",
    } | changes
    answer = browser.post(
        reverse("student-opt-out", args=[person.pk]), written, follow=True
    )
    return answer.content.decode()


def test_what_was_told_is_recorded_with_who_when_and_how(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    assert "Record an opt-out" in page(maya, "student", people.rosa.pk)
    after = record(maya, people.rosa)
    assert "Recorded. Rosa gets no more texts from you." in after
    entry = ConsentEntry.objects.get()
    assert (entry.change, entry.source, entry.actor) == (
        Change.OPT_OUT,
        Source.STAFF,
        people.maya,
    )
    assert entry.wording == "By phone. Called the office."
    assert (
        timezone.localtime(entry.occurred_at).strftime("%Y-%m-%d %H:%M")
        == "2026-01-05 09:30"
    )
    assert "asked Maya Alvarez. By phone. Called the office." in after


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"how": ""}, "Say how."),
        ({"how": "by_pigeon"}, "Select a valid choice"),
        ({"said_at": ""}, "Say when."),
        ({"said_at": "yesterday"}, "Write a date and a time"),
        ({"said_at": "2999-01-01T00:00"}, "still to come"),
        ({"note": "x" * 301}, "at most 300"),
        ({"whose": "999"}, "Choose a number."),
    ],
)
def test_what_is_not_right_is_said_and_what_was_written_is_kept(
    people: Cast, maya: Client, mayas: SystemNumber, change: dict[str, str], says: str
) -> None:
    shown = record(maya, people.rosa, **change)
    assert says in shown
    assert not ConsentEntry.objects.exists()
    if "note" not in change:
        assert "Called the office." in shown


def test_the_dialog_reloads_the_page_when_it_is_done(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    where = reverse("student-opt-out", args=[people.rosa.pk])
    assert 'id="dialog-title"' in maya.get(where, headers=HTMX).content.decode()
    done = maya.post(
        where, {"how": "in_person", "said_at": "2026-01-05T09:30"}, headers=HTMX
    )
    assert done.headers["HX-Refresh"] == "true"


def test_an_advisor_is_not_asked_whose_texts(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    omars = number_row(people.omar, "+17345550201")
    write(people.omar, people.rosa)
    assert 'name="whose"' not in page(maya, "student-opt-out", people.rosa.pk)
    assert "Choose a number." in record(maya, people.rosa, whose=str(omars.pk))
    assert "Choose a number." in record(maya, people.rosa, whose="all")
    assert not ConsentEntry.objects.exists()


@pytest.mark.parametrize(
    ("whose", "out"), [("omar", {"omar"}), ("all", {"maya", "omar"})]
)
def test_an_administrator_says_whose_texts(
    enter: Enter, people: Cast, mayas: SystemNumber, whose: str, out: set[str]
) -> None:
    numbers = {"maya": mayas, "omar": number_row(people.omar, "+17345550201")}
    for author in (people.maya, people.omar):
        write(author, people.rosa)
    ada = enter(people.ada)
    shown = page(ada, "student-opt-out", people.rosa.pk)
    assert "Maya Alvarez, (734) 555-0200" in shown
    assert "All 2 numbers" in shown
    record(ada, people.rosa, whose=str(numbers[whose].pk) if whose != "all" else "all")
    assert {
        name
        for name, each in numbers.items()
        if ledger.is_opted_out((people.rosa.mobile, each.phone))
    } == out


@pytest.mark.parametrize("who", ["nell", "gus"])
def test_who_has_no_mobile_needs_no_opt_out(
    people: Cast, maya: Client, mayas: SystemNumber, who: str
) -> None:
    person = getattr(people, who)
    assert "There is no mobile number on file" in page(
        maya, "student-opt-out", person.pk
    )
    assert "Record an opt-out" not in page(maya, "student", person.pk)


def test_without_a_number_there_is_nothing_to_record(
    people: Cast, maya: Client
) -> None:
    assert "no texting number yet" in page(maya, "student-opt-out", people.rosa.pk)
    assert (
        "There is no number" in record(maya, people.rosa)
        or not ConsentEntry.objects.exists()
    )


# The way back


def test_every_place_shows_the_state_and_the_way_back(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    opted_out(people, mayas)
    chosen = Conversation.objects.get()
    copied = "To get texts from Maya Alvarez again, text START to (734) 555-0200."
    for where, argument in (
        ("conversation", chosen.pk),
        ("student", people.rosa.pk),
        ("student-message", people.rosa.pk),
    ):
        shown = page(maya, where, argument)
        assert BACK in shown
        assert f'data-copy="{copied}"' in shown
    row = page(maya, "inbox")
    assert "Opted out" in row
    assert BACK in row
    assert "Opted out" in page(maya, "students")


def test_the_profile_shows_what_the_carrier_holds(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    opted_out(people, mayas)
    CarrierCheck.objects.create(
        state=ConsentState.objects.get(),
        agrees=False,
        detail="The carrier could not be told.",
        checked_at=timezone.now(),
    )
    shown = page(maya, "student", people.rosa.pk)
    assert "The carrier’s record differs." in shown
    assert "The carrier could not be told." in shown


def test_the_profile_names_every_number_the_reader_may_see_and_no_other(
    enter: Enter, people: Cast, mayas: SystemNumber
) -> None:
    omars = number_row(people.omar, "+17345550201")
    for author, number in ((people.maya, mayas), (people.omar, omars)):
        write(author, people.rosa)
        opted_out(people, number)
    seen = {
        who: page(enter(getattr(people, who)), "student", people.rosa.pk)
        for who in ("maya", "lena", "ada", "iris")
    }
    assert all("(734) 555-0200" in shown for shown in seen.values())
    assert {who for who, shown in seen.items() if "(734) 555-0201" in shown} == {
        "ada",
        "iris",
    }


def test_an_opt_out_without_a_conversation_is_shown_to_who_recorded_it(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    record(maya, people.rosa)
    assert not Conversation.objects.exists()
    assert BACK in page(maya, "student", people.rosa.pk)


def test_an_administrators_form_names_the_colleague_whose_texts_end(
    enter: Enter, people: Cast, mayas: SystemNumber
) -> None:
    write(people.maya, people.rosa)
    form = page(enter(people.ada), "student-opt-out", people.rosa.pk)
    assert "gets no texts from Maya Alvarez." in form
    assert "from you" not in form


# Nobody opts a student in

POSTS = [case for case in cases() if case.method == "POST" and case.whose == "own"]
WISHES = {
    "answer": "go_on",
    "how": "in_person",
    "said_at": "2026-01-05T09:30",
    "change": "opt_in",
    "opted_out": "false",
    "body": "START",
}


@pytest.mark.parametrize("case", POSTS, ids=lambda case: f"{case.name}-{case.role}")
def test_no_address_opts_a_student_in(enter: Enter, people: Cast, case: object) -> None:
    from tests.architecture.test_access import Case, address, thing_of
    from tests.cast import student

    assert isinstance(case, Case)
    actor: User = {
        "advisor": people.theo,
        "lead": people.lena,
        "administrator": people.ada,
        "auditor": people.iris,
    }[case.role]
    person = student("00200001", "Ann", "Own", advisor=actor, mobile="+17345550161")
    about = thing_of(actor, person)
    SystemNumber.objects.filter(pk=about.number.pk).update(
        phone="+17345550300", state="active"
    )
    open_conversation(inbox=actor.inbox, student=person, now=timezone.now())
    pair = (person.mobile, "+17345550300")
    at = timezone.now() - timedelta(days=1)
    ledger.record_consent(
        pair=pair,
        change=Change.OPT_OUT,
        source=Source.REPLY,
        occurred_at=at,
        keyword="STOP",
    )
    enter(actor).post(
        address(case.name, about), WISHES | {"to": str(person.pk), "name": "Hi"}
    )

    assert ledger.is_opted_out(pair)
    assert not ConsentEntry.objects.filter(change=Change.OPT_IN).exists()


# In which order


def test_while_nobody_knows_which_word_was_last_the_page_says_so(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    reply(people.rosa.mobile, mayas.phone, "STOP")
    message = reply(people.rosa.mobile, mayas.phone, "START")
    assert message
    shown = maya.get(f"/inbox/c/{message.conversation_id}/").content.decode()

    assert "Rosa replied STOP and gets no more texts from you" in shown
    assert "Quadline is asking the carrier which came last" in shown
    profile = maya.get(f"/students/{people.rosa.pk}/").content.decode()
    assert "Which of their words came last is being looked up." in profile


def test_a_start_that_was_said_before_the_stop_is_no_opt_in_on_the_record(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    reply(people.rosa.mobile, mayas.phone, "STOP", said_at=ago(minutes=1))
    reply(people.rosa.mobile, mayas.phone, "START", said_at=ago(minutes=2))
    profile = maya.get(f"/students/{people.rosa.pk}/").content.decode()

    assert (
        "replied START. It reached us late; a newer word of theirs counts." in profile
    )
    assert "replied STOP. It" not in profile


def test_a_text_that_reached_us_late_says_so_and_opens_no_day_of_its_own(
    people: Cast, maya: Client, mayas: SystemNumber
) -> None:
    reply(people.rosa.mobile, mayas.phone, "Hello")
    late = reply(people.rosa.mobile, mayas.phone, "Are you there?", said_at=ago(days=1))
    reply(people.rosa.mobile, mayas.phone, "Never mind")
    assert late
    shown = maya.get(f"/inbox/c/{late.conversation_id}/").content.decode()

    assert shown.count("Reached us late.") == 1
    assert shown.count('class="day"') == 1
    assert (
        f"{timezone.localtime(late.created_at):%b}"
        in shown.partition("Are you there?")[2].partition("Never mind")[0]
    )
