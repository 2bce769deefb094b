"""The carrier itself: its records, clock, ledger and messenger in one place for the
acts to use.
"""

import asyncio
from collections import defaultdict
from dataclasses import fields, replace
from typing import Any

from quadline.simulator import knobs as knob_rules
from quadline.simulator.clock import Clock
from quadline.simulator.courier import Courier
from quadline.simulator.faults import Faults
from quadline.simulator.knobs import Knobs
from quadline.simulator.ledger import Ledger
from quadline.simulator.options import Options
from quadline.simulator.records import (
    Mail,
    Mailbox,
    Number,
    PhoneBlock,
    Record,
    SimulatedMessage,
    SimulatedPhone,
    SimulatedService,
    Sink,
    Subscription,
    new_sid,
)
from quadline.simulator.store import RecordStore


class SimulatedCarrier:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.knobs = self._first_knobs()
        self.store = RecordStore(options.data)
        self.clock = Clock()
        self.ledger = Ledger(self.clock.now, self.store.append)
        self.faults = Faults(self.ledger.write)
        self.courier = Courier(options.auth_token, self.ledger)
        self.late_calls: set[asyncio.Task[Any]] = set()  # webhooks of texts, under way
        self._forget_everything()

    def _forget_everything(self) -> None:
        # By sid, unless another key is named.
        self.numbers: dict[str, Number] = {}
        self.number_of: dict[str, Number] = {}  # by phone number
        self.ever_owned: set[str] = set()  # phone numbers
        self.services: dict[str, SimulatedService] = {}
        # by service, then by sid
        self.members: dict[str, dict[str, Number]] = defaultdict(dict)
        self.sinks: dict[str, Sink] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.messages: dict[str, SimulatedMessage] = {}
        # by phone, then by sid
        self.sent_to: dict[str, dict[str, SimulatedMessage]] = defaultdict(dict)
        self.sent_from: dict[str, dict[str, SimulatedMessage]] = defaultdict(dict)
        self.blocks: dict[
            tuple[str, str], PhoneBlock
        ] = {}  # by student phone and scope
        self.phones: dict[str, SimulatedPhone] = {}
        self.mailboxes: dict[str, Mailbox] = {}  # by address
        # by address, then by sid
        self.mails: dict[str, dict[str, Mail]] = defaultdict(dict)
        self.mail_of: dict[tuple[str, str], Mail] = {}  # by address and Message-ID
        self.last_turn = 0
        self.lists_asked = 0  # pages of texts that were asked for

    def reset(self) -> None:
        """Back to an empty carrier with its one messaging service.

        Phones of the roster go too.
        """
        self.clock.clear()
        self.clock.ahead = 0.0
        self.courier.drop_everything()
        for call in self.late_calls:
            call.cancel()
        self.ledger.clear()
        self.faults.remove()
        # First: the service that is added below is to be saved again.
        self.store.wipe()
        self._forget_everything()
        self.turn_knobs(self._first_knobs())
        self.add_first_service()

    def load(self) -> None:
        """Take up what the store kept.

        Steps that were due while away happen at once.
        """
        owned = self.store.values("ever_owned").get("numbers", [])
        self.ever_owned.update(owned)
        # In the order in which they came: every list of texts is kept in it.
        records = list(self.store.records())
        records.sort(key=lambda record: getattr(record, "turn", 0))
        for record in records:
            self.keep(record, save=False)
        for kind, line in self.store.ledger_lines():
            self.ledger.restore(kind, line)
        self.knobs = self._kept_knobs()
        self.clock.ahead = float(self.store.values("clock").get("ahead", 0.0))
        self.add_first_service()

    def _kept_knobs(self) -> Knobs:
        kept = self.store.values("knobs")
        if not kept:
            return self._first_knobs()
        # An older or newer simulator may have had others.
        known = {each.name for each in fields(Knobs)}
        knobs = Knobs(**{name: kept[name] for name in known & kept.keys()})
        if self.options.mail_intake:  # ports change from start to start
            knobs = replace(knobs, mail_intake=self.options.mail_intake)
        return knobs

    def _first_knobs(self) -> Knobs:
        return Knobs(
            registration_delay=self.options.registration_delay,
            mail_intake=self.options.mail_intake,
        )

    def add_first_service(self) -> None:
        sid = self.options.messaging_service
        if sid in self.services:
            return
        now = self.clock.now()
        service = SimulatedService(
            sid=sid,
            friendly_name="Quadline",
            created_at=now,
            updated_at=now,
            campaign_sid=new_sid("CM"),
        )
        self.keep(service)

    def turn_knobs(self, knobs: Knobs) -> None:
        self.knobs = knobs
        self.store.save_values("knobs", knob_rules.as_dict(knobs))

    async def fast_forward(self, seconds: float) -> int:
        """Time moves on; waits until what that caused has been told to the webhooks."""
        done = await self.clock.fast_forward(seconds)
        # Kept: after a restart no record may lie in the future.
        self.store.save_values("clock", {"ahead": self.clock.ahead})
        await self.courier.settle()
        await asyncio.gather(*self.late_calls)
        return done

    def keep(
        self,
        record: Record,
        *,
        save: bool = True,
    ) -> None:
        """File a record, new or changed."""
        match record:
            case SimulatedMessage():
                self._file_message(record)
            case Number():
                self._file_number(record)
            case SimulatedService():
                self.services[record.sid] = record
            case Sink():
                self.sinks[record.sid] = record
            case Subscription():
                self.subscriptions[record.sid] = record
            case PhoneBlock():
                self.blocks[record.phone, record.scope] = record
            case SimulatedPhone():
                self.phones[record.phone_number] = record
            case Mailbox():
                self.mailboxes[record.address] = record
            case Mail():
                self._file_mail(record)
        if save:
            self.store.save(record)

    def forget(
        self, record: SimulatedMessage | Number | Sink | Subscription | PhoneBlock
    ) -> None:
        match record:
            case SimulatedMessage():
                self.messages.pop(record.sid, None)
                self.sent_to[record.to].pop(record.sid, None)
                self.sent_from[record.from_].pop(record.sid, None)
            case Number():
                self.numbers.pop(record.sid, None)
                self.number_of.pop(record.phone_number, None)
            case Sink():
                self.sinks.pop(record.sid, None)
            case Subscription():
                self.subscriptions.pop(record.sid, None)
            case PhoneBlock():
                self.blocks.pop((record.phone, record.scope), None)
        self.store.forget(record)

    def next_turn(self) -> int:
        self.last_turn += 1
        return self.last_turn

    def _file_message(self, message: SimulatedMessage) -> None:
        sid = message.sid
        if sid in self.messages:
            return
        self.messages[sid] = message
        self.sent_to[message.to][sid] = message
        self.sent_from[message.from_][sid] = message
        self.last_turn = max(self.last_turn, message.turn)

    def _file_mail(self, mail: Mail) -> None:
        self.mails[mail.address][mail.sid] = mail
        self.last_turn = max(self.last_turn, mail.turn)
        if mail.header_id:
            self.mail_of[mail.address, mail.header_id] = mail

    def _file_number(self, number: Number) -> None:
        self.numbers[number.sid] = number
        self.number_of[number.phone_number] = number
        if number.service_sid:
            self.members[number.service_sid][number.sid] = number
        # A number is never offered again once it was owned.
        if number.phone_number not in self.ever_owned:
            self.ever_owned.add(number.phone_number)
            self.store.save_values("ever_owned", {"numbers": sorted(self.ever_owned)})
