"""Which phone is texted by what is on file of it: consent, wrong numbers, and a STOP
that no second phone gets around.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from pytest_django import Settings

from quadline.broadcasts.facts import people_in, verdicts_for
from quadline.conversations.rules import Status
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.outbox.caseloads import replace_students
from quadline.delivery.permission.reach import reach_by_student
from quadline.delivery.rosters.from_files import import_roster_files
from quadline.delivery.tests.acts import ago, number_row, reply, write
from quadline.numbers.models import SystemNumber
from quadline.roster.models import PhoneEvidence, Student
from quadline.roster.phones.evidence import record_evidence
from quadline.roster.phones.rules import EvidenceSource, EvidenceStatus
from tests.cast import Cast

pytestmark = pytest.mark.django_db
OLD, NEW, THIRD = "+17345550141", "+17345550188", "+17345550189"  # Rosa's
BASE = "student_id,first,last,email,cell"
Bring = Callable[..., None]


@pytest.fixture
def mayas(people: Cast) -> SystemNumber:
    return number_row(people.maya)


@pytest.fixture
def bring(tmp_path: Path) -> Bring:
    """A roster in which Rosa has these cells behind her email."""

    def roster(header: str, cells: str, *, now: datetime | None = None) -> None:
        path = tmp_path / "students.csv"
        row = f"00100001,Rosa,Calderón,rosa.calderon@alder.example,{cells}"
        path.write_text(f"{BASE}{header}\n{row}\n")
        import_roster_files(path, None, now=now or timezone.now(), may_drop=True)

    return roster


def demand(settings: Settings) -> None:
    changed = {"consent_evidence": "required"}
    settings.ENV = settings.ENV.model_copy(update=changed)


def said(
    student: Student,
    status: EvidenceStatus,
    *,
    said_at: datetime | None = None,
    phone: str = "",
) -> PhoneEvidence:
    now = timezone.now()
    return record_evidence(
        student=student,
        phone=phone or student.mobile,
        status=status,
        source=EvidenceSource.STAFF,
        said_at=said_at or now,
        now=now,
    )


def keeps(people: Cast, student: Student) -> str:
    """What keeps a text of Maya's from a student, by the law of single texts; that of
    broadcasts says the same.
    """
    student.refresh_from_db()
    by_reach = reach_by_student([student], people.maya)[student.pk]
    number = SystemNumber.objects.of(people.maya)
    rows = people_in(Student.objects.filter(pk=student.pk))
    [(_, verdict)] = verdicts_for(
        rows, author=people.maya, number=number, now=timezone.now()
    )
    assert str(verdict.reason or "") in (by_reach, "quiet_hours")
    return by_reach


def test_silence_counts_as_consent_unless_the_college_demands_evidence(
    people: Cast, mayas: SystemNumber, settings: Settings
) -> None:
    assert keeps(people, people.rosa) == ""
    demand(settings)
    assert keeps(people, people.rosa) == "no_consent"
    said(people.rosa, EvidenceStatus.GIVEN)
    assert keeps(people, people.rosa) == ""
    assert keeps(people, people.bo) == "no_consent"


def test_a_refusal_counts_whatever_the_college_demands(
    people: Cast, mayas: SystemNumber
) -> None:
    said(people.rosa, EvidenceStatus.REFUSED)
    text = write(people.maya, people.rosa)
    assert (text.status, text.reason) == (Status.BLOCKED, "no_consent")
    assert OutgoingEmail.objects.filter(message=text, is_failsafe=True).count() == 1
    said(people.rosa, EvidenceStatus.GIVEN)
    assert keeps(people, people.rosa) == ""


def test_what_was_said_last_counts_and_not_what_was_written_down_last(
    people: Cast, mayas: SystemNumber
) -> None:
    said(people.rosa, EvidenceStatus.REFUSED)
    last_year = timezone.now() - timedelta(days=365)
    said(people.rosa, EvidenceStatus.GIVEN, said_at=last_year)
    assert keeps(people, people.rosa) == "no_consent"


def test_a_consent_dated_in_the_future_does_not_outlive_a_refusal(
    people: Cast, mayas: SystemNumber
) -> None:
    said(people.rosa, EvidenceStatus.GIVEN, said_at=timezone.now() + timedelta(days=9))
    said(people.rosa, EvidenceStatus.REFUSED)
    assert keeps(people, people.rosa) == "no_consent"


def test_consent_is_a_phones_and_does_not_move_to_another(
    people: Cast, mayas: SystemNumber, settings: Settings, bring: Bring
) -> None:
    demand(settings)
    header = ",text_consent,text_consent_date"
    bring(header, "734-555-0141,yes,2026-08-24")
    assert keeps(people, people.rosa) == ""
    bring("", "734-555-0188")
    assert keeps(people, people.rosa) == "no_consent"
    assert people.rosa.text_consent == ""
    bring(header, "734-555-0188,yes,2026-09-01")
    assert keeps(people, people.rosa) == ""


def test_a_stop_is_stronger_than_any_consent(people: Cast, mayas: SystemNumber) -> None:
    reply(OLD, mayas.phone, "STOP")
    said(people.rosa, EvidenceStatus.GIVEN)
    said(people.rosa, EvidenceStatus.CONFIRMED)
    assert keeps(people, people.rosa) == "opted_out"


def test_evidence_is_never_changed_and_never_deleted(people: Cast) -> None:
    entry = said(people.rosa, EvidenceStatus.GIVEN)
    rows = PhoneEvidence.objects.filter(pk=entry.pk)
    for change in (
        lambda: rows.update(wording="other"),
        lambda: rows.update(student=people.bo),
        rows.delete,
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    # Its student may go: the proof stays.
    rows.update(student=None)
    assert rows.get().wording == ""


def test_a_roster_adds_evidence_once_and_says_nothing_the_next_night(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    header = ",text_consent,text_consent_date,text_consent_source,text_consent_wording"
    cells = "734-555-0141,Yes,2026-08-24,Enrollment form,I agree to texts."
    for _ in range(3):
        bring(header, cells)
    entry = PhoneEvidence.objects.get()
    assert (entry.student, entry.phone, entry.status) == (people.rosa, OLD, "given")
    assert (entry.source, entry.how) == ("roster", "Enrollment form")
    assert entry.wording == "I agree to texts."
    # midnight on campus
    assert entry.said_at.isoformat().startswith("2026-08-24T04:00")
    bring(header, cells.replace("Yes", "no"))
    assert keeps(people, people.rosa) == "no_consent"
    bring(header, "734-555-0141,,,,")
    assert keeps(people, people.rosa) == ""
    statuses = PhoneEvidence.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["given", "refused", "unknown"]


def test_an_old_consent_of_the_roster_does_not_undo_a_refusal_told_to_staff(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    header = ",text_consent,text_consent_date"
    bring(header, "734-555-0141,yes,2026-08-24")
    said(people.rosa, EvidenceStatus.REFUSED)
    bring(header, "734-555-0141,yes,2026-08-25")
    assert keeps(people, people.rosa) == "no_consent"


def test_a_second_phone_on_file_is_no_way_round_a_stop(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    """The roster makes the other phone the mobile."""
    bring(",other_phones", "734-555-0141,work: 734-555-0188")
    reply(OLD, mayas.phone, "STOP")
    bring(",other_phones", "734-555-0188,mobile: 734-555-0141")
    assert keeps(people, people.rosa) == "opted_out"
    text = write(people.maya, people.rosa)
    assert (text.status, text.reason) == (Status.BLOCKED, "opted_out")


@pytest.mark.parametrize("gap", [False, True], ids=["at once", "a night without"])
def test_it_is_none_when_the_stopped_phone_is_no_longer_on_file(
    people: Cast, mayas: SystemNumber, bring: Bring, gap: bool
) -> None:
    bring(",other_phones", "734-555-0141,work: 734-555-0188")
    reply(OLD, mayas.phone, "STOP")
    if gap:
        bring(",other_phones", ",work: 734-555-0188")
    bring(",other_phones", "734-555-0188,")
    assert keeps(people, people.rosa) == "opted_out"


def test_a_new_phone_that_was_never_on_file_begins_without_an_opt_out(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    bring(",other_phones", "734-555-0141,work: 734-555-0188")
    reply(OLD, mayas.phone, "STOP")
    bring(",other_phones", "734-555-0189,")
    assert keeps(people, people.rosa) == ""


def test_start_from_the_phone_in_use_opens_it_again(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    bring(",other_phones", "734-555-0141,work: 734-555-0188")
    reply(OLD, mayas.phone, "STOP", said_at=ago(hours=9))
    bring(",other_phones", "734-555-0188,mobile: 734-555-0141")
    reply(NEW, mayas.phone, "STOP", said_at=ago(hours=8))
    reply(NEW, mayas.phone, "START", said_at=ago(hours=6))
    assert keeps(people, people.rosa) == ""
    reply(OLD, mayas.phone, "START", said_at=ago(hours=4))
    reply(OLD, mayas.phone, "STOP", said_at=ago(hours=2))
    assert keeps(people, people.rosa) == "opted_out"


def test_a_wrong_number_is_wrong_for_everybody_who_has_it(
    people: Cast, mayas: SystemNumber
) -> None:
    Student.objects.filter(pk=people.bo.pk).update(mobile=OLD)
    said(people.rosa, EvidenceStatus.WRONG)
    assert keeps(people, people.rosa) == "wrong_number"
    assert keeps(people, people.bo) == "wrong_number"
    people.bo.refresh_from_db()
    said(people.bo, EvidenceStatus.CONFIRMED)
    assert keeps(people, people.bo) == ""
    # Whose it was not is still not its owner.
    assert keeps(people, people.rosa) == "wrong_number"
    said(people.rosa, EvidenceStatus.CONFIRMED)
    assert keeps(people, people.rosa) == ""


def test_a_consent_and_a_text_from_a_wrong_number_open_nothing(
    people: Cast, mayas: SystemNumber
) -> None:
    said(people.rosa, EvidenceStatus.WRONG)
    said(people.rosa, EvidenceStatus.GIVEN)
    reply(OLD, mayas.phone, "Who is this?")
    assert keeps(people, people.rosa) == "wrong_number"


def test_another_phone_that_the_roster_brings_is_texted(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    said(people.rosa, EvidenceStatus.WRONG)
    bring("", "734-555-0141")
    assert keeps(people, people.rosa) == "wrong_number"
    bring("", "734-555-0188")
    assert keeps(people, people.rosa) == ""
    bring("", "734-555-0141")
    assert keeps(people, people.rosa) == "wrong_number"


def test_a_program_that_does_not_know_the_new_fields_leaves_them(
    people: Cast, mayas: SystemNumber, bring: Bring
) -> None:
    bring(",text_consent,risk,language", "734-555-0141,yes,high,Spanish")
    row = {
        "institutional_id": "00100001",
        "first_name": "Rosa",
        "last_name": "Calderón",
        "mobile": OLD,
    }
    replace_students([row], actor=people.ada, now=timezone.now())
    people.rosa.refresh_from_db()
    known = (people.rosa.text_consent, people.rosa.risk, people.rosa.language)
    assert known == ("yes", "high", "Spanish")
    assert PhoneEvidence.objects.count() == 1
