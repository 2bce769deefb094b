"""My number: at which step it is, and what waits for it."""

from datetime import datetime

from ninja import Router

from quadline.api.answers import answers
from quadline.api.fields import ApiAnswer, ApiRequest
from quadline.conversations.models import Message
from quadline.conversations.rules import Status, WaitingFor
from quadline.numbers.models import SystemNumber

router = Router(tags=["Numbers"])


class NumberAnswer(ApiAnswer):
    """``state`` is "none" before the first text, which asks for a number."""

    state: str
    phone: str = ""  # E.164, once texts may leave from it
    written: str = ""
    reason: str = ""
    requested_at: datetime | None = None
    active_at: datetime | None = None
    waiting_texts: int = 0


@router.get("/me", response=answers(200, NumberAnswer), summary="My System number")
def get_my_number(request: ApiRequest) -> NumberAnswer:
    number = SystemNumber.objects.of(request.auth)
    if number is None:
        return NumberAnswer(state="none")
    waiting = Message.objects.filter(
        system_number=number,
        status=Status.WAITING,
        reason=WaitingFor.NUMBER,
    )
    return NumberAnswer(
        state=number.state,
        # Before it is active nobody is given it: texts to it would go nowhere.
        phone=number.phone if number.active_at else "",
        written=number.written,
        reason=number.reason,
        requested_at=number.requested_at,
        active_at=number.active_at,
        waiting_texts=waiting.count(),
    )
