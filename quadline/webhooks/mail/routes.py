"""A mail service brings students' emails and news of ours: verify, hand over, answer.

Anymail reads what each service says. Its views are served under /mail/, for the one
service that is set up, and only with EMAIL_WEBHOOK_SECRET: without it anybody could
write into conversations. Emails are parsed in the reader's process, and not in this
one.
"""

import json
import time
from typing import Any

import structlog
from anymail.signals import EventType, inbound, tracking
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt

from quadline import clock
from quadline.delivery.failsafe.email_results import record_bounce
from quadline.delivery.inbound.inbound_email import OpenedEmail, file_opened, open_email
from quadline.delivery.models import OutgoingEmail
from quadline.emails import reading, tokens, unread
from quadline.emails.incoming import Unreadable
from quadline.emails.limits import EmailTooLarge
from quadline.emails.reading import Busy
from quadline.outages import is_outage
from quadline.webhooks.mail.mail_rate import MailRate

log = structlog.get_logger(__name__)

# What is nothing to a process that parses: who calls, and with which secret.
NOT_FOR_READERS = frozenset({"HTTP_AUTHORIZATION", "HTTP_COOKIE"})
MAX_SCANNED = 2_000_000  # bytes of a call in which a reply address is looked for
_rate = MailRate()

# Why an email of ours did not arrive, as services say it, in our words.
NEVER_ARRIVED = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED}
BOUNCE_REASON_WORDS = {
    "invalid": "the address cannot be used",
    "bounced": "there is no such mailbox, or it takes no mail",
    "timed_out": "its mail server did not answer",
    "blocked": "the mail service sends nothing to this address",
    "spam": "it was taken for unwanted mail",
    "unsubscribed": "the address asked the mail service for no more mail",
}


class TooEarly(Exception):
    """News of an email that a worker is still handing over:
    the service is to bring it again.
    """


@csrf_exempt
@login_not_required
def mail_service(request: HttpRequest, door: str) -> HttpResponse:
    """Anymail's own view of this service's calls,
    which checks the secret before it reads anything.
    """
    service = door.partition("/")[0]
    if service != settings.ENV.email_service or not settings.ENV.email_webhook_secret:
        return _said(404, "There is no such address.")
    # Here: with it comes a library that few colleges need.
    from anymail.exceptions import AnymailWebhookValidationFailure

    try:
        found: Any = resolve(f"/{door}", urlconf="anymail.urls")
        if request.method == "POST" and found.func.view_class.signal is inbound:
            return _keep_call(request, door, found)
        answer: HttpResponse = found.func(request, *found.args, **found.kwargs)
        return answer
    except Resolver404:
        return _said(404, "There is no such address.")
    except AnymailWebhookValidationFailure:
        log.warning("a mail service's call without the secret", service=service)
        return _said(403, "The secret is not right.")
    except TooEarly:
        return _said(503, "Not yet. Please come again.")
    except Busy:
        return _said(503, "That is a lot of mail at once. Please come again.")
    except Exception as error:
        log.exception("a mail service's call that could not be kept", service=service)
        if is_outage(error):
            return _said(503, "Not just now. Please come again.")
        return _said(500, "It could not be kept just now. Please come again.")


def _keep_call(
    request: HttpRequest,
    door: str,
    found: Any,
) -> HttpResponse:
    """Verify, and keep each email of the call.

    What cannot be read is kept as it came.
    """
    body = request.body  # before a validator reads the form
    view = found.func.view_class(**found.func.view_initkwargs)
    view.setup(request, *found.args, **found.kwargs)
    view.run_validators(request)
    if not _says_something(request, body):
        return _said(400, "This is no call of a mail service.")
    if not _rate.takes("", now=time.monotonic()):
        raise Busy
    try:
        emails = _emails_in(request, door, body)
    except Unreadable as why:
        _keep_unread(body, str(why))
    else:
        for raw, recipient in emails:
            _keep(raw, recipient)
    return HttpResponse()


def _keep_unread(body: bytes, why: str) -> None:
    """A call that broke its reader would break it every time: it is kept as it came."""
    log.warning("a mail service's call that could not be read", why=why)
    named = unread.named_in(body, why=why)
    recipient = tokens.reply_address_in(body[:MAX_SCANNED])
    file_opened(
        OpenedEmail(body, named),
        envelope_to=recipient,
        now=clock.now(),
    )


def _says_something(request: HttpRequest, body: bytes) -> bool:
    """Whether there is a call at all: what broke its reader is kept, noise is not."""
    if request.content_type != "application/json":
        return bool(request.POST or request.FILES)
    try:
        said = json.loads(body)
    except RecursionError:
        return True
    except ValueError:
        return False
    return isinstance(said, dict | list) and bool(said)


def _emails_in(
    request: HttpRequest,
    door: str,
    body: bytes,
) -> list[tuple[bytes, str]]:
    headers = {
        name: value
        for name, value in request.META.items()
        if name.startswith("HTTP_") and name not in NOT_FOR_READERS
    }
    return reading.emails_in_call(
        door,
        body,
        content_type=request.META.get("CONTENT_TYPE", ""),
        headers=headers,
        options=getattr(settings, "ANYMAIL", {}),
    )


def _keep(raw: bytes, recipient: str) -> None:
    """What is too large would be brought again and again: it is dropped, and logged."""
    try:
        opened = open_email(raw)
    except EmailTooLarge as refusal:
        log.warning("an email was too large to keep", why=str(refusal))
        return
    if not _rate.takes(opened.email.sender, now=time.monotonic()):
        raise Busy
    file_opened(opened, envelope_to=recipient, now=clock.now())


def _said(status: int, words: str) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain")


def keep_tracking(sender: Any, event: Any, esp_name: str, **rest: Any) -> None:
    """An email of ours did not arrive.

    Other news (delivered, opened) is not kept: nobody here is watched reading.
    """
    if event.event_type not in NEVER_ARRIVED:
        return
    known = OutgoingEmail.objects.filter(provider_id=event.message_id)
    email = known.select_related("message__conversation").first()
    # An event without an id would be about every email that has none yet.
    if email and event.message_id:
        record_bounce(email, words=_words(event), now=clock.now())
    elif OutgoingEmail.objects.filter(
        to__iexact=event.recipient or "", state=OutgoingEmail.State.SENDING
    ).exists():
        raise TooEarly
    else:
        log.info(
            "news of no email to a student", service=esp_name, kind=event.event_type
        )


def _words(event: Any) -> str:
    answer = str(event.mta_response or event.description or "")
    said = " ".join(answer.split())[:120]
    reason = str(event.reject_reason or "")
    meaning = BOUNCE_REASON_WORDS.get(reason, "")
    if meaning and said:
        return f"{meaning} ({said})"
    return meaning or said or "the mail service did not say why"


# How Anymail's views hand over news of our emails, in the request that brought it.
tracking.connect(keep_tracking, dispatch_uid="quadline.webhooks.mail.routes.tracking")
