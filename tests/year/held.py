"""What holds at the end of the year, read from the carrier's ledger and the rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from quadline.accounts.models import User
from quadline.consent.models import ConsentState
from quadline.conversations.models import Conversation, Message, MessageEvent
from quadline.conversations.rules import FINAL_STATUSES, Status
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import ENDED_STATES
from quadline.roster.models import CaseloadEntry, Student
from tests.faults.harness.ladder import played
from tests.year.college_year import CollegeYear

OPT_OUT_WORDS = {"STOP": True, "START": False}


def each_text_is_over_or_waits_visibly(year: CollegeYear) -> None:
    for text in Message.objects.filter(direction="outbound"):
        status = Status(text.status)
        is_over = status in FINAL_STATUSES or status is Status.SENT
        is_in_hand = text.due_at or text.reason == "question"
        assert is_over or is_in_hand, (text.body, text.status, text.reason)


def accepted_at_most_once(year: CollegeYear) -> None:
    references = Counter(
        line["status_callback"].partition("ref=")[2] for line in year.accepts()
    )
    assert max(references.values()) == 1
    # Each is of a text on record, which knows it by the carrier's own id.
    known = set(Message.objects.values_list("carrier_message_id", flat=True))
    assert {line["sid"] for line in year.accepts()} <= known


def one_number_each(year: CollegeYear) -> None:
    """Nobody has two, and whatever was bought is on record."""
    live = SystemNumber.objects.live().values_list("inbox", flat=True)
    assert max(Counter(live).values()) == 1
    held = SystemNumber.objects.exclude(state__in=ENDED_STATES).exclude(phone="")
    phones = list(held.values_list("phone", flat=True))
    assert max(Counter(phones).values()) == 1
    recorded = SystemNumber.objects.values_list("carrier_number_id", flat=True)
    assert {line["sid"] for line in year.box.purchases()} <= set(recorded)


def no_status_fell() -> None:
    timeline: dict[object, list[Any]] = defaultdict(list)
    for event in MessageEvent.objects.order_by("pk").values(
        "message_id", "from_status", "to_status", "cause"
    ):
        timeline[event["message_id"]].append(event)
    for message_id, status in Message.objects.values_list("pk", "status"):
        assert played(timeline[message_id]) == status


def each_reply_once(year: CollegeYear) -> None:
    assert Message.objects.filter(direction="inbound").count() == year.said


def nobody_was_texted_while_out(year: CollegeYear) -> None:
    """In the order in which the carrier got words and texts."""
    lines = [
        *(line for line in year.box.ledger("inbound") if line["body"] in OPT_OUT_WORDS),
        *year.accepts(),
    ]
    out: dict[tuple[str, str], bool] = {}
    for line in sorted(lines, key=lambda each: int(each["n"])):
        if line["kind"] == "inbound":
            out[line["from"], line["to"]] = OPT_OUT_WORDS[line["body"]]
        else:
            assert not out.get((line["to"], line["from"])), line["body"]
    stands = ConsentState.objects.filter(opted_out=True)
    shut = set(stands.values_list("student_phone", "system_phone"))
    assert {pair for pair, is_out in out.items() if is_out} <= shut


def nobody_reads_what_is_not_theirs(staff: Iterable[User]) -> None:
    """Students by the caseload, conversations by the inbox, whoever had them before."""
    for user in User.objects.filter(pk__in=[each.pk for each in staff]):
        mine = CaseloadEntry.objects.filter(staff=user).values("student")
        theirs = Student.objects.exclude(pk__in=mine).exclude(is_test=True)
        assert not theirs.visible_to(user).exists(), user
        foreign = Conversation.objects.exclude(inbox=user.inbox)
        assert not foreign.visible_to(user).exists(), user
