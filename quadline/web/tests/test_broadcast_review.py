"""The review page: every count opens its list, Send sends exactly what
was shown, and only its author has it.
"""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import BroadcastState, PlannedOutcome
from quadline.broadcasts.tests import acts
from quadline.conversations.models import Message
from quadline.roster.models import CaseloadEntry
from tests.architecture.conftest import Enter
from tests.cast import Cast, student
from tests.journeys.furnished import give_number

NUMBER = "+17342340001"


@pytest.fixture
def maya(enter: Enter, people: Cast) -> Client:
    give_number(people.maya, NUMBER)
    return enter(people.maya)


def review_of(browser: Client, broadcast: Broadcast) -> str:
    return browser.get(
        reverse("broadcast-review", args=[broadcast.pk])
    ).content.decode()


def sent(browser: Client, broadcast: Broadcast, **changes: str) -> tuple[int, str]:
    """Press Send, as the page that was just looked at would."""
    broadcast.refresh_from_db()
    form = {"fingerprint": broadcast.fingerprint, **changes}
    answer = browser.post(reverse("broadcast-send", args=[broadcast.pk]), form)
    return answer.status_code, answer.content.decode()


def test_it_says_who_gets_what_and_the_button_says_it_too(
    maya: Client, people: Cast
) -> None:
    # Rosa and Bo have mobiles, Gus a landline, Nell no phone
    page = review_of(maya, acts.draft(people.maya))

    assert "Send 2 texts and 2 emails" in page
    assert "Only a landline on file" in page
    assert "Gus Hale" in page
    assert "No mobile number on file" in page
    assert "Nell Ito" in page


@pytest.mark.parametrize("outcome", [PlannedOutcome.TEXT, PlannedOutcome.EMAIL])
def test_each_count_equals_the_list_it_opens(
    maya: Client, people: Cast, outcome: PlannedOutcome
) -> None:
    broadcast = acts.draft(people.maya)
    page = review_of(maya, broadcast)
    lists = [
        part.split('"')[0].replace("&amp;", "&")
        for part in page.split('data-dialog-url="')[1:]
    ]
    listed = [
        maya.get(url).content.decode() for url in lists if f"outcome={outcome}" in url
    ]

    assert (
        sum(each.count("<tr><td>") for each in listed)
        == broadcast.recipients.filter(outcome=outcome).count()
        == 2
    )


def test_one_reads_what_each_of_them_will_read(maya: Client, people: Cast) -> None:
    broadcast = acts.draft(people.maya)
    first = review_of(maya, broadcast)
    page = reverse("broadcast-review", args=[broadcast.pk])

    assert 'What <span dir="auto">Rosa</span> will read' in first
    assert "Hi Rosa, registration opens on Monday." in first
    assert (
        "Hi Bo, registration"
        in maya.get(
            page, {"find": "bo"}, headers={"HX-Request": "true"}
        ).content.decode()
    )
    assert (
        "Hi Gus, registration"
        in maya.get(page, {"at": 1}, headers={"HX-Request": "true"}).content.decode()
    )
    assert (
        "Nobody here matches"
        in maya.get(
            page, {"find": "kim"}, headers={"HX-Request": "true"}
        ).content.decode()
    )
    assert maya.get(page, {"at": "99999999"}).status_code == 200


def test_send_sends_what_was_shown_and_goes_to_its_page(
    maya: Client, people: Cast
) -> None:
    broadcast = acts.draft(people.maya)
    review_of(maya, broadcast)
    status, _ = sent(maya, broadcast)

    broadcast.refresh_from_db()
    assert (status, broadcast.state) == (302, BroadcastState.RUNNING)
    assert Message.objects.count() == 4


def test_send_twice_sends_once(maya: Client, people: Cast) -> None:
    broadcast = acts.draft(people.maya)
    review_of(maya, broadcast)
    sent(maya, broadcast)
    sent(maya, broadcast)

    assert Message.objects.count() == 4


def test_a_change_meanwhile_sends_nothing_and_is_named(
    maya: Client, people: Cast
) -> None:
    broadcast = acts.draft(people.maya)
    review_of(maya, broadcast)
    people.bo.mobile = ""
    people.bo.save()
    student("00100099", "Ida", "New", advisor=people.maya, mobile="+17345550199")
    CaseloadEntry.objects.filter(student=people.nell).delete()
    status, page = sent(maya, broadcast)

    assert status == 422
    assert not Message.objects.exists()
    assert "Something changed since you looked, so nothing was sent." in page
    assert "Bo Jensen: was text, now email, no mobile number on file" in page
    assert "Ida New: new here; text, can be texted" in page
    # she may not be seen any more
    assert "Nell Ito: is no longer among the recipients" not in page
    assert "1 more" in page

    assert sent(maya, broadcast)[0] == 302
    assert Message.objects.count() == 4


def test_above_250_the_count_is_typed(maya: Client, people: Cast) -> None:
    acts.crowd(people.maya, 247)
    broadcast = acts.draft(people.maya)
    assert "Type 251 to confirm sending to 251 students" in review_of(maya, broadcast)

    for typed in ("", "25", "all"):
        status, page = sent(maya, broadcast, confirm=typed)
        assert (status, "Nothing was sent. Type 251" in page) == (422, True)
    assert not Message.objects.exists()
    assert sent(maya, broadcast, confirm="251")[0] == 302


def test_250_are_not_typed(maya: Client, people: Cast) -> None:
    acts.crowd(people.maya, 246)
    broadcast = acts.draft(people.maya)

    assert "to confirm sending to" not in review_of(maya, broadcast)
    assert sent(maya, broadcast)[0] == 302


def test_a_blocked_check_disables_send_and_says_why(maya: Client, people: Cast) -> None:
    broadcast = acts.draft(people.maya, body="Hello [Pet Name]. Maya Alvarez")
    page = review_of(maya, broadcast)

    assert 'type="submit" disabled aria-describedby="blocked"' in page
    assert (
        page.count("[Pet Name] is not a merge field. Correct it or take it out.") == 2
    )
    assert sent(maya, broadcast)[0] == 422
    assert not Message.objects.exists()


def test_an_audience_of_nobody_says_so(maya: Client, people: Cast) -> None:
    page = review_of(maya, acts.draft(people.maya, "tag:Nobody has this"))

    assert "Nobody would get anything. Choose other recipients." in page
    assert 'type="submit" disabled' in page


def test_when_all_opted_out_all_are_emailed_and_it_says_why(
    maya: Client, people: Cast
) -> None:
    number = people.maya.inbox.system_numbers.get()
    for each in (people.rosa, people.bo):
        acts.opt_out(each, number)
    page = review_of(
        maya,
        acts.draft(people.maya, f"student:{people.rosa.pk}", f"student:{people.bo.pk}"),
    )

    assert "Send 2 emails" in page
    assert "Opted out of texts" in page


def test_who_share_a_phone_are_listed(maya: Client, people: Cast) -> None:
    student(
        "00100098", "Rita", "Calderón", advisor=people.maya, mobile=people.rosa.mobile
    )
    broadcast = acts.draft(people.maya)
    assert "1 phone belongs to more than one of them" in review_of(maya, broadcast)

    shared = maya.get(
        reverse("broadcast-review-recipients", args=[broadcast.pk]),
        {"outcome": "sharing"},
    ).content.decode()
    assert ("Rita" in shared, "Rosa" in shared, "Bo Jensen" in shared) == (
        True,
        True,
        False,
    )


@pytest.mark.parametrize("who", ["theo", "lena", "ada", "iris"])
def test_a_draft_is_its_authors_alone(enter: Enter, people: Cast, who: str) -> None:
    broadcast = acts.draft(people.maya)
    acts.reviewed(broadcast)
    browser = enter(getattr(people, who))
    names = [
        "broadcast",
        "broadcast-review",
        "broadcast-review-recipients",
        "broadcast-progress",
        "broadcast-discard",
    ]

    assert {
        browser.get(reverse(name, args=[broadcast.pk])).status_code for name in names
    } == {404}
    assert (
        browser.post(reverse("broadcast-send", args=[broadcast.pk])).status_code == 404
    )
    assert str(broadcast.pk) not in browser.get(reverse("broadcasts")).content.decode()


@pytest.mark.parametrize("broken", ["\x00", "nonsense", "%"])
def test_a_broken_address_of_a_list_is_an_empty_list(
    maya: Client, people: Cast, broken: str
) -> None:
    broadcast = acts.draft(people.maya)
    acts.reviewed(broadcast)
    where = reverse("broadcast-review-recipients", args=[broadcast.pk])

    assert maya.get(where, {"outcome": "text", "reason": broken}).status_code == 200
    assert maya.get(where, {"outcome": broken}).status_code == 200
    assert (
        maya.get(
            reverse("broadcast-review", args=[broadcast.pk]),
            {"find": broken, "student": broken},
        ).status_code
        == 200
    )


def test_a_draft_is_discarded_after_one_question(maya: Client, people: Cast) -> None:
    broadcast = acts.draft(people.maya)
    where = reverse("broadcast-discard", args=[broadcast.pk])
    assert "Discard this draft?" in maya.get(where).content.decode()
    assert Broadcast.objects.exists()

    assert maya.post(where)["Location"] == reverse("broadcasts")
    assert not Broadcast.objects.exists()


def test_what_was_sent_is_not_discarded(maya: Client, people: Cast) -> None:
    broadcast = acts.send(acts.draft(people.maya))
    maya.post(reverse("broadcast-discard", args=[broadcast.pk]))

    assert Broadcast.objects.filter(pk=broadcast.pk).exists()


def test_the_review_of_what_was_sent_is_its_page(maya: Client, people: Cast) -> None:
    broadcast = acts.send(acts.draft(people.maya))

    assert maya.get(reverse("broadcast-review", args=[broadcast.pk]))[
        "Location"
    ] == reverse("broadcast", args=[broadcast.pk])
    assert maya.get(reverse("broadcast-review", args=[uuid.uuid4()])).status_code == 404
