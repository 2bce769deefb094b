"""The Numbers page, a number's own page, and the acts on it."""

import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from quadline.accounts.models import User
from quadline.conversations.models import Message
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import Direction, Status
from quadline.numbers.models import CarrierComparison, NumberTrouble, SystemNumber
from quadline.numbers.rules import NumberState
from tests.cast import Cast, staff

pytestmark = pytest.mark.django_db
Enter = Callable[[User], Client]
PAGE = reverse("manage_numbers")


def number_of(
    user: User | None,
    state: NumberState = NumberState.ACTIVE,
    phone: str = "+17342340101",
) -> SystemNumber:
    now = timezone.now()
    return SystemNumber.objects.create(
        inbox=user.inbox if user else None,
        phone=phone,
        carrier_number_id=f"PN{phone}",
        state=state,
        requested_at=now,
        registering_at=now,
        attached_at=now,
        active_at=now,
    )


def text_over(number: SystemNumber, people: Cast, **fields: object) -> Message:
    assert number.inbox is not None
    now = timezone.now()
    conversation = open_conversation(inbox=number.inbox, student=people.rosa, now=now)
    written: dict[str, object] = {
        "id": uuid.uuid4(),
        "conversation": conversation,
        "direction": Direction.OUTBOUND,
        "author": number.inbox.owner,
        "system_number": number,
        "student_phone": people.rosa.mobile,
        "body": "Hello",
        "status": Status.SENT,
        "created_at": now,
        "sent_at": now,
    }
    return Message.objects.create(**{**written, **fields})


def shown(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def act(client: Client, number: SystemNumber, name: str, **form: object) -> int:
    address = reverse("number_act", args=[number.pk, name])
    return client.post(address, form).status_code


def test_it_says_what_each_number_sent_costs_and_last_ran_into(
    enter: Enter, people: Cast, settings: Settings
) -> None:
    settings.ENV = settings.ENV.model_copy(
        update={"texts_per_day": 1000, "cents_per_number": 250}
    )
    number = number_of(people.maya)
    number_of(None, phone="+17342340102")
    for _ in range(3):
        text_over(number, people)
    text_over(
        number,
        people,
        status=Status.FAILED,
        sent_at=None,
        carrier_code="30006",
        detail="The number on file is a landline.",
    )
    page = shown(enter(people.ada))

    for words in (
        "of 49 numbers in use",
        "$5.00",
        "of 1000 segments used today",
        "(734) 234-0101",
        "The number on file is a landline. (code 30006)",
        "$2.50 a month",
        "Warm pool",
        "3<span",
    ):
        assert words in page, words


@pytest.mark.parametrize("count", [2, 30])
def test_it_asks_the_same_few_questions_however_many_numbers_there_are(
    enter: Enter, people: Cast, count: int
) -> None:
    for index in range(count):
        user = staff(f"advisor{index}@alder.example", f"Advisor {index}")
        number = number_of(user, phone=f"+1734235{index:04d}")
        text_over(number, people, carrier_code="30006")
    client = enter(people.ada)
    shown(client)  # what a first page looks up once
    with CaptureQueriesContext(connection) as asked:
        shown(client)
    assert len(asked) <= 17


@pytest.mark.parametrize(
    ("query", "sees"),
    [
        ("?state=active", {"Maya Alvarez"}),
        ("?state=resting", {"Theo Brandt"}),
        ("?state=attention", {"Lena Ortiz"}),
        ("?state=spare", {"Warm pool"}),
        ("?state=ended", {"Omar Haddad"}),
        ("?q=may", {"Maya Alvarez"}),
        ("?q=234-0102", {"Theo Brandt"}),
        ("?q=nobody", set()),
        (
            "?state=nonsense",
            {"Maya Alvarez", "Theo Brandt", "Lena Ortiz", "Warm pool"},
        ),
    ],
)
def test_filters_show_what_they_say(
    enter: Enter, people: Cast, query: str, sees: set[str]
) -> None:
    number_of(people.maya)
    number_of(people.theo, NumberState.RESTING, "+17342340102")
    number_of(people.lena, NumberState.FAILED, "+17342340103")
    number_of(people.omar, NumberState.RELEASED, "+17342340104")
    number_of(None, phone="+17342340105")
    rows = shown(enter(people.ada), f"{PAGE}{query}").partition("<tbody>")[2]

    names = {"Maya Alvarez", "Theo Brandt", "Lena Ortiz", "Omar Haddad", "Warm pool"}
    assert {name for name in names if name in rows.partition("</tbody>")[0]} == sees


def test_a_number_rests_only_when_its_last_digits_were_typed(
    enter: Enter, people: Cast
) -> None:
    number, client = number_of(people.maya), enter(people.ada)
    text_over(number, people)
    page = shown(client, reverse("number_act", args=[number.pk, "rest"]))
    assert "1 student has texted with it." in page
    assert "Type 0101 to confirm" in page

    for typed in ("", "0102", "rest"):
        assert act(client, number, "rest", confirm=typed) == 422
    number.refresh_from_db()
    assert number.state == NumberState.ACTIVE
    assert act(client, number, "rest", confirm=" 0101 ") == 302
    number.refresh_from_db()
    assert number.state == NumberState.RESTING
    assert "put to rest by an administrator" in shown(
        client, reverse("manage_number", args=[number.pk])
    )


def test_an_active_number_is_neither_released_nor_moved_by_its_address(
    enter: Enter, people: Cast
) -> None:
    number, client = number_of(people.maya), enter(people.ada)
    for name in ("release", "reassign"):
        assert act(client, number, name, confirm="0101") == 302
    assert act(client, number, "burn", confirm="0101") == 404
    number.refresh_from_db()
    assert number.state == NumberState.ACTIVE


def test_releasing_says_that_it_cannot_be_undone_and_frees_the_inbox(
    enter: Enter, people: Cast
) -> None:
    number = number_of(people.maya, NumberState.RESTING)
    client = enter(people.ada)
    page = shown(client, reverse("number_act", args=[number.pk, "release"]))
    assert "can’t be undone" in page
    assert "The next text of Maya Alvarez gets a new number." in page

    assert act(client, number, "release", confirm="0101") == 302
    number.refresh_from_db()
    assert number.state == NumberState.RELEASING
    assert SystemNumber.objects.of(people.maya) is None
    # the second of two administrators, on the same form
    assert act(client, number, "release", confirm="0101") == 302


def test_reassigning_asks_for_an_inbox_without_a_number(
    enter: Enter, people: Cast
) -> None:
    number = number_of(people.maya, NumberState.RESTING)
    number_of(people.lena, phone="+17342340102")
    client = enter(people.ada)
    page = shown(client, reverse("number_act", args=[number.pk, "reassign"]))
    assert "Theo Brandt" in page
    assert "Lena Ortiz, " not in page

    for inbox in ("", "nonsense", people.lena.inbox.pk):
        code = act(client, number, "reassign", confirm="0101", inbox=inbox)
        assert code == 422
    to = people.theo.inbox.pk
    assert act(client, number, "reassign", confirm="0101", inbox=to) == 302
    moved = SystemNumber.objects.of(people.theo)
    assert moved is not None
    assert (moved.phone, moved.state) == (number.phone, NumberState.ACTIVE)
    page = shown(client, reverse("manage_number", args=[number.pk]))
    assert "Moved" in page
    assert "Theo Brandt" in page


def test_waking_it_is_one_click(enter: Enter, people: Cast) -> None:
    number = number_of(people.maya, NumberState.RESTING)
    client = enter(people.ada)
    for _ in range(2):
        client.post(reverse("wake_number", args=[number.pk]))
    number.refresh_from_db()
    assert number.state == NumberState.ACTIVE


def test_its_user_reads_that_it_rests_and_what_happens(
    enter: Enter, people: Cast
) -> None:
    number_of(people.maya, NumberState.RESTING)
    client = enter(people.maya)
    profile = shown(client, reverse("profile"))
    assert "Your number is resting." in profile
    assert "being set up" not in profile.lower()
    address = reverse("student-message", args=[people.rosa.pk])
    assert "nothing is sent from it until an administrator wakes it" in shown(
        client, address
    )


def test_a_first_text_is_promised_no_wait_when_a_number_is_ready(
    enter: Enter, people: Cast
) -> None:
    client = enter(people.maya)
    address = reverse("student-message", args=[people.rosa.pk])
    assert "That usually takes a few hours." in shown(client, address)
    number_of(None)
    assert "One is ready now." in shown(client, address)


def test_differences_are_shown_with_what_can_be_done(
    enter: Enter, people: Cast
) -> None:
    now, number = timezone.now(), number_of(people.maya)
    client = enter(people.ada)
    assert "Not compared yet" in shown(client)
    CarrierComparison.objects.create(pk=1, done_at=now, rented=4, foreign=2)
    trouble = NumberTrouble.objects.create(
        kind="lost",
        number=number,
        phone=number.phone,
        carrier_number_id=number.carrier_number_id,
        since=now,
    )
    page = shown(client)
    assert "(734) 234-0101 is gone at the carrier." in page
    assert "2 of them not Quadline’s" in page
    assert "Mark as lost" in page

    client.post(reverse("repair_number", args=[trouble.pk]))
    assert "Being repaired" in shown(client)
    NumberTrouble.objects.update(over_at=now)
    assert "have the same numbers" in shown(client)
    answer = client.post(reverse("repair_number", args=[trouble.pk]))
    assert answer.status_code == 404
