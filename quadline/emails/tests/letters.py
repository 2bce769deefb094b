"""Emails as programs and people really send them, put together for tests."""

import base64
from email import policy
from email.message import EmailMessage

BO = "Bo Jensen <bo.jensen@alder.example>"
REPLY_TO = "reply@mail.alder.example"
HEAD = {
    "From": BO,
    "To": REPLY_TO,
    "Subject": "Re: Before Monday",
    "Message-ID": "<CAF1@mail.alder.example>",
    "In-Reply-To": "<m.1.7@alder.example>",
    "References": "<m.0.7@alder.example> <m.1.7@alder.example>",
    "Date": "Mon, 23 Nov 2026 10:00:00 -0500",
}


def raw(
    body: str | bytes,
    content_type: str = "text/plain; charset=utf-8",
    *,
    encoding: str = "8bit",
    **headers: str,
) -> bytes:
    """One part. A header is named with underscores; "" leaves it out."""
    given = HEAD | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in given.items() if value]
    lines += [
        "MIME-Version: 1.0",
        f"Content-Type: {content_type}",
        f"Content-Transfer-Encoding: {encoding}",
    ]
    content = body.encode() if isinstance(body, str) else body
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def plain(body: str, **headers: str) -> bytes:
    return raw(body.replace("\n", "\r\n"), **headers)


def html(body: str, **headers: str) -> bytes:
    return raw(body, "text/html; charset=utf-8", **headers)


def coded(body: str, charset: str, **headers: str) -> bytes:
    """In base64, in this charset."""
    return raw(
        base64.encodebytes(body.encode(charset)),
        f"text/plain; charset={charset}",
        encoding="base64",
        **headers,
    )


def parts(kind: str, *inside: bytes, **headers: str) -> bytes:
    """A multipart; each part brings its own head."""
    joined = b"".join(b"--b\r\n" + part + b"\r\n" for part in inside) + b"--b--\r\n"
    if kind != "mixed":
        joined, mark = joined.replace(b"--b", f"--{kind[0]}b".encode()), f"{kind[0]}b"
    else:
        mark = "b"
    return raw(joined, f'multipart/{kind}; boundary="{mark}"', **headers)


def part(
    body: str, content_type: str = "text/plain; charset=utf-8", disposition: str = ""
) -> bytes:
    extra = f"Content-Disposition: {disposition}\r\n" if disposition else ""
    return f"Content-Type: {content_type}\r\n{extra}\r\n{body}".encode()


def with_files(body: str, *names: str, size: int = 10) -> bytes:
    message = EmailMessage(policy=policy.SMTP)
    for name, value in HEAD.items():
        message[name] = value
    message.set_content(body)
    for name in names:
        message.add_attachment(
            b"x" * size, maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()


GMAIL_LIKE = (
    '<div dir="ltr">Yes, at 10.</div><br><div class="gmail_quote"><div'
    ' class="gmail_attr">On Mon, Nov 23, 2026 at 9:14 AM Maya &lt;t@alder.example&gt;'
    ' wrote:<br></div><blockquote class="gmail_quote">Are you free?</blockquote></div>'
)
POSTFIX_BOUNCE = """\
Return-Path: <>
Date: Mon, 23 Nov 2026 10:00:00 -0500 (EST)
From: MAILER-DAEMON@mx.alder.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="9B2A.1"
Message-Id: <20261123150000.9B2A@mx.alder.example>

This is a MIME-encapsulated message.

--9B2A.1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.alder.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<bo.jensen@alder.example>: host mail.alder.example[192.0.2.1] said: 550 5.1.1
    <bo.jensen@alder.example>: Recipient address rejected: User unknown (in reply to RCPT TO command)

--9B2A.1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.alder.example
X-Postfix-Queue-ID: 9B2A
Arrival-Date: Mon, 23 Nov 2026 10:00:00 -0500 (EST)

Final-Recipient: rfc822; bo.jensen@alder.example
Original-Recipient: rfc822;bo.jensen@alder.example
Action: {action}
Status: {status}
Remote-MTA: dns; mail.alder.example
Diagnostic-Code: smtp; 550 5.1.1 <bo.jensen@alder.example>: Recipient address
    rejected: User unknown

--9B2A.1
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: Maya Alvarez via Alder College <texting@alder.example>
To: bo.jensen@alder.example
Message-ID: {about}
Subject: Before Monday

--9B2A.1--
"""
EXCHANGE_BOUNCE = """\
Return-Path: <>
From: <postmaster@alder.onmicrosoft.example>
To: {to}
Subject: Undeliverable: Before Monday
Message-ID: <f00d@alder.onmicrosoft.example>
In-Reply-To: {about}
References: {about}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x1"

--x1
Content-Type: multipart/alternative; boundary="x2"

--x2
Content-Type: text/plain; charset="us-ascii"

Your message to bo.jensen@alder.example couldn't be delivered.
--x2
Content-Type: text/html; charset="us-ascii"

<html><body><p>Your message to <b>bo.jensen@alder.example</b> couldn't be delivered.</p></body></html>
--x2--
--x1
Content-Type: message/delivery-status

Reporting-MTA: dns;BL0PR12.namprd12.prod.outlook.example
Received-From-MTA: dns;mx.alder.example
Arrival-Date: Mon, 23 Nov 2026 15:00:00 +0000

Final-Recipient: rfc822;bo.jensen@alder.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full;STOREDRV.Deliver.Exception:QuotaExceededException

--x1
Content-Type: message/rfc822

From: Maya Alvarez via Alder College <texting@alder.example>
Message-ID: {about}
Subject: Before Monday

Are you free?
--x1--
"""
EXIM_BOUNCE = """\
Return-path: <>
X-Failed-Recipients: bo.jensen@alder.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.alder.example>
To: {to}
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1exim@mx.alder.example>

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bo.jensen@alder.example
    SMTP error from remote mail server after RCPT TO:<bo.jensen@alder.example>:
    550 5.1.1 No such user

------ This is a copy of the message, including all the headers. ------

From: Maya Alvarez via Alder College <texting@alder.example>
Message-ID: {about}
Subject: Before Monday

Are you free?
"""


def bounce(
    sample: str,
    *,
    to: str = REPLY_TO,
    about: str = "<m.1.7@alder.example>",
    action: str = "failed",
    status: str = "5.1.1",
) -> bytes:
    filled = sample.format(to=to, about=about, action=action, status=status)
    return filled.replace("\n", "\r\n").encode()
