"""P6, held against the evidence: what did not arrive as a text is in a
mailbox, once, and what did arrive is not.
"""

from collections import Counter
from collections.abc import Iterator

from tests.faults.harness.evidence import Evidence, Row
from tests.faults.harness.load import Done

NOT_THERE = ("undelivered", "failed")


class Mailboxes:
    """What arrived where and when, by the mail server's
    ledger, asked by our messages.
    """

    def __init__(self, seen: Evidence) -> None:
        self._emails = {email["message_id"]: email for email in seen.emails}
        self._arrived: dict[tuple[str, str], float] = {}
        self._came_back: set[tuple[str, str]] = set()
        for mail in seen.mail:
            letter = mail["message_id"], mail["to"]
            if mail["bounced"]:
                self._came_back.add(letter)
            else:
                self._arrived.setdefault(letter, mail["at"])

    def arrived_at(self, message: Row) -> float | None:
        """When its email first was in the student's mailbox."""
        return self._arrived.get(self._letter(message))

    def came_back(self, message: Row) -> bool:
        return self._letter(message) in self._came_back

    def _letter(self, message: Row) -> tuple[str, str]:
        """Its Message-ID and to whom it goes: in anybody
        else's mailbox it does not count.
        """
        email = self._emails.get(message["id"])
        return (
            (email["header_id"], f"{message['email']}".lower()) if email else ("", "")
        )


def one_email_per_undelivered_text(seen: Evidence, done: Done) -> Iterator[str]:
    """P6. Whatever the carrier says did not arrive, and whatever we
    did not hand over, became one email.
    """
    written, boxes = (
        Counter(email["message_id"] for email in seen.emails),
        Mailboxes(seen),
    )
    for text in seen.texts:
        mailed_at, end = (
            boxes.arrived_at(text),
            seen.ends.get(text["carrier_message_id"], ""),
        )
        if text["status"] == "emailed" and mailed_at is None:
            yield f"{text['body']!r} counts as emailed, and no mailbox has it"
        if text["status"] in ("blocked", "failed", "undelivered"):
            yield (
                f"{text['body']!r} is {text['status']}, and no email went out"
                f" ({text['detail']})"
            )
        if (
            text["status"] == "unreached"
            and text["email"]
            and not boxes.came_back(text)
        ):
            yield (
                f"{text['body']!r} counts as unreached, and {text['email']} was not"
                f" written to ({text['detail']})"
            )
        if written[text["id"]] > 1:
            yield f"{text['body']!r} has {written[text['id']]} emails"
        if end in NOT_THERE and text["status"] not in ("emailed", "unreached"):
            yield (
                f"{text['body']!r} did not arrive, by the carrier's log, and is"
                f" {text['status']} without an email"
            )
        if text["status"] == "delivered" and mailed_at is not None:
            yield f"{text['body']!r} was delivered and emailed"
        if (
            end == "delivered"
            and text["status"] != "delivered"
            and not _arrived_too_late(seen, text, mailed_at)
        ):
            yield (
                f"{text['body']!r} arrived, by the carrier's log, and is"
                f" {text['status']}"
            )


def _arrived_too_late(seen: Evidence, text: Row, mailed_at: float | None) -> bool:
    """The email had left when the text arrived: then it stays "emailed"
    (docs/adr/0007-email-fail-safe.md).
    """
    return (
        text["status"] == "emailed"
        and mailed_at is not None
        and mailed_at < seen.delivered_at[text["carrier_message_id"]]
    )


def every_email_is_in_its_mailbox(seen: Evidence, done: Done) -> Iterator[str]:
    """P1 and P6, of what staff wrote as emails. No mail server here refuses one for
    good: else it would have come back.
    """
    boxes = Mailboxes(seen)
    for email in seen.outbound:
        if email["channel"] != "email":
            continue
        if email["status"] == "sent" and boxes.arrived_at(email) is None:
            yield (
                f"the email {email['body']!r} counts as sent, and is not in the mailbox"
                f" of {email['email']}"
            )
        if email["status"] in ("failed", "bounced") and not boxes.came_back(email):
            yield (
                f"the email {email['body']!r} is {email['status']}, and never came back"
                f" ({email['detail']})"
            )


def one_mail_per_email(seen: Evidence, done: Done) -> Iterator[str]:
    """P6: nothing in a mailbox that no row knows; arrivals that repeat carry one
    Message-ID and are counted apart.
    """
    known = {(email["header_id"], email["to"].lower()) for email in seen.emails}
    to_students = {to for _, to in known}
    for mail in seen.mail:
        if (
            mail["to"] in to_students
            and (mail["message_id"], mail["to"]) not in known
            and "advisor" not in mail["to"]
        ):
            yield f"a mail {mail['message_id']} to {mail['to']} is known to no row"
