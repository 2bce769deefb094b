"""On the day: caseload, conversations, number and account change hands, once."""

import pytest
from django.utils import timezone
from pytest_django import Settings

from quadline.audit.models import AuditEntry
from quadline.conversations.models import Conversation, Message
from quadline.delivery.tests.acts import reply, send_due, write
from quadline.handovers import carrying_out
from quadline.handovers.carrying_out import carry_out
from quadline.handovers.tests.acts import again, leave, plan, sweep
from quadline.inboxes.departure_rules import DepartureState
from quadline.inboxes.models import Inbox, Membership
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.roster.models import CaseloadEntry, Student
from tests.cast import Cast
from tests.house import Simulator

pytestmark = pytest.mark.django_db


def caseload(user_id: int) -> set[str]:
    entries = CaseloadEntry.objects.filter(staff=user_id)
    return set(entries.values_list("student__first_name", flat=True))


def test_before_its_day_nothing_changes(
    people: Cast, number: SystemNumber, box: Simulator
) -> None:
    departure = plan(people, people.maya, people.theo, starts=3)
    sweep()

    departure.refresh_from_db()
    assert departure.state == DepartureState.PLANNED
    assert again(people.maya).is_active
    assert caseload(people.maya.pk) == {"Rosa", "Bo", "Gus", "Nell"}


def test_caseload_conversations_number_and_account_change_hands(
    people: Cast, number: SystemNumber, theos_number: SystemNumber, box: Simulator
) -> None:
    text = write(people.maya, people.rosa)
    send_due()
    departure = leave(people, people.maya, people.theo)

    assert caseload(people.maya.pk) == set()
    assert caseload(people.theo.pk) == {"Rosa", "Bo", "Gus", "Nell"}
    talk = Conversation.objects.get(student=people.rosa)
    assert talk.inbox_id == people.theo.pk
    assert list(talk.messages.all()) == [text]
    theo, maya = again(people.theo), again(people.maya)
    assert Conversation.objects.visible_to(theo).get() == talk
    assert not Conversation.objects.visible_to(maya).exists()
    assert not Student.objects.visible_to(maya).exists()
    number.refresh_from_db()
    assert number.state == NumberState.RESTING
    assert not maya.is_active
    done = AuditEntry.objects.get(action="departure carried out")
    assert done.subject_id == str(departure.pk)
    assert (done.detail["students"], done.detail["conversations"]) == (4, 1)


def test_a_second_worker_and_a_second_minute_change_nothing(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> None:
    departure = leave(people, people.maya, people.theo)
    entries = AuditEntry.objects.count()

    assert not carry_out(departure.pk, now=timezone.now())
    sweep()

    assert AuditEntry.objects.count() == entries
    assert departure.handed_students.count() == 4


def test_a_worker_that_dies_in_the_middle_has_done_nothing(
    people: Cast,
    number: SystemNumber,
    theos_number: SystemNumber,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(people.maya, people.rosa)
    departure = plan(people, people.maya, people.theo)

    def dies(departure: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(carrying_out, "_end_access", dies)
        with pytest.raises(SystemExit):
            carry_out(departure.pk, now=timezone.now())

    number.refresh_from_db()
    assert number.state == NumberState.ACTIVE
    assert caseload(people.theo.pk) == set()
    assert Message.objects.get().author == people.maya
    sweep()
    assert caseload(people.theo.pk) == {"Rosa", "Bo", "Gus", "Nell"}
    assert departure.handed_texts.count() == 1


def test_programs_go_to_different_successors_and_nobody_sees_the_others(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> None:
    Student.objects.filter(pk=people.bo.pk).update(program="Nursing")
    for student in (people.rosa, people.bo):
        write(people.maya, student)
    leave(people, people.maya, people.theo, programs={"Nursing": people.omar})

    assert caseload(people.theo.pk) == {"Rosa", "Gus", "Nell"}
    assert caseload(people.omar.pk) == {"Bo", "Kim"}
    theo, omar = again(people.theo), again(people.omar)
    mine = Conversation.objects.visible_to(theo).values_list("student", flat=True)
    his = Conversation.objects.visible_to(omar).values_list("student", flat=True)
    assert list(mine) == [people.rosa.pk]
    assert list(his) == [people.bo.pk]


def test_a_conversation_with_somebody_elses_student_does_not_go_along(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> None:
    reply(people.kim.mobile, number.phone, "Wrong advisor, sorry")
    reply("+13135550888", number.phone, "Who is this?")
    leave(people, people.maya, people.theo)

    assert not Conversation.objects.visible_to(again(people.theo)).exists()
    assert Conversation.objects.visible_to(again(people.ada)).count() == 2


def test_an_office_inbox_follows_and_each_member_has_the_students(
    people: Cast, number: SystemNumber
) -> None:
    desk = Inbox.objects.create(office=people.maya.office, name="Front desk")
    for user in (people.theo, people.lena):
        Membership.objects.create(inbox=desk, user=user)
    write(people.maya, people.rosa)
    leave(people, people.maya, desk)

    assert caseload(people.theo.pk) == caseload(people.lena.pk)
    assert caseload(people.theo.pk) == {"Rosa", "Bo", "Gus", "Nell"}
    assert Conversation.objects.get().inbox_id == desk.pk
    assert Conversation.objects.writable_by(again(people.theo)).exists()
    assert not Conversation.objects.visible_to(again(people.omar)).exists()


def test_where_the_rule_says_so_conversations_stay_and_leads_read_them(
    people: Cast,
    number: SystemNumber,
    theos_number: SystemNumber,
    settings: Settings,
) -> None:
    rule = {"conversations_of_leavers": "stay"}
    settings.ENV = settings.ENV.model_copy(update=rule)
    write(people.maya, people.rosa)
    send_due()
    leave(people, people.maya, people.theo)

    talk = Conversation.objects.get()
    assert talk.inbox_id == people.maya.pk
    assert not Conversation.objects.visible_to(again(people.theo)).exists()
    assert Conversation.objects.visible_to(again(people.lena)).get() == talk


def test_a_successor_who_knows_the_student_has_one_conversation_with_both(
    people: Cast, number: SystemNumber, theos_number: SystemNumber
) -> None:
    CaseloadEntry.objects.create(staff=people.theo, student=people.rosa)
    first = write(people.maya, people.rosa, "From Maya")
    second = write(people.theo, people.rosa, "From Theo")
    send_due()
    third = reply(people.rosa.mobile, number.phone, "For Maya")
    departure = leave(people, people.maya, people.theo)

    talk = Conversation.objects.get(inbox=people.theo.pk)
    assert list(talk.messages.in_order()) == [first, second, third]
    assert talk.last_message == third
    assert (talk.unread_count, talk.needs_reply) == (1, True)
    [record] = departure.handed_conversations.all()
    assert record.joined == talk
    assert len(record.message_ids) == 2
