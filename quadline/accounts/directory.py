"""The college's directory keeps accounts: it adds people, changes what they are, and
takes them away. What it says counts; what it does not say stays as it was.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from quadline.accounts.administering import (
    change_staff,
    deactivate_staff,
    details_of,
    reactivate_staff,
)
from quadline.accounts.models import DirectoryEntry, Office, User
from quadline.accounts.staff_details import (
    FieldFaults,
    StaffDetails,
    faults_of,
    phone_of,
    tidy,
)
from quadline.audit.models import record_audit


@dataclass(frozen=True)
class DirectoryFacts:
    """What the directory says of one person, as an account has it.

    ``user_name``: its own name for the person, in lower case. ``attributes``: its own
    words, kept whole.
    """

    user_name: str
    details: StaffDetails
    is_active: bool
    attributes: Mapping[str, Any]


class FaultyEntry(Exception):
    """Nothing was changed. ``faults``: what is wrong, in words, by field."""

    def __init__(self, faults: FieldFaults) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = faults


class TakenAddress(Exception):
    """Another account has this name or this address. Nothing was changed."""


def add_from_directory(facts: DirectoryFacts, *, now: datetime) -> User:
    """A new account, without a password; or the one that the directory took away.

    Raises FaultyEntry, TakenAddress, and what ``update_from_directory`` raises.
    """
    details = _checked(facts.details)
    try:
        with transaction.atomic():
            # A new account beside the old one would hide what the person wrote before,
            # and the address can be had only once.
            removed = _removed(facts.user_name, details.email)
            if removed:
                return _write(removed, facts, now)
            user = _make_account(details, is_active=facts.is_active)
            _keep_entry(user, facts, now)
            record_audit(
                "staff user added by the directory",
                subject=user,
                actor=None,
                role=user.role,
            )
    except IntegrityError as error:
        # Asking first would leave room for another request between the two.
        raise TakenAddress from error
    return user


def update_from_directory(user: User, facts: DirectoryFacts, *, now: datetime) -> User:
    """Raises FaultyEntry, TakenAddress, LastAdministrator, ChangedByOthers."""
    _checked(facts.details)
    try:
        with transaction.atomic():
            return _write(user, facts, now)
    except IntegrityError as error:
        raise TakenAddress from error


def remove_from_directory(user: User, *, now: datetime) -> None:
    """End the account's access. What the person wrote stays.

    Raises LastAdministrator.
    """
    with transaction.atomic():
        # The row stays: whoever has acted is on record by it.
        deactivate_staff(user, actor=None)
        DirectoryEntry.objects.update_or_create(
            user=user,
            defaults={"removed_at": now, "changed_at": now},
            create_defaults={
                "user_name": user.email,
                "attributes": {},
                "changed_at": now,
                "removed_at": now,
            },
        )
        record_audit("staff user removed by the directory", subject=user, actor=None)


def _checked(details: StaffDetails) -> StaffDetails:
    tidied = tidy(details)
    if faults := faults_of(tidied):
        raise FaultyEntry(faults)
    return tidied


def _removed(user_name: str, email: str) -> User | None:
    entries = DirectoryEntry.objects.exclude(removed_at=None).select_related("user")
    # The directory's own name comes first: an address may go to somebody else.
    by_name = entries.filter(user_name=user_name).first()
    found = by_name or entries.filter(user__email=email).first()
    return found.user if found else None


def _make_account(details: StaffDetails, *, is_active: bool) -> User:
    user = User(
        email=details.email,
        name=details.name,
        role=details.role,
        title=details.title,
        office=Office.objects.named(details.office),
        office_phone=phone_of(details),
        is_active=is_active,
    )
    # They come in by single sign-on; an administrator may send a link to set one.
    user.set_unusable_password()
    user.save()
    EmailAddress.objects.create(
        user=user, email=user.email, verified=True, primary=True
    )
    return user


def _write(user: User, facts: DirectoryFacts, now: datetime) -> User:
    wanted = tidy(facts.details)
    # The same act as on the screen, so that the last administrator stays here, too.
    change_staff(user, wanted, seen=asdict(details_of(user)), actor=None)
    fresh = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    _write_address(fresh, wanted.email)
    if facts.is_active:
        reactivate_staff(fresh, actor=None)
    else:
        deactivate_staff(fresh, actor=None)
    _keep_entry(fresh, facts, now)
    return User.objects.select_related("office").get(pk=user.pk)


def _write_address(user: User, email: str) -> None:
    if user.email == email:
        return
    before, user.email = user.email, email
    user.save(update_fields=["email"])
    # Who has the old mailbox later must not get links to this account.
    EmailAddress.objects.filter(user=user).exclude(email=email).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": True, "primary": True}
    )
    record_audit(
        "staff address changed", subject=user, actor=None, was=before, now=email
    )


def _keep_entry(user: User, facts: DirectoryFacts, now: datetime) -> None:
    DirectoryEntry.objects.update_or_create(
        user=user,
        defaults={
            "user_name": facts.user_name,
            "attributes": dict(facts.attributes),
            "changed_at": now,
            "removed_at": None,
        },
    )
