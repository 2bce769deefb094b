"""The college's offices: add one, and change its name or phone. On record."""

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from quadline.accounts.models import Office, User
from quadline.accounts.rules import office_key
from quadline.audit.models import record_audit
from quadline.sms import phones

MAX_OFFICE_NAME = 120


class OfficeRefused(ValueError):
    """Nothing was changed; the message says why, in plain words.

    ``field``: the one it is about, name or phone.
    """

    def __init__(self, words: str, *, field: str) -> None:
        super().__init__(words)
        self.field = field


class OfficeChangedMeanwhile(Exception):
    """Somebody else changed it since it was read. ``office`` is as it is now."""

    def __init__(self, office: Office) -> None:
        super().__init__(office.name)
        self.office = office


def add_office(*, name: str, phone: str, actor: User) -> Office:
    """Raises OfficeRefused."""
    office = Office(name=_name(name), phone=_phone(phone))
    with transaction.atomic():
        _save(office)
        record_audit("office added", subject=office, actor=actor, name=office.name)
    return office


def change_office(
    *, office: Office, name: str, phone: str, seen: Mapping[str, str], actor: User
) -> bool:
    """Returns whether anything changed. Raises OfficeRefused, OfficeChangedMeanwhile.

    ``seen``: name and phone as the actor had them before them.
    """
    wanted = {"name": _name(name), "phone": _phone(phone)}
    with transaction.atomic():
        row = Office.objects.select_for_update(no_key=True).get(pk=office.pk)
        is_now = {"name": row.name, "phone": row.phone}
        changed = [field for field in wanted if wanted[field] != is_now[field]]
        if any(seen.get(field) != is_now[field] for field in changed):
            raise OfficeChangedMeanwhile(row)
        if not changed:
            return False
        was = row.name
        row.name, row.phone = wanted["name"], wanted["phone"]
        _save(row)
        record_audit(
            "office changed",
            subject=row,
            actor=actor,
            changed=changed,
            was=was,
            name=row.name,
        )
    return True


def _save(office: Office) -> None:
    try:
        # The database knows: somebody else may add the same at this moment.
        with transaction.atomic():
            office.save()
    except IntegrityError as error:
        raise OfficeRefused(
            f"There is an office of this name already: {office.name}.", field="name"
        ) from error


def _name(written: str) -> str:
    name = " ".join(written.split())
    if not office_key(name) or not name.isprintable():
        raise OfficeRefused("Write the name of the office.", field="name")
    if len(name) > MAX_OFFICE_NAME:
        over = len(name) - MAX_OFFICE_NAME
        raise OfficeRefused(
            f"The name is {over} characters over {MAX_OFFICE_NAME}. Shorten it.",
            field="name",
        )
    return name


def _phone(written: str) -> str:
    if not written.strip():
        return ""
    try:
        return phones.normalise(written)
    except phones.PhoneError as error:
        raise OfficeRefused(str(error), field="phone") from error
