"""Where a staff user is signed in: a list of their sessions, and ending them.

Each is a row of allauth's ``UserSession`` beside Django's own session.
"""

from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address

from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.visitors import visitor_address
from quadline.audit.models import record_audit
from quadline.live.notifications import SIGNED_OUT, notify_screens

# allauth can write a row at each request (USERSESSIONS_TRACK_ACTIVITY): a page and its
# live parts ask several times a second, and "5 minutes ago" is as good an answer.
NOTED_EVERY_SECONDS = 300
REMEMBERED_SESSIONS = 10_000  # of one process: when each was last noted
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104  # nobody's; a Unix socket has none to tell
Answer = Callable[[HttpRequest], HttpResponse]
_noted_at: dict[str, float] = {}  # by session key, by a clock that nobody sets


def note_sessions(answer: Answer) -> Answer:
    """Middleware: where and when each session was last used, noted now and then."""

    def noted(request: HttpRequest) -> HttpResponse:
        # Without a key nobody is signed in, and nothing is looked up.
        key = request.session.session_key
        if key and isinstance(request.user, User) and _is_due(key):
            _note(request, request.user, key)
        return answer(request)

    return noted


def _is_due(session_key: str) -> bool:
    now = clock.monotonic_seconds()
    last = _noted_at.get(session_key)
    if last is not None and now - last < NOTED_EVERY_SECONDS:
        return False
    if len(_noted_at) >= REMEMBERED_SESSIONS:
        _noted_at.clear()
    _noted_at[session_key] = now
    return True


def _note(request: HttpRequest, user: User, key: str) -> None:
    row = UserSession(
        session_key=key,
        user_id=user.pk,
        ip=session_address(request),
        user_agent=_user_agent(request),
        last_seen_at=clock.now(),
    )
    # One statement; of a row that is there the date of signing in stays.
    UserSession.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["session_key"],
        update_fields=["user_id", "ip", "user_agent", "last_seen_at"],
    )


def session_address(request: HttpRequest) -> str:
    """As the table takes it, which holds addresses only."""
    written = visitor_address(request)
    try:
        return str(ip_address(written))
    except ValueError:
        return UNKNOWN_ADDRESS


def _user_agent(request: HttpRequest) -> str:
    longest = UserSession._meta.get_field("user_agent").max_length
    written = request.headers.get("User-Agent", "").replace("\x00", "")
    return written[:longest]


def sessions_of(user: User) -> list[UserSession]:
    """Those that are open, the last used first. Rows of others are dropped."""
    open_now: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(open_now, key=_last_use, reverse=True)


def _last_use(session: UserSession) -> datetime:
    used: datetime = session.last_seen_at
    return used


def end_session(session: UserSession, *, actor: User) -> None:
    """Sign out one browser. An open page of it says so within 20 seconds."""
    with transaction.atomic():
        session.end()
        record_audit("signed out on a device", subject=actor, actor=actor)


def sign_out_everywhere(user: User, *, actor: User) -> None:
    """End every session of a staff user at once, also those nobody has noted."""
    with transaction.atomic():
        end_all_sessions(user)
        record_audit("signed out everywhere", subject=user, actor=actor)


def end_all_sessions(user: User) -> int:
    """Also those that nobody has noted. How many were noted. The caller records why."""
    User.objects.filter(pk=user.pk).update(sessions_ended=F("sessions_ended") + 1)
    return drop_sessions(user)


def end_other_sessions(request: HttpRequest, user: User) -> int:
    """All but the one of this request. How many were noted. The caller records why."""
    User.objects.filter(pk=user.pk).update(sessions_ended=F("sessions_ended") + 1)
    user.refresh_from_db(fields=["sessions_ended"])
    rows = UserSession.objects.filter(user=user)
    others = list(rows.exclude(session_key=request.session.session_key))
    for row in others:
        row.end()
    # No word to open pages: this one would hear it, too. The others look every 20 s.
    update_session_auth_hash(request, user)
    return len(others)


def drop_sessions(user: User) -> int:
    """Forget the sessions of somebody whose sessions have ended; open pages hear of it.

    Returns how many there were.
    """
    rows = list(UserSession.objects.filter(user=user))
    for row in rows:
        row.end()
    notify_screens([user.pk], SIGNED_OUT)
    return len(rows)
