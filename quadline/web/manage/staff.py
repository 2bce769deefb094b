"""Manage, Staff: everyone with an account, found and filtered, a page at a time."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quadline.accounts.models import Office, User
from quadline.accounts.rules import Role
from quadline.conversations.models import Conversation
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.roster.searching import folded_for_search
from quadline.web.manage.numbers import NUMBER_CHIPS, require_manager
from quadline.web.requests import StaffRequest, whole_number

STAFF_PAGE_ROWS = 50  # two screens; most colleges have all staff on three pages
MAX_SEARCH = 200  # characters
STATES = {
    "active": "Active",
    "invited": "Invited, not signed in yet",
    "deactivated": "Deactivated",
}
ROLE_NAMES = {role.value: role.value.title() for role in Role}
NO_OFFICE = "none"
DEACTIVATED_CHIP = {"label": "Deactivated", "tone": "", "icon": "ban"}
INVITED_CHIP = {
    "label": "Invited, not signed in yet",
    "tone": "warn",
    "icon": "envelope",
}
NEVER_CHIP = {"label": "Not signed in yet", "tone": "warn", "icon": "clock"}


@dataclass(frozen=True)
class StaffRow:
    """One staff user as the list shows them."""

    user: User
    role: str
    chip: dict[str, str] | None  # None: nothing to say of the account
    number: SystemNumber | None
    number_chip: dict[str, str] | None
    unread: int
    waiting_students: int


@dataclass(frozen=True)
class StaffFilter:
    """What is asked for, as the address has it. What cannot be asked for counts for
    nothing.
    """

    q: str = ""
    role: str = ""
    office: str = ""  # an office's id, or NO_OFFICE
    state: str = ""

    @property
    def query_string(self) -> str:
        given = {name: value for name, value in vars(self).items() if value}
        return urlencode(given)


@require_safe
def staff_page(request: StaffRequest) -> HttpResponse:
    require_manager(request)
    asked = filter_in(request)
    found = matching_ids(asked)
    # A page beyond the last one was the last when its link was made.
    last_page = max(1, -(-len(found) // STAFF_PAGE_ROWS))
    page = min(whole_number(request.GET.get("page")) or 1, last_page)
    first = (page - 1) * STAFF_PAGE_ROWS
    shown = {
        "rows": rows_of(found[first : first + STAFF_PAGE_ROWS]),
        "asked": asked,
        "total": len(found),
        "first_shown": first + 1,
        "last_shown": min(first + STAFF_PAGE_ROWS, len(found)),
        "before": _page_url(asked, page - 1) if page > 1 else "",
        "after": _page_url(asked, page + 1) if page < last_page else "",
        "roles": ROLE_NAMES,
        "states": STATES,
        "offices": Office.objects.all(),
        "no_office": NO_OFFICE,
    }
    return render(request, "manage/staff.html", shown)


def filter_in(request: StaffRequest) -> StaffFilter:
    given = {name: request.GET.get(name, "") for name in vars(StaffFilter())}
    office = given["office"]
    is_office = office == NO_OFFICE or whole_number(office) is not None
    return StaffFilter(
        q=given["q"].replace("\x00", "").strip()[:MAX_SEARCH],
        role=given["role"] if given["role"] in ROLE_NAMES else "",
        office=office if is_office else "",
        state=given["state"] if given["state"] in STATES else "",
    )


def matching_ids(asked: StaffFilter) -> list[int]:
    """Those that are asked for, in the order of their names: one query.

    Words are looked for here: PostgreSQL knows "Calderon" for "Calderón" only with an
    extension, and a college has few hundred staff.
    """
    rows = _of_state(asked.state)
    if asked.role:
        rows = rows.filter(role=asked.role)
    if asked.office == NO_OFFICE:
        rows = rows.filter(office=None)
    elif asked.office:
        rows = rows.filter(office=whole_number(asked.office))
    # Each word may stand anywhere: “alvarez nursing” finds Maya of that office.
    wanted = folded_for_search(asked.q).split()
    known = rows.order_by("name", "pk").values_list(
        "pk", "name", "email", "office__name"
    )
    return [pk for pk, *words in known if _has_all(wanted, words)]


def _of_state(state: str) -> Any:
    match state:
        case "active":
            return User.objects.filter(is_active=True, last_login__isnull=False)
        case "invited":
            # Who was made by the command and has never come in is waited for, too.
            return User.objects.filter(is_active=True, last_login=None)
        case "deactivated":
            return User.objects.filter(is_active=False)
        case _:
            return User.objects.all()


def _has_all(wanted: list[str], words: list[str | None]) -> bool:
    text = folded_for_search(" ".join(filter(None, words)))
    return all(word in text for word in wanted)


def rows_of(ids: list[int]) -> list[StaffRow]:
    """Five queries, however many there are."""
    users = User.objects.select_related("office").in_bulk(ids)
    numbers = {
        number.inbox_id: number
        for number in SystemNumber.objects.live().filter(inbox__in=ids)
    }
    # Only personal inboxes: what waits in a shared one waits for all its members.
    theirs = Conversation.objects.filter(inbox__in=ids)
    unread = _count(theirs.unread())
    waiting = _count(theirs.needing_reply())
    return [
        _row_of(users[pk], numbers.get(pk), unread.get(pk, 0), waiting.get(pk, 0))
        for pk in ids
    ]


def _count(conversations: Any) -> dict[int, int]:
    """Conversations by inbox, which has the id of its staff user."""
    counted = conversations.values("inbox").annotate(count=Count("pk"))
    return dict(counted.values_list("inbox", "count"))


def _row_of(
    user: User, number: SystemNumber | None, unread: int, waiting: int
) -> StaffRow:
    return StaffRow(
        user=user,
        role=ROLE_NAMES.get(user.role, user.role),
        chip=account_chip(user),
        number=number,
        number_chip=NUMBER_CHIPS[NumberState(number.state)] if number else None,
        unread=unread,
        waiting_students=waiting,
    )


def account_chip(user: User) -> dict[str, str] | None:
    """What stands in the way of signing in; None for nothing."""
    if not user.is_active:
        return DEACTIVATED_CHIP
    if user.has_signed_in:
        return None
    return INVITED_CHIP if user.invited_at else NEVER_CHIP


def _page_url(asked: StaffFilter, page: int) -> str:
    return f"?{asked.query_string}{'&' if asked.query_string else ''}page={page}"
