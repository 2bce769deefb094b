"""One number: what its state means, its history, and what an administrator may do with
it, each act after a look at what it means for students.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from quadline import clock
from quadline.delivery.retiring.acts import give_back_number, rest_number, wake_number
from quadline.delivery.retiring.consequences import consequences_for
from quadline.delivery.retiring.reassigning import (
    ReassignRefused,
    inboxes_without_number,
    reassign_number,
)
from quadline.inboxes.models import Inbox
from quadline.numbers.models import SystemNumber
from quadline.numbers.repairing import NUMBER_CHANGED
from quadline.numbers.rules import NumberState
from quadline.reports.numbers import last_errors, month_began_at, texts_sent
from quadline.sms import phones
from quadline.web.manage.number_words import STATE_MEANINGS, sentences_for
from quadline.web.manage.numbers import NUMBER_CHIPS, require_manager, row_of
from quadline.web.requests import StaffRequest, whole_number

WITHOUT_PHONE = "release"  # what is typed for one that was never bought


@dataclass(frozen=True)
class NumberAct:
    title: str
    button: str
    done: str
    states: frozenset[NumberState]


ACTS = {
    "rest": NumberAct(
        "Rest this number",
        "Rest number",
        "{number} is resting.",
        frozenset({NumberState.ACTIVE}),
    ),
    "release": NumberAct(
        "Release this number",
        "Release number",
        "{number} is being given back to the carrier.",
        frozenset({NumberState.RESTING, NumberState.REGISTERING, NumberState.FAILED}),
    ),
    "reassign": NumberAct(
        "Reassign this number",
        "Reassign number",
        "{number} has moved.",
        frozenset({NumberState.RESTING}),
    ),
}


@require_safe
def number_page(
    request: StaffRequest,
    number_id: int,
) -> HttpResponse:
    require_manager(request)
    number = get_object_or_404(_numbers(), pk=number_id)
    state, now = NumberState(number.state), clock.now()
    since = month_began_at(now)
    others = SystemNumber.objects.filter(phone=number.phone).exclude(pk=number.pk)
    shown = {
        "row": row_of(
            number,
            now=now,
            texts=texts_sent(since=since),
            errors=last_errors(since=since),
        ),
        "number": number,
        "means": STATE_MEANINGS[state],
        "acts": {name: act for name, act in ACTS.items() if state in act.states},
        "can_wake": state is NumberState.RESTING,
        "can_retry": state is NumberState.FAILED,
        "history": _history(number),
        # whose it was before, or is now
        "others": others.select_related("inbox__owner") if number.phone else (),
    }
    return render(request, "manage/number.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def number_act(
    request: StaffRequest,
    number_id: int,
    act: str,
) -> HttpResponseBase:
    """What it would mean, and a word to type before it is done."""
    require_manager(request)
    number = get_object_or_404(_numbers(), pk=number_id)
    if act not in ACTS:
        raise Http404
    # Another administrator was faster, or the address was typed.
    if NumberState(number.state) not in ACTS[act].states:
        messages.info(request, NUMBER_CHANGED)
        return redirect("manage_number", number.pk)
    error = ""
    if request.method == "POST":
        if _is_confirmed(request, number):
            error = _done(request, act, number)
            if not error:
                return redirect("manage_number", number.pk)
        else:
            error = f"Type {confirm_word(number)} to confirm. Nothing was changed."
    shown = {
        "number": number,
        "act": ACTS[act],
        "name": act,
        "word": confirm_word(number),
        "sentences": sentences_for(act, number, consequences_for(number)),
        "inboxes": _choices() if act == "reassign" else (),
        "chosen": whole_number(request.POST.get("inbox")),
        "error": error,
        "post_url": reverse("number_act", args=[number.pk, act]),
    }
    return render(
        request, "manage/number_act.html", shown, status=422 if error else 200
    )


@require_POST
def wake(
    request: StaffRequest,
    number_id: int,
) -> HttpResponseBase:
    require_manager(request)
    number = get_object_or_404(_numbers(), pk=number_id)
    if wake_number(number=number, actor=request.user, now=clock.now()):
        messages.success(
            request, f"{called(number)} is active again. Waiting texts are being sent."
        )
    else:
        messages.info(request, NUMBER_CHANGED)
    return redirect("manage_number", number.pk)


def confirm_word(number: SystemNumber) -> str:
    """The last four digits: nobody types those of another number by habit."""
    return number.phone[-4:] or WITHOUT_PHONE


def called(number: SystemNumber) -> str:
    if number.phone:
        return phones.written(number.phone)
    return f"The number of {number.whose}"


def _numbers() -> "QuerySet[SystemNumber]":
    return SystemNumber.objects.select_related("inbox__owner__office", "inbox__office")


def _is_confirmed(request: StaffRequest, number: SystemNumber) -> bool:
    # Digits of the number itself, which a hurried hand does not type by habit.
    typed = request.POST.get("confirm", "").strip().casefold()
    return typed == confirm_word(number)


def _done(
    request: StaffRequest,
    act: str,
    number: SystemNumber,
) -> str:
    """Do it; what stands in the way, or ""."""
    name, is_done = called(number), False
    common: dict[str, Any] = {"actor": request.user, "now": clock.now()}
    if act == "rest":
        is_done = rest_number(number=number, **common)
    elif act == "release":
        is_done = give_back_number(number=number, **common)
    else:
        chosen = whole_number(request.POST.get("inbox")) or 0
        inbox = Inbox.objects.filter(pk=chosen).first()
        if inbox is None:
            return "Choose an inbox. Nothing was changed."
        try:
            is_done = reassign_number(number=number, to=inbox, **common) is not None
        except ReassignRefused as error:
            return str(error)
    if is_done:
        messages.success(request, ACTS[act].done.format(number=name))
    else:
        messages.info(request, NUMBER_CHANGED)
    return ""


def _choices() -> list[tuple[int, str]]:
    found = [
        (inbox.pk, f"{inbox.shown_name}{_of_office(inbox)}")
        for inbox in inboxes_without_number()
    ]
    return sorted(found, key=lambda choice: choice[1].casefold())


def _of_office(inbox: Inbox) -> str:
    office = inbox.its_office
    return f", {office.name}" if office else ""


def _history(number: SystemNumber) -> list[dict[str, Any]]:
    """Newest first."""
    events = number.events.select_related("actor").order_by("-at", "-pk")
    return [
        {
            "at": event.at,
            "label": NUMBER_CHIPS[NumberState(event.to_state)]["label"],
            "cause": event.cause,
            "actor": event.actor,
        }
        for event in events
    ]
