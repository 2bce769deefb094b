"""Phones change hands: a text goes to the student who had its phone
when it was written, and never to another.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from quadline.carriers.protocol import InboundText
from quadline.consent import ledger
from quadline.consent.models import ConsentEntry, StopQuestion
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Status
from quadline.delivery.inbound.filing import file_replies
from quadline.delivery.outbox.caseloads import replace_students
from quadline.delivery.rosters.from_files import import_roster_files
from quadline.delivery.tests.acts import fresh, number_row, reply, status, write
from quadline.numbers.models import SystemNumber
from quadline.roster.models import FormerPhone, Student
from tests.cast import Cast, student

pytestmark = pytest.mark.django_db
OLD, NEW = "+17345550141", "+17345550188"  # Rosa's
Bring = Callable[..., None]


@pytest.fixture
def mayas(people: Cast) -> SystemNumber:
    return number_row(people.maya)


@pytest.fixture
def bring(tmp_path: Path) -> Bring:
    """A roster in which these students have these phones."""

    def roster(phones: dict[Student, str], *, now: datetime | None = None) -> None:
        path = tmp_path / "students.csv"
        rows = [
            f"{each.institutional_id},{each.first_name},{each.last_name},{each.email},{phone}"
            for each, phone in phones.items()
        ]
        path.write_text("\n".join(["student_id,first,last,email,cell", *rows, ""]))
        import_roster_files(path, None, now=now or timezone.now(), may_drop=True)

    return roster


def filed(message: Message | None) -> Message:
    assert message is not None
    return fresh(message)


def test_a_text_from_a_former_phone_is_the_students_and_says_so(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    bring({people.rosa: NEW})
    message = filed(reply(OLD, mayas.phone, "Still this number too"))

    assert message.conversation.student == people.rosa
    assert message.detail == "From (734) 555-0141, a former number of this student."
    assert filed(reply(NEW, mayas.phone, "And this")).detail == ""
    assert Conversation.objects.count() == 1


def test_a_phone_that_was_taken_away_is_remembered_too(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    bring({people.rosa: ""})

    assert filed(reply(OLD, mayas.phone, "Hello")).conversation.student == people.rosa


def test_a_program_that_changes_a_phone_is_remembered_too(
    people: Cast, mayas: SystemNumber
) -> None:
    row = {
        "institutional_id": "00100001",
        "first_name": "Rosa",
        "last_name": "Calderón",
        "mobile": NEW,
    }
    replace_students([row], actor=people.ada, now=timezone.now())

    assert filed(reply(OLD, mayas.phone, "Hello")).conversation.student == people.rosa


def test_a_phone_that_somebody_else_has_now_is_theirs(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    bring({people.rosa: NEW, people.nell: OLD})
    message = filed(reply(OLD, mayas.phone, "Hi, Nell here"))

    assert (message.conversation.student, message.detail) == (people.nell, "")
    assert not Conversation.objects.filter(student=people.rosa).exists()


def test_a_late_text_belongs_to_who_had_the_phone_when_it_was_written(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    moved = timezone.now()
    bring({people.rosa: NEW, people.nell: OLD}, now=moved)
    late = InboundText(
        "SMlate",
        OLD,
        mayas.phone,
        "Rosa, before the change",
        sent_at=moved - timedelta(hours=1),
    )
    soon = InboundText(
        "SMsoon",
        OLD,
        mayas.phone,
        "Nell, after it",
        sent_at=moved + timedelta(seconds=1),
    )
    [first, second] = [
        file_replies([each], now=moved + timedelta(minutes=1))[0]
        for each in (late, soon)
    ]

    whose = dict(Message.objects.values_list("pk", "conversation__student__first_name"))
    assert [whose.get(first), whose.get(second)] == ["Rosa", "Nell"]  # type: ignore[arg-type]  # None would find nobody


def test_the_last_who_had_it_is_meant(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    now = timezone.now()
    bring({people.rosa: NEW, people.nell: OLD}, now=now - timedelta(days=30))
    bring({people.nell: "+17345550189"}, now=now - timedelta(days=1))

    assert filed(reply(OLD, mayas.phone, "Hello")).conversation.student == people.nell


def test_after_half_a_year_it_is_a_strangers(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    bring({people.rosa: NEW}, now=timezone.now() - timedelta(days=181))

    assert filed(reply(OLD, mayas.phone, "Hello")).conversation.student is None


def test_a_phone_that_comes_back_is_no_former_one(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    bring({people.rosa: NEW})
    bring({people.rosa: OLD})

    assert set(FormerPhone.objects.values_list("phone", flat=True)) == {NEW}
    assert filed(reply(OLD, mayas.phone, "Hello")).detail == ""


def test_a_stop_from_a_former_phone_counts_for_that_phone(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    bring({people.rosa: NEW})
    people.rosa.refresh_from_db()
    waiting = write(people.maya, people.rosa)
    reply(OLD, mayas.phone, "STOP")

    assert ledger.is_opted_out((OLD, mayas.phone))
    assert not ledger.is_opted_out((NEW, mayas.phone))
    assert ConsentEntry.objects.get().student_phone == OLD
    assert status(waiting) == Status.QUEUED


def test_words_that_may_mean_stop_are_asked_about_where_the_texts_go(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    bring({people.rosa: NEW})
    reply(OLD, mayas.phone, "please stop texting me")

    assert StopQuestion.objects.get().student_phone == NEW


def test_a_phone_that_becomes_known_brings_its_conversation(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    message = filed(reply(NEW, mayas.phone, "It is Nell, with a new phone"))
    bring({people.nell: NEW})

    conversation = Conversation.objects.get()
    assert (conversation.pk, conversation.student, conversation.phone) == (
        message.conversation_id,
        people.nell,
        "",
    )
    assert (
        conversation.unread_count,
        conversation.needs_reply,
        conversation.last_message,
    ) == (1, True, message)
    assert filed(reply(NEW, mayas.phone, "Me again")).conversation == conversation


def test_it_joins_the_conversation_there_is(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    write(people.maya, people.rosa, "Are you there?")
    asked = filed(reply(NEW, mayas.phone, "Rosa here, new phone"))
    Conversation.objects.filter(student=people.rosa).update(is_done=True)
    bring({people.rosa: NEW})

    conversation = Conversation.objects.get(student=people.rosa)
    assert [each.body for each in conversation.messages.in_order()] == [
        "Are you there?",
        "Rosa here, new phone",
    ]
    assert (
        conversation.last_message,
        conversation.unread_count,
        conversation.is_done,
    ) == (asked, 1, False)
    assert conversation.needs_reply
    assert conversation.last_inbound_at == asked.created_at
    assert list(Conversation.objects.newest_first()) == [conversation]


def test_a_text_filed_where_nobody_looks_any_more_joins_the_next_time(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    write(people.maya, people.rosa)
    left = filed(reply(NEW, mayas.phone, "One")).conversation
    bring({people.rosa: NEW})
    late = filed(reply(NEW, mayas.phone, "Two"))
    # as if it had been placed just before
    Message.objects.filter(pk=late.pk).update(conversation=left)
    Conversation.objects.filter(pk=left.pk).update(last_message=late, unread_count=1)
    assert left in Conversation.objects.newest_first()
    bring({people.rosa: NEW})

    assert fresh(late).conversation.student == people.rosa
    assert list(Conversation.objects.newest_first()) == [fresh(late).conversation]


def test_each_staff_users_conversation_stays_theirs(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    omars = number_row(people.omar, "+17345550201")
    for number in (mayas, omars):
        reply(NEW, number.phone, "Hello")
    bring({people.nell: NEW})

    assert {
        each.inbox.owner for each in Conversation.objects.filter(student=people.nell)
    } == {people.maya, people.omar}


def test_of_a_family_that_shares_the_phone_the_one_on_the_caseload_is_meant(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    reply(NEW, mayas.phone, "Hello")
    bring({people.kim: NEW, people.nell: NEW})

    assert Conversation.objects.get().student == people.nell


def test_what_is_long_past_stays_a_strangers(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    reply(NEW, mayas.phone, "Hello")
    Conversation.objects.update(last_activity_at=timezone.now() - timedelta(days=200))
    bring({people.nell: NEW})

    assert Conversation.objects.get().student is None


def test_a_new_student_is_recognized(
    people: Cast, mayas: SystemNumber, tmp_path: Path
) -> None:
    reply(NEW, mayas.phone, "I have just enrolled")
    path = tmp_path / "students.csv"
    path.write_text("student_id,first,last,email,cell\n777,Zed,Quill,,7345550188\n")
    import_roster_files(path, None, now=timezone.now())

    assert Conversation.objects.get().student == Student.objects.get(
        institutional_id="777"
    )


def test_who_shares_a_phone_with_a_former_owner_still_has_it(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    luz = student("00100077", "Luz", "Calderón", mobile=OLD)
    bring({people.rosa: NEW, luz: OLD})

    assert filed(reply(OLD, mayas.phone, "Hello")).conversation.student == luz
