"""A reply: filed once, in the right conversation; STOP,
START and HELP honored at once.
"""

import pytest
from django.utils import timezone

from quadline.carriers.protocol import InboundText
from quadline.consent import ledger
from quadline.consent.models import ConsentEntry, StopQuestion
from quadline.consent.rules import Change, Reason, Source
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Direction, Status
from quadline.delivery.inbound.filing import asks_something, file_replies
from quadline.delivery.sending import sender
from quadline.delivery.tests.acts import (
    ago,
    fresh,
    jobs,
    number_row,
    reply,
    send_due,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import ENDED_STATES, HELD_STATES, NumberState
from tests.cast import Cast, student
from tests.house import Simulator

STRANGER = "+17345550999"


@pytest.fixture
def mayas(people: Cast) -> SystemNumber:
    return number_row(people.maya)


def filed(message: Message | None) -> Message:
    assert message is not None
    return fresh(message)


def conversation_of(message: Message | None) -> Conversation:
    return filed(message).conversation


def test_a_reply_joins_its_conversation_unread_and_asking_for_an_answer(
    people: Cast, mayas: SystemNumber
) -> None:
    write(people.maya, people.rosa)
    message = filed(reply(people.rosa.mobile, mayas.phone, "Yes, at noon?"))
    conversation = message.conversation
    assert (conversation.inbox.owner, conversation.student) == (
        people.maya,
        people.rosa,
    )
    assert (
        conversation.unread_count,
        conversation.needs_reply,
        conversation.is_done,
    ) == (1, True, False)
    assert (conversation.last_message, conversation.last_inbound_at) == (
        message,
        message.created_at,
    )
    assert (message.direction, message.status, message.body) == (
        Direction.INBOUND,
        Status.RECEIVED,
        "Yes, at noon?",
    )
    assert message.events.count() == 1


def test_a_reply_is_filed_once_however_often_it_comes(
    people: Cast, mayas: SystemNumber
) -> None:
    first = reply(people.rosa.mobile, mayas.phone, "STOP", sid="SM1")
    again = [
        reply(people.rosa.mobile, mayas.phone, "STOP", sid="SM1") for _ in range(3)
    ]
    assert again == [first] * 3
    assert (Message.objects.count(), ConsentEntry.objects.count()) == (1, 1)
    assert conversation_of(first).unread_count == 1


def test_a_done_conversation_comes_back(people: Cast, mayas: SystemNumber) -> None:
    conversation = conversation_of(reply(people.rosa.mobile, mayas.phone, "Thanks"))
    Conversation.objects.update(is_done=True)
    reply(people.rosa.mobile, mayas.phone, "One more thing")
    conversation.refresh_from_db()
    assert (conversation.is_done, conversation.unread_count) == (False, 2)


@pytest.mark.parametrize("phone", [STRANGER, "262966", "+447700900123", "Anonymous"])
def test_an_unknown_phone_gets_a_conversation_of_its_own(
    people: Cast, mayas: SystemNumber, phone: str
) -> None:
    first, second = (reply(phone, mayas.phone, "Who is this?") for _ in range(2))
    assert conversation_of(first) == conversation_of(second)
    assert (conversation_of(first).student, conversation_of(first).phone) == (
        None,
        phone,
    )


def test_a_number_that_is_not_ours_files_nothing(
    people: Cast, mayas: SystemNumber
) -> None:
    assert reply(people.rosa.mobile, "+17345550298", "STOP") is None
    assert not Message.objects.exists()
    assert not ConsentEntry.objects.exists()


@pytest.mark.parametrize("state", list(NumberState))
def test_every_number_we_have_had_receives(
    people: Cast, mayas: SystemNumber, state: NumberState
) -> None:
    SystemNumber.objects.update(state=state)
    assert (reply(people.rosa.mobile, mayas.phone, "Hello") is not None) == (
        state in HELD_STATES | ENDED_STATES
    )


def test_a_shared_phone_belongs_to_the_one_texted_last(
    people: Cast, mayas: SystemNumber
) -> None:
    sister = student(
        "00100009", "Ana", "Calderón", advisor=people.maya, mobile=people.rosa.mobile
    )
    for texted in (people.rosa, sister, people.rosa):
        write(people.maya, texted)
        assert (
            conversation_of(reply(people.rosa.mobile, mayas.phone, "ok")).student
            == texted
        )


def test_a_shared_phone_nobody_was_texted_at_belongs_to_the_one_on_the_caseload(
    people: Cast, mayas: SystemNumber
) -> None:
    # first by name, but nobody's caseload
    student("00100009", "Ana", "Aarons", mobile=people.rosa.mobile)
    assert (
        conversation_of(reply(people.rosa.mobile, mayas.phone, "Hi")).student
        == people.rosa
    )


def test_the_same_student_has_a_conversation_with_each_advisor(
    people: Cast, mayas: SystemNumber
) -> None:
    omars = number_row(people.omar, "+17345550201")
    replies = [
        reply(people.rosa.mobile, number.phone, "Hi") for number in (mayas, omars)
    ]
    assert [conversation_of(each).inbox.owner for each in replies] == [
        people.maya,
        people.omar,
    ]


@pytest.mark.parametrize(
    ("body", "keyword"),
    [
        *[
            (word, word)
            for word in (
                "STOP",
                "STOPALL",
                "UNSUBSCRIBE",
                "CANCEL",
                "END",
                "QUIT",
                "OPTOUT",
                "REVOKE",
            )
        ],
        ("stop", "STOP"),
        ("Stop.", "STOP"),
        ("  STOP!!! ", "STOP"),
        ("“Stop”", "STOP"),
        ("STOP \U0001f6d1", "STOP"),
        ("Stop\r\n", "STOP"),
        ("STOP\x00", "STOP"),
    ],
)
def test_a_stop_opts_out_at_once_with_proof(
    people: Cast, mayas: SystemNumber, body: str, keyword: str
) -> None:
    message = filed(reply(people.rosa.mobile, mayas.phone, body, sid="SM1"))
    standing = ledger.consent_state((people.rosa.mobile, mayas.phone))
    assert standing is not None
    entry = standing.entry
    assert (standing.opted_out, entry.change, entry.source, entry.keyword) == (
        True,
        Change.OPT_OUT,
        Source.REPLY,
        keyword,
    )
    assert (entry.carrier_reference, entry.wording.strip()) == (
        "SM1",
        body.replace("\x00", "").strip(),
    )
    assert message.conversation.needs_reply is False


@pytest.mark.parametrize(
    "body",
    [
        "don't stop",
        "STOP IT",
        "stop texting me please",
        "Stop by at 3?",
        "unstoppable",
        "yes",
        "",
        "...",
        "\U0001f6d1",
    ],
)
def test_ordinary_talk_changes_no_consent(
    people: Cast, mayas: SystemNumber, body: str
) -> None:
    message = filed(reply(people.rosa.mobile, mayas.phone, body))
    assert not ConsentEntry.objects.exists()
    assert message.conversation.needs_reply is True


@pytest.mark.parametrize("word", ["START", "unstop", "Yes "])
def test_who_is_out_comes_back_with_one_word(
    people: Cast, mayas: SystemNumber, word: str
) -> None:
    pair = (people.rosa.mobile, mayas.phone)
    reply(*pair, "STOP", said_at=ago(minutes=2))
    assert ledger.is_opted_out(pair)
    reply(*pair, word, said_at=ago(minutes=1))
    assert not ledger.is_opted_out(pair)
    assert write(people.maya, people.rosa).status == Status.QUEUED


def test_a_start_to_another_number_changes_nothing_here(
    people: Cast, mayas: SystemNumber
) -> None:
    omars = number_row(people.omar, "+17345550201")
    reply(people.rosa.mobile, mayas.phone, "STOP")
    reply(people.rosa.mobile, omars.phone, "START")
    assert ledger.is_opted_out((people.rosa.mobile, mayas.phone))
    assert not ledger.is_opted_out((people.rosa.mobile, omars.phone))
    assert write(people.maya, people.rosa).status == Status.BLOCKED


def test_a_stop_blocks_what_still_waits_and_nothing_else(
    people: Cast, mayas: SystemNumber
) -> None:
    gone, waiting, queued, cancelled = (
        write(people.maya, people.rosa, body) for body in ("a", "b", "c", "d")
    )
    for text, stands in (
        (gone, Status.SENT),
        (waiting, Status.WAITING),
        (cancelled, Status.CANCELLED),
    ):
        Message.objects.filter(pk=text.pk).update(status=stands)
    elsewhere = write(people.maya, people.bo)
    reply(people.rosa.mobile, mayas.phone, "STOP")
    assert [status(text) for text in (gone, waiting, queued, cancelled, elsewhere)] == [
        Status.SENT,
        Status.BLOCKED,
        Status.BLOCKED,
        Status.CANCELLED,
        Status.QUEUED,
    ]
    assert (fresh(queued).reason, fresh(queued).due_at) == (Reason.OPTED_OUT, None)


@pytest.mark.parametrize("word", ["HELP", "info"])
def test_help_is_the_carriers_to_answer_and_staff_see_it(
    people: Cast, mayas: SystemNumber, word: str
) -> None:
    message = filed(reply(people.rosa.mobile, mayas.phone, word))
    assert (message.conversation.needs_reply, ConsentEntry.objects.exists()) == (
        True,
        False,
    )
    assert not jobs(sender.send_due_texts)  # a second answer would be one too many


def test_an_older_stop_fetched_later_does_not_undo_a_newer_start(
    people: Cast, mayas: SystemNumber
) -> None:
    pair = (people.rosa.mobile, mayas.phone)
    for body, minutes in (("STOP", 5), ("START", 1), ("STOP", 4)):
        reply(*pair, body, said_at=ago(minutes=minutes))
    assert not ledger.is_opted_out(pair)
    assert ConsentEntry.objects.count() == 3


@pytest.mark.parametrize(
    ("body", "kept", "segments"),
    [
        ("x" * 20_000, "x" * 20_000, 131),
        ("\U0001f393" * 1600, "\U0001f393" * 1600, 49),
        ("a\x00b\x07c", "abc", 1),
        ("line\r\nbreak", "line\nbreak", 1),
        ("", "", 0),
        ("\\u0000", "\\u0000", 1),
        (
            "<script>alert(1)</script>'; DROP TABLE x",
            "<script>alert(1)</script>'; DROP TABLE x",
            1,
        ),
        ("\u202eright to left", "\u202eright to left", 1),
    ],
)
def test_any_body_is_filed(
    people: Cast, mayas: SystemNumber, body: str, kept: str, segments: int
) -> None:
    message = filed(reply(people.rosa.mobile, mayas.phone, body))
    assert (message.body, message.segments) == (kept, segments)


def test_the_carrier_is_sent_nothing_after_a_stop(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    box.settings(carrier_blocks_opt_outs=False)
    write(people.maya, people.rosa, "before")
    send_due()
    write(people.maya, people.rosa, "after")
    reply(people.rosa.mobile, number.phone, "STOP", said_at=ago(minutes=2))
    write(people.maya, people.rosa, "later")
    send_due()
    assert [each["body"].split()[0] for each in box.accepts()] == ["before"]
    reply(people.rosa.mobile, number.phone, "START", said_at=ago(minutes=1))
    write(people.maya, people.rosa, "again")
    send_due()
    assert [each["body"].split()[0] for each in box.accepts()] == ["before", "again"]


def test_many_replies_at_once_are_filed_as_they_are_one_by_one(
    people: Cast, mayas: SystemNumber
) -> None:
    rosa, bo = people.rosa.mobile, people.bo.mobile
    said = [
        (rosa, "Hi"),
        (STRANGER, "Who is this?"),
        (bo, "yes"),
        (rosa, "please stop texting me"),
        (rosa, "Hi"),
        (bo, "STOP"),
    ]
    texts = [
        InboundText(f"SM{place}", phone, mayas.phone, body)
        for place, (phone, body) in enumerate(said)
    ]
    texts.append(InboundText("SM9", rosa, "+17345550298", "to nobody"))
    ids = file_replies(texts, now=timezone.now())

    assert file_replies(texts, now=timezone.now()) == ids
    assert ids[-1] is None
    assert list(Message.objects.in_order().values_list("pk", "body")) == list(
        zip(ids[:-1], (body for _, body in said), strict=True)
    )
    assert [ledger.is_opted_out((phone, mayas.phone)) for phone in (rosa, bo)] == [
        False,
        True,
    ]
    assert [question.student_phone for question in StopQuestion.objects.all()] == [rosa]
    assert Conversation.objects.get(student=people.rosa).unread_count == 3


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        ("STOP", True),
        ("Stop.\x00", True),
        ("start", True),
        ("HELP", True),
        ("please stop texting me", True),
        ("yes", False),
        ("Hi", False),
    ],
)
def test_what_asks_for_more_than_filing_is_known_before(body: str, asks: bool) -> None:
    assert asks_something(body) is asks
