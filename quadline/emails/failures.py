"""What mail servers and mail services say when they do not take a letter, in our words:
try again, or never.
"""

import smtplib
from typing import Any

SERVER_IS_LEAVING = 421  # RFC 5321, 3.8: the server closes the connection
SERVER_NOT_REACHED = "The mail server could not be reached. Trying again automatically."
NOT_NOW = "The mail server would not take it yet. Trying again automatically."
NOT_LET_IN = (
    "The mail server did not let us in. An administrator must look at EMAIL_URL; it is"
    " tried again automatically."
)
NO_ADDRESS = "The email address on file cannot be used."
MAX_QUOTE = 160


class MailRefused(Exception):
    """A letter was not taken.

    ``is_final``: never again; ``is_about_server``:
    the next letter would not be taken either.
    """

    def __init__(
        self,
        words: str,
        *,
        is_final: bool,
        is_about_server: bool = False,
    ) -> None:
        super().__init__(words)
        self.words = words
        self.is_final = is_final
        self.is_about_server = is_about_server


def in_our_words(error: Exception) -> MailRefused:
    """Whatever went wrong, as a MailRefused. What we do not know is tried again."""
    if isinstance(error, MailRefused):
        return error
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()), (450, b""))
        return _answered(code, said)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return MailRefused(NOT_LET_IN, is_final=False, is_about_server=True)
    if isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return MailRefused(SERVER_NOT_REACHED, is_final=False, is_about_server=True)
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error.smtp_code, error.smtp_error)
    # an address or a header that nobody could write
    if isinstance(error, ValueError | smtplib.SMTPNotSupportedError):
        return MailRefused(NO_ADDRESS, is_final=True)
    if type(error).__name__ == "AnymailRecipientsRefused":
        return MailRefused(NO_ADDRESS, is_final=True)
    if (status := getattr(error, "status_code", None)) is not None:
        return _service_answered(int(status))
    return MailRefused(SERVER_NOT_REACHED, is_final=False, is_about_server=True)


def _answered(code: int, said: Any) -> MailRefused:
    """A mail server's answer: 5xx is for good, 4xx for now (RFC 5321, 4.2.1)."""
    if 500 <= code < 600:
        return MailRefused(
            f"The mail server refused it: {code} {_quoted(said)}".strip(), is_final=True
        )
    return MailRefused(
        NOT_NOW, is_final=False, is_about_server=code == SERVER_IS_LEAVING
    )


def _service_answered(status: int) -> MailRefused:
    """A mail service's answer: 401 and 403 are about our account, 429 and 5xx about
    now; other 4xx about the letter.
    """
    if status in (401, 403):
        return MailRefused(
            NOT_LET_IN.replace("EMAIL_URL", "EMAIL_SERVICE_KEY"),
            is_final=False,
            is_about_server=True,
        )
    if 400 <= status < 500 and status not in (408, 429):
        return MailRefused(f"The mail service refused it ({status}).", is_final=True)
    return MailRefused(NOT_NOW, is_final=False, is_about_server=True)


def _quoted(said: Any) -> str:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    printable = [letter if letter.isprintable() else " " for letter in words]
    one_line = " ".join("".join(printable).split())
    return one_line[:MAX_QUOTE]
