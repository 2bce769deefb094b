"""Mail as the college sends it."""

import smtplib
from email import policy
from email.message import EmailMessage
from email.utils import make_msgid

from quadline.simulator.tests.driver import Simulator

SALLY = "sally@alder.example"


def letter(
    subject: str = "Before Monday", body: str = "Are you free?", **headers: str
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Maya Alvarez <texting@alder.example>"
    message["To"] = SALLY
    message["Reply-To"] = "reply+7.abcdef@mail.alder.example"
    message["Subject"] = subject
    message["Message-ID"] = make_msgid(domain="mail.alder.example")
    for name, value in headers.items():
        del message[name]
        message[name] = value
    message.set_content(body)
    return message


def post(simulator: Simulator, message: EmailMessage, to: str = SALLY) -> None:
    with smtplib.SMTP(
        "127.0.0.1", simulator.get("healthz")["smtp_port"], timeout=120
    ) as server:
        server.sendmail(
            "texting@alder.example", [to], message.as_bytes(policy=policy.SMTP)
        )
