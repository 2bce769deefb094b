"""The page of a broadcast: how far it is, what came of it, and who may do
what; counts equal the rows they open.
"""

import csv
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quadline.accounts.models import Office
from quadline.broadcasts import results
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import BroadcastState
from quadline.broadcasts.tests import acts
from quadline.conversations.models import Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.models import OutgoingEmail
from tests.architecture.conftest import Enter
from tests.cast import TRANSFER, Cast
from tests.journeys.furnished import give_number, hears


@pytest.fixture
def maya(enter: Enter, people: Cast) -> Client:
    give_number(people.maya, "+17342340001")
    return enter(people.maya)


@pytest.fixture
def running(maya: Client, people: Cast) -> Broadcast:
    return acts.send(acts.draft(people.maya))


def page_of(browser: Client, broadcast: Broadcast, **query: str) -> str:
    return browser.get(
        reverse("broadcast", args=[broadcast.pk]), query
    ).content.decode()


def posted(browser: Client, act: str, broadcast: Broadcast) -> str:
    answer = browser.post(reverse(f"broadcast-{act}", args=[broadcast.pk]), follow=True)
    broadcast.refresh_from_db()
    return answer.content.decode()


def finish(broadcast: Broadcast) -> None:
    """As the sender and the phones would leave it."""
    now = timezone.now()
    texts = Message.objects.filter(
        recipient__broadcast=broadcast, status__in=(Status.WAITING, Status.QUEUED)
    )
    texts.update(status=Status.DELIVERED, sent_at=now, due_at=None, reason="")
    Broadcast.objects.filter(pk=broadcast.pk).update(
        state=BroadcastState.FINISHED, finished_at=now
    )
    broadcast.refresh_from_db()


def test_every_count_equals_the_rows_it_opens(maya: Client, running: Broadcast) -> None:
    page = page_of(maya, running)
    counts = re.findall(r'\?show=(\w+)#results"[^>]*>[^<]*<b>(\d+)</b>', page)

    assert counts
    assert {
        show: page_of(maya, running, show=show).count('<tr id="result-')
        for show, _ in counts
    } == {show: int(count) for show, count in counts}
    assert page.count('<tr id="result-') == 4


def test_it_tells_how_far_it_is(maya: Client, running: Broadcast) -> None:
    assert re.search(r"\d of 4 sent", page_of(maya, running))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            WaitingFor.QUESTION,
            (
                "The rest is on hold until this is answered: did the student ask to"
                " stop texts?"
            ),
        ),
        (
            WaitingFor.AUTHOR,
            "The rest is held: its author may not text these students any more.",
        ),
        (
            WaitingFor.TOMORROW,
            (
                "The college’s texts for today are used up. The rest is sent"
                " automatically tomorrow."
            ),
        ),
    ],
)
def test_what_holds_the_rest_is_said(
    maya: Client, running: Broadcast, reason: str, words: str
) -> None:
    OutgoingEmail.objects.update(state=OutgoingEmail.State.SENT, due_at=None)
    Message.objects.filter(recipient__broadcast=running, status=Status.BLOCKED).update(
        status=Status.EMAILED
    )
    due = timezone.now() + timedelta(hours=5) if reason == WaitingFor.TOMORROW else None
    Message.objects.filter(recipient__broadcast=running, status=Status.WAITING).update(
        reason=reason, due_at=due
    )
    page = page_of(maya, running)
    assert f"2 of 4 sent. {words}" in page
    assert "left." not in page
    assert "texting hours" not in page


def test_nothing_that_was_stopped_counts_as_handed_over(
    maya: Client, running: Broadcast
) -> None:
    assert "0 of 4 sent; the rest was stopped." in posted(maya, "stop", running)


def test_pause_resume_and_stop(maya: Client, running: Broadcast) -> None:
    assert "Paused. Waiting texts stay until you resume." in posted(
        maya, "pause", running
    )
    assert running.state == BroadcastState.PAUSED
    assert "Sending again." in posted(maya, "resume", running)
    assert running.state == BroadcastState.RUNNING
    assert (
        "can’t be recalled"
        in maya.get(reverse("broadcast-stop", args=[running.pk])).content.decode()
    )
    assert "Stopped." in posted(maya, "stop", running)
    assert running.state == BroadcastState.STOPPED
    assert (
        Message.objects.filter(
            recipient__broadcast=running, status=Status.CANCELLED
        ).count()
        >= 2
    )


def test_an_administrator_may_pause_and_an_auditor_only_reads(
    enter: Enter, people: Cast, running: Broadcast
) -> None:
    assert (
        enter(people.iris)
        .post(reverse("broadcast-pause", args=[running.pk]))
        .status_code
        == 404
    )
    assert "Pause</button>" not in page_of(enter(people.iris), running)
    posted(enter(people.ada), "pause", running)

    assert running.state == BroadcastState.PAUSED


@pytest.mark.parametrize("who", ["theo", "omar"])
def test_an_outsider_finds_nothing(
    enter: Enter, people: Cast, running: Broadcast, who: str
) -> None:
    browser = enter(getattr(people, who))
    names = [
        "broadcast",
        "broadcast-progress",
        "broadcast-recipients",
        "broadcast-results",
        "broadcast-stop",
    ]

    assert {
        browser.get(reverse(name, args=[running.pk])).status_code for name in names
    } == {404}
    assert str(running.pk) not in browser.get(reverse("broadcasts")).content.decode()


def test_a_lead_is_not_told_names_of_students_she_may_not_see(
    enter: Enter, people: Cast, running: Broadcast
) -> None:
    """Maya moved to another office: its lead reads her broadcast,
    and still not her old students.
    """
    lena, maya = people.lena, people.maya
    lena.office = maya.office = Office.objects.get(name=TRANSFER)
    lena.save()
    maya.save()
    maya.caseload.exclude(student=people.rosa).delete()
    page = page_of(enter(lena), running)
    table = (
        enter(lena)
        .get(reverse("broadcast-results", args=[running.pk]))
        .getvalue()
        .decode()
    )

    for shown in (page, table):
        assert "Rosa" in shown
        assert shown.count("A student you may not see") == 3
        assert not re.search(r"Jensen|Hale|Ito|00100002|00100003", shown)


def test_the_results_say_who_replied_and_who_opted_out(
    maya: Client, people: Cast, running: Broadcast
) -> None:
    finish(running)
    texts = {
        message.conversation.student_id: message
        for message in Message.objects.select_related("conversation")
    }
    hears(texts[people.rosa.pk].conversation, "Monday at 9?")
    texts[people.rosa.pk].conversation.__class__.objects.filter(
        student=people.rosa
    ).update(last_inbound_at=timezone.now())
    acts.opt_out(people.bo, people.maya.inbox.system_numbers.get())

    replied = page_of(maya, running, show="replied")
    assert ("Rosa" in replied, "Jensen" in replied) == (True, False)
    opted_out = page_of(maya, running, show="opted_out")
    assert ("Bo Jensen" in opted_out, "Opted out after this" in opted_out) == (
        True,
        True,
    )


def test_those_who_have_not_replied_are_written_to_next(
    maya: Client, people: Cast, running: Broadcast
) -> None:
    finish(running)
    assert "Message those who have not replied" in page_of(maya, running)
    new = maya.get(reverse("compose"), {"quiet": str(running.pk)}).content.decode()

    quiet = set(results.not_replied(running).values_list("pk", flat=True))
    assert quiet
    assert {int(pk) for pk in re.findall(r'data-chip="student:(\d+)"', new)} == quiet


def test_many_who_have_not_replied_are_one_chip(maya: Client, people: Cast) -> None:
    acts.crowd(people.maya, 30)
    broadcast = acts.send(acts.draft(people.maya))
    finish(broadcast)
    new = maya.get(reverse("compose"), {"quiet": str(broadcast.pk)}).content.decode()

    assert new.count('data-chip="student:') == 0
    assert re.search(
        r'data-chip="students:[\d,]+"><span dir="auto">3\d students</span>', new
    )


def test_the_table_to_take_away_has_every_recipient(
    maya: Client, people: Cast, running: Broadcast
) -> None:
    answer = maya.get(reverse("broadcast-results", args=[running.pk]))
    rows = list(csv.reader(answer.getvalue().decode("utf-8-sig").splitlines()))

    assert rows[0][:2] == ["Student", "Student ID"]
    assert {row[0] for row in rows[1:]} == {
        "Rosa Calderón",
        "Bo Jensen",
        "Gus Hale",
        "Nell Ito",
    }


def test_results_come_a_hundred_at_a_time(maya: Client, people: Cast) -> None:
    acts.crowd(people.maya, 120)
    broadcast = acts.send(acts.draft(people.maya))

    assert page_of(maya, broadcast).count('<tr id="result-') == 100
    following = maya.get(
        reverse("broadcast", args=[broadcast.pk]), {"from": 100}
    ).content.decode()
    assert following.count('<tr id="result-') == 24


def test_the_list_shows_drafts_first_to_their_author_and_progress_to_all(
    enter: Enter, maya: Client, people: Cast
) -> None:
    sent = acts.send(acts.draft(people.maya))
    draft = acts.draft(people.maya, now=timezone.now() + timedelta(seconds=1))
    mine = maya.get(reverse("broadcasts")).content.decode()
    leads = enter(people.lena).get(reverse("broadcasts")).content.decode()

    assert reverse("broadcast-review", args=[draft.pk]) in mine
    assert "Not sent yet" in mine
    assert reverse("broadcast", args=[sent.pk]) in leads
    assert "by Maya Alvarez" in leads
    assert str(draft.pk) not in leads


def test_an_empty_list_says_what_a_broadcast_is(maya: Client) -> None:
    assert "No broadcasts yet." in maya.get(reverse("broadcasts")).content.decode()


def test_the_moving_part_asks_no_more_when_it_is_over(
    maya: Client, running: Broadcast
) -> None:
    where = reverse("broadcast-progress", args=[running.pk])
    assert maya.get(where).status_code == 200
    finish(running)
    assert maya.get(where).status_code == 286  # htmx: stop polling


@pytest.mark.parametrize("show", ["nonsense", "non\x00sense", "'", "%s"])
def test_an_unknown_filter_shows_nobody(
    maya: Client, running: Broadcast, show: str
) -> None:
    assert "Nobody here." in page_of(maya, running, show=show)
    table = (
        maya.get(reverse("broadcast-results", args=[running.pk]), {"show": show})
        .getvalue()
        .decode()
    )
    assert len(table.splitlines()) == 1


@pytest.mark.parametrize("broken", ["-1", "x", "9" * 30])
def test_a_broken_page_number_is_the_first_page(
    maya: Client, running: Broadcast, broken: str
) -> None:
    assert (
        maya.get(reverse("broadcast", args=[running.pk]), {"from": broken}).status_code
        == 200
    )
