"""The mail server's port: takes any mail, closed while a fault says so, and strikes as
other faults say.
"""

import asyncio
from functools import partial
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP

from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.faults import CarrierFault, FaultKind
from quadline.simulator.mail import answers, boxes
from quadline.simulator.mail.postman import Postman

_LARGEST = 40_000_000  # bytes
_WORDS = {
    421: "Try later",
    450: "Mailbox busy",
    451: "Try again later",
    452: "Too many",
    550: "No such mailbox",
    552: "Too large",
}


class MailPort:
    """Opened on a port once chosen, and on that port again after each outage."""

    def __init__(
        self,
        carrier: SimulatedCarrier,
        postman: Postman,
        host: str,
        port: int,
    ) -> None:
        self._carrier = carrier
        self._door = _Door(carrier, postman)
        self._host = host
        self.port = port
        self._server: asyncio.Server | None = None
        self._connections: WeakSet[SMTP] = WeakSet()

    async def open(self) -> None:
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                self._connection,
                self._host,
                self.port,
                backlog=512,
                reuse_address=True,
            )
            self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening, and cut off every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            _cut(connection)

    async def follow_faults(self) -> None:
        """Open exactly when no fault keeps the port closed."""
        kinds = {fault.kind for fault in self._carrier.faults.all()}
        if FaultKind.SMTP_DOWN in kinds:
            await self.close()
        else:
            await self.open()

    def end_later(self, fault: CarrierFault) -> None:
        """An outage ends automatically, also when time is moved on."""
        clock = self._carrier.clock
        clock.at(clock.now() + fault.seconds, partial(self._end, fault.id))

    def _end(self, fault_id: int) -> None:
        self._carrier.faults.remove(fault_id=fault_id)
        # Kept here: the event loop holds its tasks only weakly.
        self._reopening = asyncio.ensure_future(self.follow_faults())

    def _connection(self) -> SMTP:
        connection = SMTP(
            self._door,
            data_size_limit=_LARGEST,
            enable_SMTPUTF8=True,
            hostname="mail.simulator",
            ident="Quadline simulator",
        )
        self._connections.add(connection)
        return connection


class _Door:
    """What is said at each step; the hooks are named by aiosmtpd."""

    def __init__(
        self,
        carrier: SimulatedCarrier,
        postman: Postman,
    ) -> None:
        self._carrier = carrier
        self._postman = postman

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Any,
        envelope: Any,
        address: str,
        options: list[str],
    ) -> str:
        if refused := self._take(FaultKind.SMTP_REFUSE, address, at="create"):
            return _refusal(refused)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(
        self,
        server: SMTP,
        session: Any,
        envelope: Any,
    ) -> str:
        lines = bytes(envelope.original_content).splitlines()
        raw = b"\r\n".join(lines) + b"\r\n"
        sender = (envelope.mail_from or "").strip("<>")
        for address in envelope.rcpt_tos:
            if slow := self._take(FaultKind.SMTP_SLOW, address):
                await asyncio.sleep(slow.seconds)
            if refused := self._take(FaultKind.SMTP_REFUSE, address, at="data"):
                return _refusal(refused)
        # First into every mailbox: one lost answer must not lose another's mail.
        cut = [self._arrive(raw, sender, address) for address in envelope.rcpt_tos]
        if any(cut):
            _cut(server)
        return "250 Taken"

    def _arrive(
        self,
        raw: bytes,
        sender: str,
        address: str,
    ) -> bool:
        """Into the mailbox, or back to its sender.

        Whether the answer to this is to be lost.
        """
        carrier = self._carrier
        bounces = self._take(FaultKind.MAIL_BOUNCES, address)
        mail = boxes.take(
            carrier,
            raw,
            address=address,
            return_path=sender,
            bounced=bool(bounces),
        )
        if bounces:
            code = str(bounces.code or 550)
            self._postman.post(answers.bounce(mail, code=code))
        elif self._take(FaultKind.OUT_OF_OFFICE, address):
            self._postman.post(answers.auto_reply(mail, answers.AWAY_WORDS))
        return self._take(FaultKind.SMTP_ACCEPT_THEN_CUT, address) is not None

    def _take(self, kind: FaultKind, address: str, **where: str) -> CarrierFault | None:
        faults = self._carrier.faults
        return faults.take(kind, to=address.lower(), **where)


def _cut(connection: SMTP) -> None:
    """Without an answer."""
    transport: Any = connection.transport
    if transport is not None:
        transport.abort()


def _refusal(fault: CarrierFault) -> str:
    code = fault.code or 550
    words = fault.reason or _WORDS.get(code, "Refused")
    return f"{code} {words}"
