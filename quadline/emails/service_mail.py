"""What a mail service's call brings, as emails: read by Anymail,
in the reader's process.

Anymail reads headers with Python's own parsers, which can be made to take very long.
"""

import base64
from email.message import Message
from io import BytesIO
from typing import Any

ServiceCall = dict[str, Any]  # door, content_type, headers, options


def emails_in(call: ServiceCall, body: bytes) -> list[dict[str, Any]]:
    """Each email of a call: its bytes in base64, and its envelope where it is known."""
    _set_up(call["options"])
    from django.core.handlers.wsgi import WSGIRequest
    from django.urls import resolve

    found: Any = resolve(f"/{call['door']}", urlconf="anymail.urls")
    view = found.func.view_class(**found.func.view_initkwargs)
    request = WSGIRequest(_environment(call, body))
    view.setup(request, *found.args, **found.kwargs)
    return [_as_it_came(event.message) for event in view.parse_events(request)]


def _set_up(options: dict[str, Any]) -> None:
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            ANYMAIL=options,
            DATA_UPLOAD_MAX_MEMORY_SIZE=None,
            DATA_UPLOAD_MAX_NUMBER_FIELDS=2_000,
            FILE_UPLOAD_HANDLERS=[
                "django.core.files.uploadhandler.MemoryFileUploadHandler"
            ],
            FILE_UPLOAD_MAX_MEMORY_SIZE=50_000_000,
            USE_TZ=True,
        )


def _environment(call: ServiceCall, body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": f"/{call['door']}",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": call["content_type"],
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        **call["headers"],
    }


def _as_it_came(message: Any) -> dict[str, Any]:
    raw = _bytes_of(message)
    envelope_sender = message.envelope_sender
    if envelope_sender is not None and "Return-Path" not in message:
        raw = f"Return-Path: <{envelope_sender}>\r\n".encode() + raw
    return {
        "raw": base64.b64encode(raw).decode(),
        "recipient": message.envelope_recipient or "",
    }


def _bytes_of(message: Message) -> bytes:
    """Headers are written as they came, and not folded again."""
    policy: Any = message.policy
    return message.as_bytes(policy=policy.clone(refold_source="none", utf8=True))
