"""What a staff user changes of their own: who they are, and what they prefer."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from quadline.accounts.models import User
from quadline.accounts.rules import FirstTab
from quadline.accounts.staff_details import (
    LONGEST,
    FieldFaults,
    faults_of_length,
    one_line_of,
)
from quadline.audit.models import record_audit

# As their columns have it.
LONGEST_LINES = {"name": LONGEST["name"], "title": LONGEST["title"], "pronouns": 40}
MAX_SIGNATURE = 500  # characters: longer ones hide the message above them
MOST_SIGNATURE_LINES = 8


@dataclass(frozen=True)
class Profile:
    """Who somebody is to students and colleagues. A signature has several lines."""

    name: str = ""
    title: str = ""
    pronouns: str = ""
    signature: str = ""


PROFILE_FIELDS = tuple(Profile.__dataclass_fields__)


@dataclass(frozen=True)
class Preferences:
    """How Quadline acts for somebody."""

    emails_when_active: bool = True
    enter_sends: bool = True
    opens_on: str = FirstTab.LAST_USED


class ProfileRefused(Exception):
    """Nothing was changed. ``faults``: what is wrong, in words, by field."""

    def __init__(self, faults: FieldFaults) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = faults


class ProfileChangedMeanwhile(Exception):
    """The profile was changed elsewhere since it was read. ``now``: what these fields
    are now.
    """

    def __init__(self, now: Mapping[str, str]) -> None:
        super().__init__(", ".join(now))
        self.now = dict(now)


def profile_of(user: User) -> Profile:
    return Profile(**{name: getattr(user, name) for name in PROFILE_FIELDS})


def change_profile(user: User, profile: Profile, *, seen: Profile) -> list[str]:
    """Set one's own name, title, pronouns and signature. Returns what changed.

    ``seen``: what the form began with: an administrator may change the same fields.
    Raises ProfileRefused, ProfileChangedMeanwhile.
    """
    wanted = _tidy(profile)
    if faults := _faults(wanted):
        raise ProfileRefused(faults)
    with transaction.atomic():
        locked = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        changed = _differing(wanted, profile_of(locked))
        stale = [name for name in changed if _was_changed(name, locked, seen)]
        if stale:
            raise ProfileChangedMeanwhile(
                {name: getattr(locked, name) for name in stale}
            )
        for name in changed:
            setattr(locked, name, getattr(wanted, name))
        if changed:
            locked.save(update_fields=changed)
            record_audit("profile changed", subject=user, actor=user, fields=changed)
    return changed


def _differing(one: Profile, other: Profile) -> list[str]:
    return [
        name for name in PROFILE_FIELDS if getattr(one, name) != getattr(other, name)
    ]


def _was_changed(name: str, user: User, seen: Profile) -> bool:
    """A browser sends line ends of its own."""
    lines_seen: list[str] = getattr(seen, name).splitlines()
    lines_now: list[str] = getattr(user, name).splitlines()
    return lines_seen != lines_now


def _tidy(profile: Profile) -> Profile:
    lines = [one_line_of(line) for line in profile.signature.splitlines()]
    return Profile(
        name=one_line_of(profile.name),
        title=one_line_of(profile.title),
        pronouns=one_line_of(profile.pronouns),
        signature="\n".join(lines).strip("\n"),
    )


def _faults(profile: Profile) -> FieldFaults:
    found: FieldFaults = {}
    if not profile.name:
        found["name"] = "Write your name: students see it in texts and emails."
    found |= faults_of_length(profile, LONGEST_LINES)
    if len(profile.signature) > MAX_SIGNATURE:
        over = len(profile.signature) - MAX_SIGNATURE
        found["signature"] = f"Shorten it by {over} characters."
    elif len(profile.signature.splitlines()) > MOST_SIGNATURE_LINES:
        found["signature"] = f"Use {MOST_SIGNATURE_LINES} lines at most."
    return found


def change_office_line(user: User, phone: str) -> None:
    """Calls to their System number ring there. ``phone``: E.164, or "" for none."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(office_phone=phone)
        record_audit("office line changed", subject=user, actor=user)


def change_preferences(user: User, preferences: Preferences) -> None:
    """Set all of one's own preferences. What is no tab counts as the last used."""
    known = [tab.value for tab in FirstTab]
    opens_on = preferences.opens_on
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(
            emails_when_active=preferences.emails_when_active,
            enter_sends=preferences.enter_sends,
            opens_on=opens_on if opens_on in known else FirstTab.LAST_USED,
        )
        record_audit("preferences changed", subject=user, actor=user)
