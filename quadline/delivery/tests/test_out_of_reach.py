"""A text whose author may not send it any more is held, never sent; somebody is told,
and it goes on if they may again.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.utils import timezone

from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.conversations.models import Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery import alerts
from quadline.delivery.failsafe.closing import send_as_email
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.outbox import deadlines, out_of_reach
from quadline.delivery.outbox.accepting import cancel_text
from quadline.delivery.outbox.caseloads import replace_caseload
from quadline.delivery.permission import reach
from quadline.delivery.rosters.from_files import import_roster_files
from quadline.delivery.tests.acts import (
    due_now,
    fresh,
    jobs,
    never_fell,
    rent,
    reply,
    send_due,
    status,
    write,
)
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry, Student
from tests.cast import Cast
from tests.house import Simulator


@pytest.fixture(autouse=True)
def set_up(number: SystemNumber) -> None:
    """Maya has a number of her own."""


def bring_caseload_to(people: Cast, *students: Student) -> None:
    ids = [student.institutional_id for student in students]
    replace_caseload(people.maya, ids, actor=people.ada, now=timezone.now())


def sweep() -> None:
    out_of_reach.hold_texts_out_of_reach_job(timestamp=0)


def change(user: User, **fields: object) -> None:
    """As somebody at the database would: nobody asks us."""
    User.objects.filter(pk=user.pk).update(**fields)


def letters() -> list[tuple[list[str], str]]:
    for asked in jobs(alerts.email_author_of_held_texts):
        alerts.email_author_of_held_texts(**asked)
    return [(letter.to, str(letter.subject)) for letter in mail.outbox]


def time_passes() -> None:
    due_now()
    send_due()


def too_late() -> None:
    Message.objects.update(deadline_at=timezone.now())
    SystemNumber.objects.update(active_at=timezone.now() - timedelta(days=2))
    deadlines.email_overdue_texts(timestamp=0)


def test_a_student_who_left_the_caseload_gets_nothing_that_was_still_waiting(
    people: Cast, box: Simulator
) -> None:
    to_rosa, to_bo = write(people.maya, people.rosa), write(people.maya, people.bo)
    bring_caseload_to(people, people.bo)
    time_passes()

    held = fresh(to_rosa)
    assert (held.status, held.reason, held.detail) == (
        Status.QUEUED,
        WaitingFor.AUTHOR,
        reach.STUDENT_LEFT_CASELOAD,
    )
    assert [line["to"] for line in box.accepts()] == [people.bo.mobile]
    assert status(to_bo) == Status.SENT


def test_its_author_is_told_once(people: Cast, box: Simulator) -> None:
    write(people.maya, people.rosa, "First")
    write(people.maya, people.rosa, "Second")
    bring_caseload_to(people, people.bo)
    sweep()

    assert letters() == [([people.maya.email], "2 texts of Maya Alvarez are held")]
    assert people.rosa.last_name not in mail.outbox[0].body, "a letter names no student"


def test_a_student_who_comes_back_gets_it_once(people: Cast, box: Simulator) -> None:
    text = write(people.maya, people.rosa)
    bring_caseload_to(people, people.bo)
    time_passes()
    bring_caseload_to(people, people.bo, people.rosa)
    send_due()
    sweep()
    send_due()

    assert [line["to"] for line in box.accepts()] == [people.rosa.mobile]
    assert (status(text), fresh(text).detail) == (Status.SENT, "")
    assert never_fell(text)


@pytest.fixture
def files(tmp_path: Path, people: Cast) -> Callable[..., tuple[Path, Path]]:
    """The two files of a roster, with these students on Maya's caseload."""

    def write_files(*students: Student) -> tuple[Path, Path]:
        roster, caseload = tmp_path / "students.csv", tmp_path / "caseload.csv"
        rows = [
            f"{each.institutional_id},{each.first_name},{each.last_name},{each.email},{each.mobile}"
            for each in students
        ]
        roster.write_text(
            "\n".join(["institutional_id,first_name,last_name,email,mobile", *rows])
        )
        entries = [f"{people.maya.email},{each.institutional_id}" for each in students]
        caseload.write_text("\n".join(["staff_email,institutional_id", *entries]))
        return roster, caseload

    return write_files


def test_an_import_that_leaves_them_where_they_were_holds_nothing(
    people: Cast, box: Simulator, files: Callable[..., tuple[Path, Path]]
) -> None:
    text = write(people.maya, people.rosa)
    # The entry itself is another one: it was taken off and put back before we look.
    CaseloadEntry.objects.filter(staff=people.maya).delete()
    import_roster_files(
        *files(people.rosa, people.bo), now=timezone.now(), may_drop=True
    )
    send_due()

    assert (status(text), letters()) == (Status.SENT, [])


def test_an_import_without_them_holds_what_waits_and_the_next_with_them_lets_it_go(
    people: Cast, box: Simulator, files: Callable[..., tuple[Path, Path]]
) -> None:
    text = write(people.maya, people.rosa)
    import_roster_files(*files(people.bo), now=timezone.now(), may_drop=True)
    time_passes()
    assert (fresh(text).reason, box.accepts()) == (WaitingFor.AUTHOR, [])
    import_roster_files(
        *files(people.rosa, people.bo), now=timezone.now(), may_drop=True
    )
    send_due()
    assert status(text) == Status.SENT


def test_a_text_that_is_tried_again_is_held_too(people: Cast, box: Simulator) -> None:
    box.fault(kind="rate_limit", times=1)
    text = write(people.maya, people.rosa)
    send_due()
    assert fresh(text).due_at, "the carrier was away: it is due again"
    stood = status(text)
    bring_caseload_to(people, people.bo)
    time_passes()

    assert (status(text), fresh(text).reason, box.accepts()) == (
        stood,
        WaitingFor.AUTHOR,
        [],
    )


def test_one_that_waits_for_an_answer_does_not_leave_when_it_is_given(
    people: Cast, box: Simulator
) -> None:
    first = write(people.maya, people.rosa)
    send_due()
    number = fresh(first).system_number
    assert number is not None
    reply(people.rosa.mobile, number.phone, "please stop texting me")
    text = write(people.maya, people.rosa, "One more")
    assert fresh(text).reason == WaitingFor.QUESTION
    bring_caseload_to(people, people.bo)
    reply(people.rosa.mobile, fresh(first).system_number.phone, "START")  # type: ignore[union-attr]
    time_passes()

    assert (fresh(text).reason, len(box.accepts())) == (WaitingFor.AUTHOR, 1)


def test_a_lead_still_reaches_the_students_of_the_office(
    people: Cast, box: Simulator
) -> None:
    rent(people.lena)
    text = write(people.lena, people.rosa)
    sweep()
    send_due()
    assert status(text) == Status.SENT

    later = write(people.lena, people.bo)
    bring_caseload_to(people, people.rosa)
    time_passes()
    assert fresh(later).reason == WaitingFor.AUTHOR, (
        "nobody of the office looks after them now"
    )


def test_the_test_student_is_in_everybodys_reach(people: Cast, box: Simulator) -> None:
    text = write(people.maya, people.sally)
    bring_caseload_to(people)
    send_due()
    assert status(text) == Status.SENT


def test_the_administrators_are_told_of_an_account_that_was_switched_off(
    people: Cast, box: Simulator
) -> None:
    text = write(people.maya, people.rosa)
    change(people.maya, is_active=False)
    for _ in range(3):
        sweep()
        time_passes()

    assert (fresh(text).reason, fresh(text).detail) == (
        WaitingFor.AUTHOR,
        reach.AUTHOR_ACCOUNT_DEACTIVATED,
    )
    assert box.accepts() == []
    assert letters() == [([people.ada.email], "1 text of Maya Alvarez is held")]


def test_switched_on_again_what_was_held_goes_on(people: Cast, box: Simulator) -> None:
    text = write(people.maya, people.rosa)
    change(people.maya, is_active=False)
    sweep()
    change(people.maya, is_active=True)
    sweep()
    send_due()
    assert status(text) == Status.SENT


def test_a_role_that_sends_no_texts_sends_none_that_waited(
    people: Cast, box: Simulator
) -> None:
    text = write(people.maya, people.rosa)
    change(people.maya, role=Role.AUDITOR)
    sweep()
    time_passes()
    assert (fresh(text).detail, box.accepts()) == (reach.ROLE_SENDS_NO_TEXTS, [])


def test_what_is_held_to_its_deadline_is_closed_without_an_email(
    people: Cast, box: Simulator
) -> None:
    box.fault(kind="rate_limit", times=1)
    tried = write(people.maya, people.rosa)
    send_due()
    waiting = write(people.maya, people.rosa, "And one more")
    bring_caseload_to(people, people.bo)
    too_late()

    assert {status(text) for text in (tried, waiting)} == {Status.BLOCKED}
    assert (
        fresh(waiting).detail == "It was not sent. The student has left the caseload."
    )
    assert (OutgoingEmail.objects.count(), box.accepts()) == (0, [])


def test_a_stop_closes_what_is_held_without_an_email(
    people: Cast, box: Simulator, number: SystemNumber
) -> None:
    text = write(people.maya, people.rosa)
    bring_caseload_to(people, people.bo)
    reply(people.rosa.mobile, number.phone, "STOP")
    assert (status(text), OutgoingEmail.objects.count()) == (Status.BLOCKED, 0)


def test_its_author_may_take_it_back(people: Cast, box: Simulator) -> None:
    text = write(people.maya, people.rosa)
    bring_caseload_to(people, people.bo)
    assert cancel_text(message=text, actor=people.maya, now=timezone.now())
    bring_caseload_to(people, people.bo, people.rosa)
    time_passes()
    assert (status(text), box.accepts()) == (Status.CANCELLED, [])


def test_who_is_back_may_be_sent_it_as_an_email_at_once(
    people: Cast, box: Simulator
) -> None:
    text = write(people.maya, people.rosa)
    bring_caseload_to(people, people.bo)
    CaseloadEntry.objects.create(staff=people.maya, student=people.rosa)
    assert send_as_email(message=text, actor=people.maya, now=timezone.now())
    assert OutgoingEmail.objects.filter(message=text).count() == 1
