"""10,000 answers lost on 50 numbers while nobody could be asked. Not in `make test`:
`make faults LONG=1`, five minutes.
"""

import time
from collections import Counter

import pytest
from django.utils import timezone

from quadline.accounts.models import User
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.models import Attempt
from quadline.delivery.tests.test_bulk_lookup import students, texts_of
from quadline.numbers.models import SystemNumber
from quadline.numbers.provisioning import request_number
from quadline.numbers.rules import NumberState
from quadline.roster.models import CaseloadEntry, Student
from tests.cast import Cast, staff
from tests.house import House, Simulator, eventually

pytestmark = pytest.mark.long
NUMBERS, EACH = 50, 200
SETTLED_WITHIN = 300.0  # seconds from the moment that the carrier answers again
WORDS = "The college is closed today."


def test_10000_unknown_outcomes_are_settled_within_minutes_and_no_text_is_sent_twice(
    the_house: House, people: Cast
) -> None:
    """Half were taken and half were not, on each number. Nothing tells
    which is which but the carrier's log.
    """
    box = the_house.simulator
    numbers = fifty_numbers()
    reached = students(NUMBERS * EACH)
    box.settings(callback_delay=10**9)
    box.fault(kind="list_rate_limit", retry_after=1)
    lost_on_the_way(box, numbers, reached[::2], "accept_then_500")
    lost_on_the_way(box, numbers, reached[1::2], "reset")
    assert accepts(box) == Counter(student.mobile for student in reached[::2])
    assert Message.objects.filter(status=Status.UNCONFIRMED).count() == NUMBERS * EACH
    asked = lists_asked(box)

    box.clear_faults()
    back = time.monotonic()
    eventually(lambda: sent() >= NUMBERS * EACH / 2, within=SETTLED_WITHIN, every=0.5)
    found = time.monotonic() - back
    eventually(lambda: sent() == NUMBERS * EACH, within=SETTLED_WITHIN, every=0.5)
    over = time.monotonic() - back
    print(
        f"the first half settled after {found:.0f} s, all after {over:.0f} s,"
        f" {lists_asked(box) - asked} pages of the log read"
    )

    assert accepts(box) == Counter(student.mobile for student in reached)
    known = Message.objects.exclude(carrier_message_id="").values_list(
        "student_phone", "carrier_message_id"
    )
    assert dict(known) == {line["to"]: line["sid"] for line in box.accepts()}
    assert not Attempt.objects.filter(
        outcome__in=(Attempt.Outcome.UNKNOWN, Attempt.Outcome.UNDER_WAY)
    ).exists()
    assert over < SETTLED_WITHIN


def fifty_numbers() -> list[SystemNumber]:
    for at in range(NUMBERS):
        advisor = staff(f"advisor{at}@alder.example", f"Advisor {at}")
        request_number(inbox=advisor.inbox, actor=advisor, now=timezone.now())
    eventually(
        lambda: (
            SystemNumber.objects.filter(state=NumberState.ACTIVE).count() == NUMBERS
        ),
        within=180,
        every=0.5,
    )
    return list(SystemNumber.objects.order_by("pk"))


def lost_on_the_way(
    box: Simulator, numbers: list[SystemNumber], reached: list[Student], fault: str
) -> None:
    """As many on each number; of each the carrier's answer is lost."""
    box.fault(kind=fault)
    in_doubt = Message.objects.filter(status=Status.UNCONFIRMED).count() + len(reached)
    each = len(reached) // NUMBERS
    for at, number in enumerate(numbers):
        # a text to anybody else's student would be held
        mine = reached[at * each : (at + 1) * each]
        CaseloadEntry.objects.bulk_create(
            CaseloadEntry(staff_id=number.its_inbox.pk, student=student)
            for student in mine
        )
        texts_of(User.objects.get(pk=number.its_inbox.pk), number, mine, WORDS)
    eventually(
        lambda: Message.objects.filter(status=Status.UNCONFIRMED).count() == in_doubt,
        within=300,
        every=0.5,
    )
    box.ask("DELETE", f"/simulator/faults?kind={fault}")


def sent() -> int:
    return Message.objects.filter(status=Status.SENT).count()


def accepts(box: Simulator) -> Counter[str]:
    return Counter(line["to"] for line in box.accepts())


def lists_asked(box: Simulator) -> int:
    return int(box.ask("GET", "/simulator/healthz")["lists_asked"])
