"""What every signed-in page shows around its own content: how much
waits in the inbox, and my number.
"""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.college.current import college_settings
from quadline.college.logo import logo_digest
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.delivery.outbox import carrier_outage
from quadline.delivery.outbox.wait_explanation import trouble_of
from quadline.health.looking import look_at_workers
from quadline.health.rules import HealthLevel
from quadline.health.watching import red_labels
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberStep
from quadline.setup import checklist
from quadline.setup.deployment import is_training
from quadline.web.compose.composer import longest_wait


@dataclass(frozen=True)
class NumberView:
    """A staff user's number as the screens show it; ``state``
    is "none" before the first text.
    """

    state: str
    written: str = ""
    e164: str = ""
    steps: tuple[NumberStep, ...] = ()
    reason: str = ""
    requested_at: datetime | None = None
    waiting_count: int = 0
    late: bool = False
    trouble: str = ""  # why it is not active, and who takes care of it
    longest_wait: str = ""  # of a text for it


@dataclass(frozen=True)
class Shell:
    needs_reply: int
    unread: int
    number: NumberView
    carrier_is_away: bool
    health_trouble: list[str]  # for administrators: what is red


def shell(request: HttpRequest) -> dict[str, object]:
    """The context processor: whose college this is, on every
    page; the rest for a signed-in user.
    """
    college = college_settings()
    shown: dict[str, object] = {
        "college": college.college_name,
        "college_short": college.short_name,
        "college_logo": logo_digest(),
        "is_training": is_training(),
    }
    # None where a request failed before it came to the middleware that signs in.
    user = getattr(request, "user", None)
    if isinstance(user, User):
        shown["shell"] = shell_of(user)
        # Asked by the tabs of Manage alone, and so not before a template does.
        shown["setup_is_open"] = checklist.is_shown
    return shown


def shell_of(user: User) -> Shell:
    mine = Conversation.objects.own(user)
    return Shell(
        needs_reply=mine.needing_reply().count(),
        unread=mine.unread().count(),
        number=number_view(user),
        carrier_is_away=carrier_outage.keeps_texts_waiting_of(user, now=clock.now()),
        health_trouble=_health_trouble() if user.may[May.MANAGE] else [],
    )


def _health_trouble() -> list[str]:
    """As the worker last found it; whether one runs is asked now, for none that has
    ended can say so.
    """
    workers = look_at_workers()
    others = [label for label in red_labels() if label != workers.label]
    return [workers.label, *others] if workers.level is HealthLevel.RED else others


def number_view(user: User) -> NumberView:
    number = SystemNumber.objects.of(user)
    if number is None:
        return NumberView(state="none")
    waiting = Message.objects.filter(
        system_number=number,
        status=Status.WAITING,
        reason=WaitingFor.NUMBER,
    )
    return NumberView(
        state=number.state,
        written=number.written,
        # Before it is active nobody is given it: texts to it would go nowhere.
        e164=number.phone if number.active_at else "",
        steps=tuple(number.steps),
        reason=number.reason,
        requested_at=number.requested_at,
        waiting_count=0 if number.active_at else waiting.count(),
        trouble=trouble_of(number, now=clock.now()),
        late=number.is_late(clock.now()),
        longest_wait=longest_wait(),
    )
