"""An administrator changes what a staff user is, deactivates an account or reactivates
it. There is always an administrator left.
"""

from collections.abc import Mapping
from dataclasses import asdict

from django.db import connection, transaction
from django.db.models import QuerySet

from quadline.accounts.models import Office, User
from quadline.accounts.rules import May, Role
from quadline.accounts.sessions import drop_sessions
from quadline.accounts.staff_details import (
    FieldFaults,
    StaffDetails,
    faults_of,
    phone_of,
    tidy,
)
from quadline.audit.models import record_audit
from quadline.live.notifications import REACH_CHANGED, notify_screens

# Two who take the role from each other at once are one after the other, so that the
# second sees what the first has done. Locking their rows would do for two, but not for
# two that were locked in different orders.
ADMINISTRATORS_IN_TURN = (
    "SELECT pg_advisory_xact_lock(hashtextextended('administrators', 0))"
)
CHANGED_FIELDS = ("name", "role", "office", "title", "office_phone")
# Never on record: the audit trail holds no phone numbers.
NOT_ON_RECORD = frozenset({"office_phone"})


class NotChanged(Exception):
    """Nothing was changed. ``faults``: what is wrong, in words, by field."""

    def __init__(self, faults: FieldFaults) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = faults


class ChangedByOthers(Exception):
    """Somebody else changed the same fields since they were read. Nothing was changed.

    ``now``: what these fields are now, by name.
    """

    def __init__(self, now: Mapping[str, str]) -> None:
        super().__init__(", ".join(now))
        self.now = dict(now)


class LastAdministrator(Exception):
    """Nobody could manage Quadline after this. Nothing was changed."""


class NoLongerAdministrator(Exception):
    """The one who asked has lost the role meanwhile. Nothing was changed."""


def details_of(user: User) -> StaffDetails:
    """What there is to change, as a form shows it."""
    return StaffDetails(
        name=user.name,
        email=user.email,
        role=user.role,
        office=user.office.name if user.office else "",
        title=user.title,
        office_phone=user.office_phone_written,
    )


def change_staff(
    user: User,
    details: StaffDetails,
    *,
    seen: Mapping[str, str],
    actor: User | None,
) -> list[str]:
    """Set name, role, office, title and office line. Returns the fields that changed.

    ``seen``: the values that the actor had before them. No actor: the college's
    directory. Raises NotChanged, ChangedByOthers, LastAdministrator,
    NoLongerAdministrator.
    """
    with transaction.atomic():
        locked = _locked(user, actor)
        before = asdict(details_of(locked))
        after = asdict(tidy(StaffDetails(**{**before, **_asked(details)})))
        if faults := faults_of(StaffDetails(**after)):
            raise NotChanged(faults)
        changed = [name for name in CHANGED_FIELDS if before[name] != after[name]]
        stale = [name for name in changed if seen.get(name) != before[name]]
        if stale:
            raise ChangedByOthers({name: before[name] for name in stale})
        _keep_an_administrator(locked, role=after["role"], is_active=locked.is_active)
        if changed:
            _write(locked, StaffDetails(**after))
            _record(locked, before, after, changed, actor)
    return changed


def _asked(details: StaffDetails) -> dict[str, str]:
    asked = asdict(details)
    return {name: asked[name] for name in CHANGED_FIELDS}


def _write(user: User, details: StaffDetails) -> None:
    user.name, user.title, user.role = details.name, details.title, details.role
    user.office = Office.objects.named(details.office)
    user.office_phone = phone_of(details)
    user.save(update_fields=list(CHANGED_FIELDS))
    # Whom they may read and write to goes by role and office.
    notify_screens([user.pk], REACH_CHANGED)


def _record(
    user: User,
    before: Mapping[str, str],
    after: Mapping[str, str],
    changed: list[str],
    actor: User | None,
) -> None:
    told = [name for name in changed if name not in NOT_ON_RECORD]
    record_audit(
        "staff user changed",
        subject=user,
        actor=actor,
        fields=changed,
        was={name: before[name] for name in told},
        now={name: after[name] for name in told},
    )


def deactivate_staff(user: User, *, actor: User | None) -> bool:
    """End somebody's access at once: sessions, open pages, API tokens. What they wrote
    and what students write to them stays. False when it had ended before.

    Raises LastAdministrator, NoLongerAdministrator.
    """
    with transaction.atomic():
        locked = _locked(user, actor)
        if not locked.is_active:
            return False
        _keep_an_administrator(locked, role=locked.role, is_active=False)
        tokens = locked.api_tokens.filter(revoked_at=None).count()
        locked.is_active = False
        # Tokens and sessions end with it in the database, however it is done.
        locked.save(update_fields=["is_active"])
        record_audit(
            "account deactivated",
            subject=locked,
            actor=actor,
            tokens_ended=tokens,
            sessions_ended=drop_sessions(locked),
        )
    return True


def reactivate_staff(user: User, *, actor: User | None) -> bool:
    """Let somebody sign in again, with the password they had. False when they could.

    Raises NoLongerAdministrator.
    """
    with transaction.atomic():
        locked = _locked(user, actor)
        if locked.is_active:
            return False
        locked.is_active = True
        locked.save(update_fields=["is_active"])
        record_audit("account reactivated", subject=locked, actor=actor)
    return True


def go_on_leave(user: User, *, actor: User | None) -> bool:
    """They sign in and read, and do nothing else, until they are back. False when they
    were on leave before.

    Raises LastAdministrator, NoLongerAdministrator.
    """
    with transaction.atomic():
        locked = _locked(user, actor)
        if locked.is_away:
            return False
        # On leave they let nobody in, as if the account were closed.
        _keep_an_administrator(locked, role=locked.role, is_active=False)
        locked.is_away = True
        locked.save(update_fields=["is_away"])
        record_audit("on leave", subject=locked, actor=actor)
        notify_screens([locked.pk], REACH_CHANGED)
    return True


def come_back_from_leave(
    user: User,
    *,
    actor: User | None,
) -> bool:
    """They do again what their role may. False when they were not on leave."""
    with transaction.atomic():
        locked = _locked(user, actor)
        if not locked.is_away:
            return False
        locked.is_away = False
        locked.save(update_fields=["is_away"])
        record_audit("back from leave", subject=locked, actor=actor)
        notify_screens([locked.pk], REACH_CHANGED)
    return True


def change_roles_in_turn() -> None:
    """Until the transaction ends nobody else changes who is an administrator."""
    with connection.cursor() as cursor:
        cursor.execute(ADMINISTRATORS_IN_TURN)


def others_who_manage(user: User) -> QuerySet[User]:
    """Who could let people in if this one could not."""
    others = User.objects.who_manage().exclude(pk=user.pk)
    # Someone who was invited and has never come in cannot help anybody yet.
    return others.exclude(invited_at__isnull=False, last_login=None)


def _locked(user: User, actor: User | None) -> User:
    """The account as it is now, nobody else's until the transaction ends."""
    change_roles_in_turn()
    if actor and not User.objects.get(pk=actor.pk).may[May.MANAGE]:
        raise NoLongerAdministrator
    rows = User.objects.select_for_update(of=("self",)).select_related("office")
    return rows.get(pk=user.pk)


def _keep_an_administrator(
    user: User,
    *,
    role: str,
    is_active: bool,
) -> None:
    """Raises LastAdministrator when nobody else could let people in after this."""
    was_one = user.role == Role.ADMINISTRATOR and user.is_active
    stays_one = role == Role.ADMINISTRATOR and is_active
    if not was_one or stays_one:
        return
    # Counted under the lock: else two could each see the other left.
    if not others_who_manage(user).exists():
        raise LastAdministrator
