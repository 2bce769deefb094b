"""Forms of several parts: whole, text where text is, whatever bytes where a file is."""

import pytest
from django.test import RequestFactory

from quadline.web.whole_forms import _is_whole

BOUNDARY = "b0undary"
NOT_TEXT = b"\xff\xd8\xff\xe0 Zo\xeb"


def form(*parts: bytes, end: bytes = b"--\r\n") -> bytes:
    start = f"--{BOUNDARY}".encode()
    return b"".join(start + b"\r\n" + part + b"\r\n" for part in parts) + start + end


def field(content: bytes, disposition: bytes = b'form-data; name="title"') -> bytes:
    return b"Content-Disposition: " + disposition + b"\r\n\r\n" + content


def file(content: bytes) -> bytes:
    named = b'form-data; name="photo"; filename="me.jpg"'
    return field(content, named).replace(
        b"\r\n\r\n", b"\r\nContent-Type: image/jpeg\r\n\r\n", 1
    )


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (form(field(b"Coach")), True),
        (form(field("Zoë".encode())), True),
        (form(file(NOT_TEXT)), True),
        (form(field(b"Coach"), file(NOT_TEXT)), True),
        (form(field(NOT_TEXT)), False),
        (form(file(NOT_TEXT), field(NOT_TEXT)), False),
        (form(field(b'filename="x" ' + NOT_TEXT)), False),
        (form(file(NOT_TEXT), end=b""), False),
        (form(file(NOT_TEXT))[:-30], False),
    ],
)
def test_a_form_of_parts_is_whole_or_refused(body: bytes, whole: bool) -> None:
    request = RequestFactory().generic(
        "POST",
        "/me/edit/",
        body,
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
    )

    assert _is_whole(request) is whole
