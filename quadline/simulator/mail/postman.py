"""Carries students' mail to the college's intake;
what is refused for now is kept and tried again.
"""

import asyncio
import smtplib
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.mail.answers import StudentLetter

_NO_INTAKE = "Nobody takes the college's mail: mail_intake is not set."
_TRY_AGAIN = 15.0  # seconds of the simulator's time
_MOST_TRIES = 200  # fifty minutes


@dataclass(frozen=True, slots=True)
class IntakeAnswer:
    """What the college's intake answered; no code when nobody did."""

    code: int | None
    words: str

    @property
    def is_taken(self) -> bool:
        if self.code is None:
            return False
        return 200 <= self.code < 300

    @property
    def is_final(self) -> bool:
        """Taken, or refused for good: 4xx asks to try again (RFC 5321, 4.2.1)."""
        if self.code is None:
            return False
        return not 400 <= self.code < 500


class Postman:
    def __init__(self, carrier: SimulatedCarrier) -> None:
        self._carrier = carrier
        self._under_way: set[asyncio.Task[IntakeAnswer]] = set()

    def post(
        self,
        letter: StudentLetter,
        tries: int = 1,
    ) -> None:
        """Leave it to the postman; nobody waits for the answer."""
        task = asyncio.ensure_future(self.deliver(letter, tries))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def deliver(
        self,
        letter: StudentLetter,
        tries: int = 1,
    ) -> IntakeAnswer:
        """Hand it over now, and again later when that fails for now."""
        intake = self._carrier.knobs.mail_intake
        if not intake:
            outcome = IntakeAnswer(550, _NO_INTAKE)
            self._note(letter, tries, outcome)
            return outcome
        for _ in range(letter.copies):
            outcome = await asyncio.to_thread(_hand_over, intake, letter)
            self._note(letter, tries, outcome)
        if not outcome.is_final and tries < _MOST_TRIES:
            clock = self._carrier.clock
            again = partial(self.post, letter, tries + 1)
            clock.at(clock.now() + _TRY_AGAIN, again)
        return outcome

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _note(
        self,
        letter: StudentLetter,
        tries: int,
        outcome: IntakeAnswer,
    ) -> None:
        self._carrier.ledger.write(
            "mail_reply",
            **{"from": letter.address},
            to=letter.to,
            about=letter.kind,
            tries=tries,
            answered=outcome.code,
            words=outcome.words,
        )


def _hand_over(intake: str, letter: StudentLetter) -> IntakeAnswer:
    where = urlsplit(intake)
    host = where.hostname or "127.0.0.1"
    port = where.port or 25
    server = smtplib.LMTP if where.scheme == "lmtp" else smtplib.SMTP
    try:
        with server(host, port, timeout=30) as line:
            line.ehlo_or_helo_if_needed()
            line.sendmail(letter.return_path, [letter.to], letter.raw)
            return IntakeAnswer(250, "Taken by the college.")
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        return IntakeAnswer(code, words.decode("utf-8", "replace"))
    except smtplib.SMTPResponseException as refused:
        said = refused.smtp_error
        if isinstance(said, bytes):
            said = said.decode("utf-8", "replace")
        return IntakeAnswer(refused.smtp_code, said)
    except (OSError, smtplib.SMTPException) as fault:
        return IntakeAnswer(None, f"Nobody took it: {fault}")
