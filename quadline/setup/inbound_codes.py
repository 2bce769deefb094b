"""A code that an administrator texts from their own phone: when a webhook brings it,
replies come in. It is no text of a student and is filed nowhere.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.setup.deployment import carrier_place
from quadline.setup.models import InboundCode
from quadline.setup.rules import CODE_DIGITS, CODE_LASTS, code_in


@transaction.atomic
def make_code(*, actor: User, now: datetime) -> InboundCode:
    """A new one; those before it that never came count no more."""
    # One that was heard stays: it is what shows that replies come in.
    InboundCode.objects.filter(heard_at=None).delete()
    made = InboundCode.objects.create(
        code=f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}",
        place=carrier_place(),
        made_at=now,
        made_by=actor,
        expires_at=now + CODE_LASTS,
    )
    record_audit("reply code made", subject=made, actor=actor)
    return made


def last_code() -> InboundCode | None:
    """The newest of this account, whatever came of it."""
    return InboundCode.objects.filter(place=carrier_place()).order_by("-pk").first()


def is_heard() -> bool:
    """Whether a webhook of this account has ever brought one."""
    # However long ago: what stops coming in later, others watch.
    heard = InboundCode.objects.filter(place=carrier_place()).exclude(heard_at=None)
    return heard.exists()


def take_codes(
    bodies: Iterable[str],
    *,
    now: datetime,
    from_log: bool = False,
) -> set[str]:
    """The bodies that are open codes: they are noted, and nobody files them.

    ``from_log``: no webhook brought them, they were read from the carrier's log.
    """
    asked = {body: code for body in bodies if (code := code_in(body))}
    # Nearly always: no question to the database.
    if not asked:
        return set()
    # Also one that came before: who texts it twice is still no student.
    # Locked: the same webhook may be repeated while the first is still filed.
    rows = InboundCode.objects.filter(code__in=asked.values(), expires_at__gt=now)
    taken = {row.code: row.pk for row in rows.select_for_update()}
    column = "found_in_log_at" if from_log else "heard_at"
    first = InboundCode.objects.filter(pk__in=taken.values(), **{column: None})
    first.update(**{column: now})
    return {body for body, code in asked.items() if code in taken}
