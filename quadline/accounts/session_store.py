"""Sessions that end: after a time without use, and after a time whatever was done.

The end stands beside the session's row as ``expire_date``, by the database's clock, so
whoever opens a session finds none that is over: pages, fragments and the event stream.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.http import HttpRequest

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.session_rules import (
    SESSION_NOTED_EVERY,
    SessionLimits,
    is_session_over,
    must_confirm,
)
from quadline.college.current import college_settings

SESSION_LIMITS, CONFIRMED_AT = "limits", "confirmed_at"
# Of who is not signed in yet: the steps of signing in, and what a passkey answers.
VISITOR = timedelta(hours=1)
# What a page fetches without anybody's hand: static/js/automatic.js.
AUTOMATIC_HEADER = "Quadline-Automatic"
MAX_REMEMBERED = 10_000
_noted: dict[str, float] = {}


class SessionStore(db.SessionStore):
    """Django's, with an end by our limits. SESSION_ENGINE names this module."""

    def get_expiry_date(
        self,
        **_: Any,
    ) -> datetime:
        """When the row ends. The cookie lasts longer: SESSION_COOKIE_AGE."""
        now = clock.now()
        kept = self.get(SESSION_LIMITS)
        if kept is None:
            return now + VISITOR
        return _limits_in(kept).end_of(started_at=_started_at(kept), seen_at=now)

    def _get_session_from_db(self) -> Session | None:
        """Django compares with the clock of this machine, which may be hours off."""
        alive = Session.objects.filter(expire_date__gt=clock.now())
        found = alive.filter(session_key=self.session_key).first()
        if found is None:
            self._session_key = None
        return found


def begin(request: HttpRequest, user: User) -> None:
    """Somebody has just signed in, by whatever way."""
    now = clock.now()
    request.session[SESSION_LIMITS] = _kept(limits_of(user), started_at=now)
    confirm(request)


def confirm(request: HttpRequest) -> None:
    """Whoever sits there has just shown again that they are who they are."""
    request.session[CONFIRMED_AT] = clock.now().timestamp()


def keep_alive(request: HttpRequest, user: User) -> bool:
    """Note that the session is in use. False: its time is over.

    At most one write a minute for each session, of its end alone: what another request
    puts into it meanwhile stays.
    """
    now, limits = clock.now(), limits_of(user)
    kept = request.session.get(SESSION_LIMITS)
    if kept is None:  # of a release before
        begin(request, user)
        return True
    started_at = _started_at(kept)
    if is_session_over(limits, started_at=started_at, now=now):
        return False
    if _limits_in(kept) != limits:
        request.session[SESSION_LIMITS] = _kept(limits, started_at=started_at)
    elif AUTOMATIC_HEADER not in request.headers:
        _note_use(request, limits.end_of(started_at=started_at, seen_at=now))
    return True


def needs_confirmation(request: HttpRequest) -> bool:
    """Whether the last sign-in or confirmation of this session is too long ago."""
    return must_confirm(
        _moment(request.session.get(CONFIRMED_AT, 0)),
        again_after=college_settings().confirm_again,
        now=clock.now(),
    )


def limits_of(user: User) -> SessionLimits:
    college = college_settings()
    return SessionLimits(
        idle=college.session_idle(user.role),
        whole=college.session_whole(user.role),
    )


def _note_use(request: HttpRequest, ends_at: datetime) -> None:
    key, asked = request.session.session_key or "", clock.monotonic_seconds()
    if asked - _noted.get(key, float("-inf")) < SESSION_NOTED_EVERY.total_seconds():
        return
    if len(_noted) >= MAX_REMEMBERED:
        _noted.clear()
    _noted[key] = asked
    # Another process may have written it within the minute.
    is_due = {"expire_date__lt": ends_at - SESSION_NOTED_EVERY / 2}
    Session.objects.filter(session_key=key, **is_due).update(expire_date=ends_at)


def _kept(limits: SessionLimits, *, started_at: datetime) -> dict[str, float]:
    return {
        "started": started_at.timestamp(),
        "idle": limits.idle.total_seconds(),
        "whole": limits.whole.total_seconds(),
    }


def _limits_in(
    kept: Mapping[str, float],
) -> SessionLimits:
    return SessionLimits(
        idle=timedelta(seconds=kept["idle"]),
        whole=timedelta(seconds=kept["whole"]),
    )


def _started_at(kept: Mapping[str, float]) -> datetime:
    return _moment(kept["started"])


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
