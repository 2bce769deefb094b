"""A roster from its coming to its undoing: what is shown is what is applied, and an undo
puts back what nobody has changed since.
"""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.utils import timezone

from quadline.audit.models import AuditEntry
from quadline.college.current import college_settings
from quadline.conversations.opening import open_conversation
from quadline.delivery.rosters import alerts, running, undoing
from quadline.delivery.rosters.running import (
    GivenFile,
    NotApplied,
    apply_run,
    ask_to_apply,
    begin_run,
    check_run,
    discard_run,
)
from quadline.delivery.rosters.undoing import ask_to_undo, undo_run
from quadline.roster.models import (
    CaseloadEntry,
    FormerPhone,
    OneRosterRecord,
    RosterRun,
    Student,
)
from tests.cast import Cast

HEADER = "institutional_id,first_name,last_name,email,mobile,courses"
ROSA = "00100001,Rosa,Calderón,rosa.calderon@alder.example,7345550141,BIO-101"
BO = "00100002,Bo,Jensen,bo.jensen@alder.example,7345550142,"
NEW = "00200001,Ann,Lee,ann@alder.example,7345550161,"
State = RosterRun.State
ONEROSTER = Path("quadline/roster/tests/oneroster")


def text(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def brought(
    people: Cast, *files: tuple[str, bytes], is_automatic: bool = False
) -> RosterRun:
    """A roster that has come, compared."""
    run = begin_run(
        [GivenFile(*file) for file in files],
        way=RosterRun.Way.UPLOAD,
        actor=people.ada,
        now=timezone.now(),
        is_automatic=is_automatic,
    )
    check_run(run.pk, now=timezone.now())
    run.refresh_from_db()
    return run


def applied(run: RosterRun, people: Cast, typed: str = "") -> RosterRun:
    ask_to_apply(run, actor=people.ada, typed=typed, now=timezone.now())
    apply_run(run.pk, now=timezone.now())
    run.refresh_from_db()
    return run


def undone(run: RosterRun, people: Cast) -> RosterRun:
    ask_to_undo(run, actor=people.ada, now=timezone.now())
    undo_run(run.pk, now=timezone.now())
    run.refresh_from_db()
    return run


def everything() -> list[tuple[object, ...]]:
    """The roster as it is, whole."""
    students = Student.objects.order_by("institutional_id")
    names = [field.attname for field in Student._meta.concrete_fields]
    names.remove("id")
    phones = FormerPhone.objects.order_by("student", "phone")
    entries = CaseloadEntry.objects.order_by("staff", "student")
    return [
        *students.values_list(*names),
        *phones.values_list("student", "phone", "left_at"),
        *entries.values_list("staff", "student", "relation"),
    ]


def changes(run: RosterRun, kind: str) -> list[tuple[str, object, object]]:
    rows = run.changes.filter(kind=kind).order_by("position")
    return list(rows.values_list("institutional_id", "before", "after"))


def test_a_roster_is_shown_before_anything_changes(people: Cast) -> None:
    before = everything()
    run = brought(people, ("s.csv", text(ROSA.replace("0141", "0199"), NEW, "1,,,,,")))

    assert run.state == State.SHOWN
    assert everything() == before
    [(id, old, new)] = changes(run, "changed")
    assert id == "00100001"
    assert old == {
        "mobile": "+17345550141",
        "courses": [],
        "is_listed": False,
        "former_phones": [],
    }
    assert new == {"mobile": "+17345550199", "courses": ["BIO-101"], "is_listed": True}
    assert [row[0] for row in changes(run, "new")] == ["00200001"]
    assert (run.counts["new"], run.counts["phones"]) == (1, 1)
    assert [fault.row for fault in run.faults.all()] == [4, 4]


def test_what_is_applied_is_what_was_shown(people: Cast) -> None:
    run = applied(brought(people, ("s.csv", text(ROSA, NEW))), people)

    assert (run.state, run.applied_by) == (State.APPLIED, people.ada)
    assert Student.objects.get(institutional_id="00200001").mobile == "+17345550161"
    assert not run.files.exists()
    entry = AuditEntry.objects.get(action="roster applied")
    assert (entry.actor, entry.detail["new"]) == (people.ada, 1)


def test_a_roster_that_has_changed_meanwhile_is_shown_again(people: Cast) -> None:
    run = brought(people, ("s.csv", text(ROSA, NEW)))
    Student.objects.filter(pk=people.rosa.pk).update(first_name="Rose")
    before = everything()
    run = applied(run, people)

    assert (run.state, run.has_moved, run.applied_by) == (State.SHOWN, True, None)
    assert everything() == before
    assert changes(run, "changed")[0][2] == {
        "first_name": "Rosa",
        "courses": ["BIO-101"],
        "is_listed": True,
    }
    assert applied(run, people).state == State.APPLIED


def test_an_undo_restores_everything(people: Cast) -> None:
    FormerPhone.objects.create(
        student=people.rosa,
        phone="+17345550199",
        left_at=timezone.now() - timedelta(days=9),
    )
    before = everything()
    caseload = (
        b"staff_email,institutional_id,relation\n"
        b"maya@alder.example,00100001,Coach\n"
        b"maya@alder.example,00100002,Primary advisor\n"
        b"maya@alder.example,00100003,Primary advisor\n"
        b"maya@alder.example,00200001,Coach\n"
    )
    run = brought(
        people,
        ("s.csv", text(ROSA.replace("0141", "0199"), BO, NEW)),
        ("caseload.csv", caseload),
    )
    assert run.losses == ["1 of 4 caseload rows (25%) would be gone, more than 10%."]
    run = applied(run, people, typed="1")
    assert len(everything()) > len(before)
    run = undone(run, people)

    assert (run.state, run.left) == (State.UNDONE, [])
    assert everything() == before
    assert AuditEntry.objects.filter(action="roster undone").exists()


def test_who_left_the_roster_is_on_it_again(people: Cast) -> None:
    first = [f"003{n:05},F{n},L{n},f{n}@alder.example,," for n in range(20)]
    applied(brought(people, ("s.csv", text(*first))), people)
    before = everything()
    run = brought(people, ("s.csv", text(*first[1:])))
    assert [row[0] for row in changes(run, "leaving")] == ["00300000"]
    undone(applied(run, people), people)

    assert everything() == before


def test_what_has_changed_since_stays_and_is_named(people: Cast) -> None:
    run = applied(
        brought(people, ("s.csv", text(ROSA, BO.replace("0142", "0162"), NEW))), people
    )
    Student.objects.filter(pk=people.bo.pk).update(mobile="+17345550163")
    ann = Student.objects.get(institutional_id="00200001")
    open_conversation(inbox=people.maya.inbox, student=ann, now=timezone.now())
    run = undone(run, people)

    assert Student.objects.get(pk=people.rosa.pk).courses == []
    assert Student.objects.get(pk=people.bo.pk).mobile == "+17345550163"
    assert Student.objects.filter(pk=ann.pk).exists()
    assert run.left == [
        "Ann Lee (00200001): has conversations or more by now, and stays.",
        "Bo Jensen (00100002): mobile changed since, and stays.",
    ]


def test_only_the_last_can_be_undone(people: Cast) -> None:
    first = applied(brought(people, ("s.csv", text(ROSA))), people)
    second = applied(brought(people, ("s.csv", text(ROSA, NEW))), people)

    with pytest.raises(NotApplied, match="Only the last"):
        ask_to_undo(first, actor=people.ada, now=timezone.now())
    undone(second, people)
    assert undone(first, people).state == State.UNDONE


def test_half_a_file_needs_a_typed_number(people: Cast) -> None:
    rows = [f"003{n:05},F{n},L{n},f{n}@alder.example,," for n in range(20)]
    applied(brought(people, ("s.csv", text(*rows))), people)
    run = brought(people, ("s.csv", text(*rows[:10])))

    assert run.losses == ["10 of 20 students (50%) would be gone, more than 10%."]
    for typed in ("", "yes", "11"):
        with pytest.raises(NotApplied, match="Type 10 to confirm"):
            ask_to_apply(run, actor=people.ada, typed=typed, now=timezone.now())
    assert applied(run, people, typed=" 10 ").state == State.APPLIED


def test_how_much_may_be_lost_is_the_colleges_to_say(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided = college_settings().model_copy(update={"roster_loss_percent": 60})
    monkeypatch.setattr(running, "college_settings", lambda: decided)
    rows = [f"003{n:05},F{n},L{n},f{n}@alder.example,," for n in range(20)]
    applied(brought(people, ("s.csv", text(*rows))), people)

    assert brought(people, ("s.csv", text(*rows[:10]))).losses == []


def test_an_automatic_run_is_applied_when_it_loses_little(people: Cast) -> None:
    run = brought(people, ("s.csv", text(ROSA, NEW)), is_automatic=True)

    assert run.state == State.APPLIED
    assert Student.objects.filter(institutional_id="00200001").exists()


def test_a_file_that_was_undone_is_not_applied_without_a_person(people: Cast) -> None:
    files = ("s.csv", text(ROSA, NEW))
    undone(brought(people, files, is_automatic=True), people)
    run = brought(people, files, is_automatic=True)

    assert (run.state, run.losses) == (
        State.SHOWN,
        ["This very file was applied before, and undone."],
    )
    assert applied(run, people).state == State.APPLIED


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0\0", b"PK\x03\x04", b"a,b\n1,2\n", b"\xff\xfe", text("x,y,z,a,b,c,d")],
)
def test_what_cannot_be_read_says_why_and_changes_nothing(
    people: Cast, content: bytes
) -> None:
    before = everything()
    run = brought(people, ("s.csv", content))

    assert run.state == State.FAILED
    assert run.why
    assert everything() == before
    assert not run.files.exists()


def test_doing_it_again_does_nothing(people: Cast) -> None:
    run = applied(brought(people, ("s.csv", text(ROSA, NEW))), people)
    check_run(run.pk, now=timezone.now())
    apply_run(run.pk, now=timezone.now())
    undo_run(run.pk, now=timezone.now())
    run.refresh_from_db()

    assert run.state == State.APPLIED
    assert AuditEntry.objects.filter(action="roster applied").count() == 1
    assert not discard_run(run, actor=people.ada, now=timezone.now())
    with pytest.raises(NotApplied):
        ask_to_apply(run, actor=people.ada, typed="", now=timezone.now())


def test_a_second_worker_that_comes_late_changes_nothing(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has read the run before the first was done with it."""
    run = begin_run(
        [GivenFile("s.csv", text(ROSA, NEW))],
        way=RosterRun.Way.API,
        actor=people.ada,
        now=timezone.now(),
        is_automatic=True,
    )
    stale = RosterRun.objects.get(pk=run.pk)
    check_run(run.pk, now=timezone.now())
    rows = RosterRun.objects.filter(pk=run.pk)
    monkeypatch.setattr(
        type(rows), "first", lambda found: stale if not found else found[0]
    )
    check_run(run.pk, now=timezone.now())
    run.refresh_from_db()

    assert run.state == State.APPLIED
    assert run.counts["new"] == 1
    assert run.changes.filter(kind="new").count() == 1


def test_a_discarded_roster_keeps_no_files(people: Cast) -> None:
    run = brought(people, ("s.csv", text(ROSA)))

    assert run.files.exists()
    assert discard_run(run, actor=people.ada, now=timezone.now())
    assert not run.files.exists()


def test_after_an_undo_a_oneroster_delta_waits_for_a_bulk(
    people: Cast, tmp_path: Path
) -> None:
    bulk, delta = (
        Path(shutil.make_archive(str(tmp_path / name), "zip", ONEROSTER / name))
        for name in ("bulk_1_2", "delta_1_2")
    )
    run = applied(brought(people, ("bulk.zip", bulk.read_bytes())), people)
    assert run.form == "OneRoster 1.2 (bulk) from Banner"
    assert OneRosterRecord.objects.exists()
    undone(run, people)

    again = brought(people, ("delta.zip", delta.read_bytes()))
    assert (again.state, again.form) == (State.FAILED, "")
    assert "Send bulk files once" in again.why


def test_a_trial_of_oneroster_leaves_no_records(people: Cast, tmp_path: Path) -> None:
    made = shutil.make_archive(str(tmp_path / "b"), "zip", ONEROSTER / "bulk_1_1")
    run = brought(people, ("b.zip", Path(made).read_bytes()))

    assert run.state == State.SHOWN
    assert not OneRosterRecord.objects.exists()


def test_an_odd_name_of_a_file_leads_nowhere(people: Cast) -> None:
    for name in (
        "../../etc/passwd",
        "a\\b\\s.csv",
        "\x00.csv",
        "",
        "é" * 500,
        "\udcff",
    ):
        run = brought(people, (name, text(ROSA)))
        assert run.state in (State.SHOWN, State.FAILED)
        assert "/" not in run.file_names


def test_letters_are_only_for_sources(people: Cast) -> None:
    alerts.note_result(brought(people, ("s.csv", b"")))

    assert mail.outbox == []
    assert undoing.last_applied() is None
