"""Carries students' mail to the college's intake;
what is refused for now is kept and tried again.
"""

import asyncio
import smtplib
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from quadline.simulator.carrier import Carrier
from quadline.simulator.mail.answers import Letter

_TRY_AGAIN = 15.0  # seconds of the simulator's time
_MOST_TRIES = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the college's intake answered; no code when nobody did."""

    code: int | None
    words: str

    @property
    def is_taken(self) -> bool:
        return self.code is not None and 200 <= self.code < 300

    @property
    def is_final(self) -> bool:
        return self.code is not None and not 400 <= self.code < 500


class Postman:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._under_way: set[asyncio.Task[Outcome]] = set()

    def post(self, letter: Letter) -> None:
        """Leave it to the postman; nobody waits for the answer."""
        task = asyncio.ensure_future(self.deliver(letter))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def deliver(self, letter: Letter, tries: int = 1) -> Outcome:
        """Hand it over now, and again later when that fails for now."""
        intake = self._carrier.knobs.mail_intake
        if not intake:
            return self._note(
                letter,
                tries,
                Outcome(
                    550, "Nobody takes the college's mail: mail_intake is not set."
                ),
            )
        for _ in range(letter.copies):
            outcome = self._note(
                letter, tries, await asyncio.to_thread(_hand_over, intake, letter)
            )
        if not outcome.is_final and tries < _MOST_TRIES:
            clock = self._carrier.clock
            clock.at(clock.now() + _TRY_AGAIN, partial(self._again, letter, tries + 1))
        return outcome

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _again(self, letter: Letter, tries: int) -> None:
        task = asyncio.ensure_future(self.deliver(letter, tries))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _note(
        self,
        letter: Letter,
        tries: int,
        outcome: Outcome,
    ) -> Outcome:
        facts = {
            "from": letter.address,
            "to": letter.to,
            "about": letter.kind,
        }
        self._carrier.ledger.write(
            "mail_reply",
            **facts,
            tries=tries,
            answered=outcome.code,
            words=outcome.words,
        )
        return outcome


def _hand_over(intake: str, letter: Letter) -> Outcome:
    where = urlsplit(intake)
    server = smtplib.LMTP if where.scheme == "lmtp" else smtplib.SMTP
    try:
        with server(
            where.hostname or "127.0.0.1", where.port or 25, timeout=30
        ) as line:
            line.ehlo_or_helo_if_needed()
            line.sendmail(letter.return_path, [letter.to], letter.raw)
            return Outcome(250, "Taken by the college.")
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        return Outcome(code, words.decode("utf-8", "replace"))
    except smtplib.SMTPResponseException as refused:
        said = refused.smtp_error
        return Outcome(
            refused.smtp_code,
            said.decode("utf-8", "replace") if isinstance(said, bytes) else said,
        )
    except (OSError, smtplib.SMTPException) as fault:
        return Outcome(None, f"Nobody took it: {fault}")
