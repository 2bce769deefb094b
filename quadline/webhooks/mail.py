"""A mail service brings students' emails and news of ours: verify, hand over, answer.

Anymail reads what each service says. Its views are served under /mail/, for the one service that is set up, and only
with EMAIL_WEBHOOK_SECRET: without it anybody could write into conversations.
"""

from typing import Any

import structlog
from anymail.signals import EventType, inbound, tracking
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt

from quadline import clock
from quadline.delivery.inbound_email import file_email
from quadline.delivery.mail_results import record_bounce
from quadline.delivery.models import OutgoingEmail
from quadline.emails.incoming import TooLarge

log = structlog.get_logger(__name__)

# Why an email of ours did not arrive, as services say it, in our words.
NEVER_ARRIVED = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED}
REASONS = {
    "invalid": "the address cannot be used",
    "bounced": "there is no such mailbox, or it takes no mail",
    "timed_out": "its mail server did not answer",
    "blocked": "the mail service sends nothing to this address",
    "spam": "it was taken for unwanted mail",
    "unsubscribed": "the address asked the mail service for no more mail",
}


class TooEarly(Exception):
    """News of an email that a worker is still handing over: the service is to bring it again."""


@csrf_exempt
@login_not_required
def mail_service(request: HttpRequest, door: str) -> HttpResponse:
    """Anymail's own view of this service's calls, which checks the secret before it reads anything."""
    service = door.partition("/")[0]
    if service != settings.ENV.email_service or not settings.ENV.email_webhook_secret:
        return _said(404, "There is no such address.")
    from anymail.exceptions import AnymailWebhookValidationFailure  # here: with it comes a library that few colleges need

    try:
        found = resolve(f"/{door}", urlconf="anymail.urls")
        answer: HttpResponse = found.func(request, *found.args, **found.kwargs)
        return answer
    except Resolver404:
        return _said(404, "There is no such address.")
    except AnymailWebhookValidationFailure:
        log.warning("a mail service's call without the secret", service=service)
        return _said(403, "The secret is not right.")
    except TooEarly:
        return _said(503, "Not yet. Please come again.")
    except Exception:
        log.exception("a mail service's call that could not be kept; it brings it again", service=service)
        return _said(500, "It could not be kept just now. Please come again.")


def _said(status: int, words: str) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain")


def keep_inbound(sender: Any, event: Any, esp_name: str, **rest: Any) -> None:
    """A student's email. What is too large would be brought again and again: it is dropped, and said in the log."""
    message = event.message
    raw = bytes(message)
    if message.envelope_sender is not None and "Return-Path" not in message:
        raw = f"Return-Path: <{message.envelope_sender}>\r\n".encode() + raw
    try:
        file_email(raw, envelope_to=message.envelope_recipient or "", now=clock.now())
    except TooLarge as refusal:
        log.warning("an email was too large to keep", service=esp_name, why=str(refusal))


def keep_tracking(sender: Any, event: Any, esp_name: str, **rest: Any) -> None:
    """An email of ours did not arrive. Other news (delivered, opened) is not kept: nobody here is watched reading."""
    if event.event_type not in NEVER_ARRIVED:
        return
    email = OutgoingEmail.objects.filter(provider_id=event.message_id).select_related("message__conversation").first()
    if email and event.message_id:
        record_bounce(email, words=_words(event), now=clock.now())
    elif OutgoingEmail.objects.filter(to__iexact=event.recipient or "", state=OutgoingEmail.State.SENDING).exists():
        raise TooEarly
    else:
        log.info("news of no email to a student", service=esp_name, kind=event.event_type)


def _words(event: Any) -> str:
    said = " ".join(str(event.mta_response or event.description or "").split())[:120]
    meaning = REASONS.get(str(event.reject_reason or ""), "")
    if meaning:
        return f"{meaning} ({said})" if said else meaning
    return said or "the mail service did not say why"


# How Anymail's views hand over what they read, in the request that brought it; nobody else listens or sends.
inbound.connect(keep_inbound, dispatch_uid="quadline.webhooks.mail.inbound")
tracking.connect(keep_tracking, dispatch_uid="quadline.webhooks.mail.tracking")
