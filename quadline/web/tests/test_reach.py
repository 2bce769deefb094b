"""What a student's reach is, one place computes; every part of a
conversation's page comes with the same news.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from quadline.consent import ledger
from quadline.consent.models import StopQuestion
from quadline.consent.rules import Change, Source
from quadline.conversations.models import Conversation, Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import Status
from quadline.delivery.opting.requests import RequestedBy, record_stop_request
from quadline.delivery.outbox.caseloads import replace_caseload
from quadline.delivery.permission.reach import OUT_OF_REACH, REACHABLE, reach_by_student
from quadline.delivery.tests.acts import reply
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry, PhoneTrouble, Student
from quadline.web.compose.composer import composer_for
from quadline.web.students.reach import reach_chips as chips_of
from tests.architecture.conftest import Enter
from tests.cast import Cast
from tests.journeys.furnished import give_number

HTMX = {"HX-Request": "true"}
SYSTEM = "+17345550200"


@pytest.fixture
def talk(people: Cast) -> Conversation:
    give_number(people.maya, SYSTEM)
    return open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )


@pytest.fixture
def browser(enter: Enter, people: Cast, talk: Conversation) -> Client:
    return enter(people.maya)


def failed_text(talk: Conversation) -> Message:
    return Message.objects.create(
        id=uuid.uuid4(),
        conversation=talk,
        direction="outbound",
        author=talk.inbox.owner,
        body="Are you free?",
        student_phone="+17345550141",
        status=Status.FAILED,
        created_at=timezone.now(),
    )


def stop(people: Cast, now: datetime) -> None:
    reply(people.rosa.mobile, SYSTEM, "STOP")


def recorded(people: Cast, now: datetime) -> None:
    record_stop_request(
        student=people.rosa,
        inbox=people.maya.inbox,
        actor=people.maya,
        how=RequestedBy.BY_PHONE,
        said_at=now,
        now=now,
    )


def question(people: Cast, now: datetime) -> None:
    reply(people.rosa.mobile, SYSTEM, "please stop texting me")


def left(people: Cast, now: datetime) -> None:
    CaseloadEntry.objects.filter(student=people.rosa).delete()


def lost_phone(people: Cast, now: datetime) -> None:
    Student.objects.filter(pk=people.rosa.pk).update(mobile="")


def bad_phone(people: Cast, now: datetime) -> None:
    PhoneTrouble.objects.create(
        phone=people.rosa.mobile, is_bad=True, words="Not in service.", since=now
    )


EVENTS: list[tuple[Callable[[Cast, datetime], None], str, str, str]] = [
    (stop, "opted_out", "Opted out", "opted_out"),
    (recorded, "opted_out", "Opted out", "opted_out"),
    (question, "asked", "Asked to stop?", "ready"),
    (left, OUT_OF_REACH, "Cannot be texted", "read_only"),
    (lost_phone, "no_mobile", "No mobile", "no_mobile"),
    (bad_phone, "bad_number", "Number not working", "bad_number"),
]


@pytest.mark.parametrize(("happens", "key", "chip", "state"), EVENTS)
def test_every_part_of_the_page_comes_with_the_news(
    browser: Client,
    people: Cast,
    talk: Conversation,
    happens: Callable[[Cast, datetime], None],
    key: str,
    chip: str,
    state: str,
) -> None:
    failed = failed_text(talk)
    opened = browser.get(reverse("conversation", args=[talk.pk]))
    since_url = opened.context["since_url"]
    assert "Can be texted" in opened.content.decode()
    assert "Send again" in opened.content.decode()

    happens(people, timezone.now())
    student = Student.objects.get(pk=people.rosa.pk)
    assert reach_by_student([student], people.maya) == {student.pk: key}
    assert chips_of([student], people.maya)[student.pk].label == chip
    assert composer_for(people.maya, student, talk, post_url="").state == state

    news = browser.get(since_url, headers=HTMX).content.decode()
    pane = news.split("innerHTML:#context-body")[1]
    assert chip in pane
    assert "Can be texted" not in news
    assert chip in news.split("innerHTML:#who-line")[1].split("</div>")[0]
    assert f'data-state="{state}"' in news
    assert f'id="m-{failed.pk}"' in news  # its acts with it
    assert ("Send again" in news) is (key != OUT_OF_REACH)

    calm = browser.get(
        browser.get(since_url, headers=HTMX).context["since_url"], headers=HTMX
    ).content.decode()
    assert f'id="m-{failed.pk}"' not in calm


def test_start_opens_every_part_again(
    browser: Client, people: Cast, talk: Conversation
) -> None:
    now = timezone.now()
    reply(people.rosa.mobile, SYSTEM, "STOP", said_at=now - timedelta(minutes=3))
    opened = browser.get(reverse("conversation", args=[talk.pk]))
    assert "Can be texted" not in opened.content.decode()
    for minutes, word in ((2, "UNSTOP"), (1, "START")):
        reply(
            people.rosa.mobile, SYSTEM, word, said_at=now - timedelta(minutes=minutes)
        )
        news = browser.get(opened.context["since_url"], headers=HTMX).content.decode()
        assert "Can be texted" in news.split("innerHTML:#context-body")[1]
        assert "Opted back in" in news
        assert 'data-state="ready"' in news


@pytest.mark.parametrize(
    ("answer", "chip"), [("stop", "Opted out"), ("go_on", "Can be texted")]
)
def test_an_answer_brings_every_part_at_once(
    browser: Client, people: Cast, talk: Conversation, answer: str, chip: str
) -> None:
    question(people, timezone.now())
    said = browser.post(
        reverse("conversation_answer", args=[talk.pk]), {"answer": answer}, headers=HTMX
    ).content.decode()
    assert chip in said.split("innerHTML:#context-body")[1]
    assert not StopQuestion.objects.filter(answer="").exists()


def test_of_a_student_who_left_nothing_is_offered_that_answers_404(
    browser: Client, people: Cast, talk: Conversation
) -> None:
    failed = failed_text(talk)
    replace_caseload(
        people.maya, [people.bo.institutional_id], actor=people.maya, now=timezone.now()
    )
    page = browser.get(reverse("conversation", args=[talk.pk])).content.decode()
    assert "Send again" not in page
    assert "Send as email" not in page
    assert "Can be texted" not in page
    for name in ("retry_text", "message_as_email"):
        answer = browser.post(reverse(name, args=[failed.pk]), headers=HTMX)
        assert answer.status_code == 422
        assert "has left your caseload" in answer.content.decode()
    assert Message.objects.count() == 1


def test_at_night_a_student_can_be_texted(
    people: Cast, talk: Conversation, settings: object
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"quiet_hours": "00:00-23:59"})  # type: ignore[attr-defined]
    assert reach_by_student([people.rosa, people.gus], people.maya) == {
        people.rosa.pk: REACHABLE,
        people.gus.pk: "landline",
    }


def test_an_opt_out_of_one_number_is_none_of_another(
    people: Cast, talk: Conversation
) -> None:
    give_number(people.theo, "+17345550201")
    CaseloadEntry.objects.create(
        staff=people.theo, student=people.rosa, relation="Coach"
    )
    pair = (people.rosa.mobile, SYSTEM)
    ledger.record_consent(
        pair=pair,
        change=Change.OPT_OUT,
        source=Source.REPLY,
        occurred_at=timezone.now(),
        keyword="STOP",
    )
    assert reach_by_student([people.rosa], people.maya) == {people.rosa.pk: "opted_out"}
    assert reach_by_student([people.rosa], people.theo) == {people.rosa.pk: REACHABLE}


def test_a_page_asks_once_whether_its_student_may_be_opened(
    browser: Client, talk: Conversation
) -> None:
    url = reverse("conversation_since", args=[talk.pk])
    browser.get(url, headers=HTMX)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        browser.get(url, headers=HTMX)
    about = [
        query["sql"]
        for query in asked
        if "roster_caseloadentry" in query["sql"] and "roster_student" in query["sql"]
    ]
    assert (
        len(
            [
                sql
                for sql in about
                if "success_team" not in sql and "relation" not in sql
            ]
        )
        == 1
    )


def test_a_long_conversation_takes_no_more_queries_than_a_short_one(
    people: Cast, browser: Client, talk: Conversation
) -> None:
    """Each of its texts has a number, which is looked up for
    none that waits for nothing.
    """
    number = SystemNumber.objects.get(phone=SYSTEM)
    url = reverse("conversation", args=[talk.pk])

    def queries_with(texts: int) -> int:
        for _ in range(texts):
            text = failed_text(talk)
            text.system_number = number
            text.save()
        browser.get(url)
        with CaptureQueriesContext(connection) as asked:
            browser.get(url)
        return len([each for each in asked if "clock_timestamp" not in each["sql"]])

    few = queries_with(2)
    # Fewer, when the last reply is so far up that nothing is asked about it.
    assert queries_with(10) in (few, few - 1)
