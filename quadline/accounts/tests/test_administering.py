"""Changing, deactivating and reactivating accounts; an administrator always stays."""

import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from quadline.accounts import administering
from quadline.accounts.administering import (
    ChangedByOthers,
    LastAdministrator,
    NoLongerAdministrator,
    NotChanged,
    change_staff,
    deactivate_staff,
    details_of,
    reactivate_staff,
)
from quadline.accounts.models import User
from quadline.accounts.rules import Role
from quadline.accounts.tokens import make_token, user_of
from quadline.audit.models import AuditEntry
from tests.architecture.conftest import Enter
from tests.cast import Cast, staff


def change(user: User, *, actor: User, **fields: str) -> list[str]:
    """As by a form that was opened just now."""
    fresh = User.objects.get(pk=user.pk)
    seen = details_of(fresh)
    return change_staff(fresh, replace(seen, **fields), seen=asdict(seen), actor=actor)


def test_role_office_name_title_and_line_are_changed_and_on_record(
    people: Cast,
) -> None:
    changed = change(
        people.maya,
        actor=people.ada,
        name="Maya Alvarez-Reyes",
        role="lead",
        office="Advising Commons",
        title="Lead advisor",
        office_phone="734 555 0199",
    )

    maya = User.objects.get(pk=people.maya.pk)
    assert changed == ["name", "role", "office", "title", "office_phone"]
    assert (maya.name, maya.role, str(maya.office)) == (
        "Maya Alvarez-Reyes",
        "lead",
        "Advising Commons",
    )
    assert maya.office_phone == "+17345550199"
    entry = AuditEntry.objects.get(action="staff user changed")
    assert entry.actor == people.ada
    assert entry.detail["was"]["role"] == "advisor"
    assert entry.detail["now"]["role"] == "lead"
    assert "5550199" not in str(entry.detail)
    assert "office_phone" in entry.detail["fields"]


def test_nothing_changed_is_nothing_on_record(people: Cast) -> None:
    assert change(people.maya, actor=people.ada) == []
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "   "),
        ("role", "boss"),
        ("office", "o" * 121),
        ("title", "t" * 121),
        ("office_phone", "call me"),
    ],
)
def test_a_fault_changes_nothing(people: Cast, field: str, value: str) -> None:
    with pytest.raises(NotChanged) as refused:
        change(people.maya, actor=people.ada, **{"title": "Dean", field: value})

    assert list(refused.value.faults) == [field]
    assert User.objects.get(pk=people.maya.pk).title == "Academic advisor"


def test_the_later_of_two_administrators_is_told_what_it_is_now(people: Cast) -> None:
    seen = details_of(people.maya)
    change(people.maya, actor=people.ada, title="Coach", role="lead")
    wanted = replace(seen, title="Counselor")
    with pytest.raises(ChangedByOthers) as others:
        change_staff(people.maya, wanted, seen=asdict(seen), actor=people.ada)

    # What the later one did not touch is not theirs to decide.
    assert others.value.now == {"title": "Coach", "role": "lead"}
    assert User.objects.get(pk=people.maya.pk).title == "Coach"


def test_the_last_administrator_keeps_role_and_access(people: Cast) -> None:
    with pytest.raises(LastAdministrator):
        change(people.ada, actor=people.ada, role="advisor")
    with pytest.raises(LastAdministrator):
        deactivate_staff(people.ada, actor=people.ada)

    ada = User.objects.get(pk=people.ada.pk)
    assert (ada.role, ada.is_active) == (Role.ADMINISTRATOR, True)


@pytest.mark.parametrize(
    "fields",
    [{"is_active": False}, {"invited_at": timezone.now()}, {"role": Role.LEAD}],
)
def test_who_cannot_come_in_is_no_other_administrator(
    people: Cast, fields: dict[str, Any]
) -> None:
    staff("ben@alder.example", "Ben", **{"role": Role.ADMINISTRATOR, **fields})
    with pytest.raises(LastAdministrator):
        change(people.ada, actor=people.ada, role="advisor")


def test_with_another_administrator_one_may_leave(people: Cast) -> None:
    ben = staff("ben@alder.example", "Ben", role=Role.ADMINISTRATOR)
    assert change(people.ada, actor=people.ada, role="advisor") == ["role"]
    with pytest.raises(NoLongerAdministrator):
        deactivate_staff(ben, actor=people.ada)
    with pytest.raises(LastAdministrator):
        deactivate_staff(ben, actor=ben)


def test_access_ends_at_once_and_does_not_come_back_with_the_account(
    enter: Enter, people: Cast
) -> None:
    browser = enter(people.maya)
    assert browser.get("/me/").status_code == 200
    _, words = make_token(
        user=people.maya, name="Roster", actor=people.maya, now=timezone.now()
    )

    assert deactivate_staff(people.maya, actor=people.ada)
    assert browser.get("/me/").status_code == 302
    assert user_of(words, now=timezone.now()) is None
    assert not deactivate_staff(people.maya, actor=people.ada)
    assert reactivate_staff(people.maya, actor=people.ada)
    assert not reactivate_staff(people.maya, actor=people.ada)

    assert browser.get("/me/").status_code == 302
    assert user_of(words, now=timezone.now()) is None
    done = AuditEntry.objects.filter(actor=people.ada).order_by("pk")
    assert [entry.action for entry in done] == [
        "account deactivated",
        "account reactivated",
    ]
    assert done[0].detail == {"tokens_ended": 1, "sessions_ended": 1}


def test_an_account_that_is_switched_off_in_a_shell_keeps_no_session(
    enter: Enter, people: Cast
) -> None:
    """The object there was read before, and is written again whole."""
    browser = enter(people.maya)
    people.maya.is_active = False
    people.maya.save()
    people.maya.is_active = True
    people.maya.save()
    people.maya.save()

    assert browser.get("/inbox/").status_code == 302


Act = Callable[[User, User], object]


def demote(user: User, actor: User) -> object:
    return change(user, actor=actor, role="advisor")


def deactivate(user: User, actor: User) -> object:
    return deactivate_staff(user, actor=actor)


@pytest.mark.parametrize("act", [demote, deactivate])
def test_two_administrators_cannot_take_each_other_away_at_once(
    committed_people: Cast, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is held after its look at who is left, until the other has had time to look,
    or waits for the lock.
    """
    ada = committed_people.ada
    ben = staff("ben@alder.example", "Ben", role=Role.ADMINISTRATOR)
    both_looked = threading.Barrier(2)
    keep = administering._keep_an_administrator

    def keep_and_wait(*given: Any, **more: Any) -> None:
        keep(*given, **more)
        # Without the lock both come here; with it only one, and goes on after a while.
        try:
            both_looked.wait(timeout=1)
        except threading.BrokenBarrierError:
            return

    monkeypatch.setattr(administering, "_keep_an_administrator", keep_and_wait)
    outcomes: list[object] = []

    def try_it(user: User, actor: User) -> None:
        try:
            outcomes.append(act(user, actor))
        except (LastAdministrator, NoLongerAdministrator) as refused:
            outcomes.append(refused)
        finally:
            connection.close()

    pair = [(ada, ben), (ben, ada)]
    threads = [threading.Thread(target=try_it, args=each) for each in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert User.objects.who_manage().count() == 1
    refusals = [each for each in outcomes if isinstance(each, Exception)]
    assert len(refusals) == 1
