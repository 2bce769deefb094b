"""What every carrier must keep to. An adapter's tests inherit this
class and say how that carrier talks.

See docs/adding-a-carrier.md. The other end is never a mock: it is the carrier's API in
a process of its own.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from quadline.carriers.protocol import (
    Accepted,
    Carrier,
    Failure,
    InboundText,
    NumberProblem,
    NumberTaken,
    OutboundText,
    OutcomeUnknown,
    OwnedNumber,
    Receipt,
    ReceiptProgress,
    Refused,
    Remedy,
    RentedNumber,
    SearchArea,
    SendOutcome,
    Unknown,
    Unsent,
    WebhookCall,
)

STUDENT, OTHER, STRANGER = "+17345550141", "+17345550142", "+17345550999"
LONGEST = 1600
# What a gateway in between, or a fault of the carrier's own, makes of an answer with a
# status that says "done".
ODD_BODIES = [
    "error",
    "code",
    "page",
    "half",
    "list",
    "object",
    "empty",
    "null",
    "another",
]
BODIES = [
    "ok",
    "Ça va? \U0001f44b\U0001f3fd",
    "\u202eright to left",
    "a=b&c=d+e%20",
    "two\n\nlines",
    "x" * LONGEST,
]


class Wire(ABC):
    """The other end: one carrier's own way to sign, to say things, and to fail."""

    carrier: Carrier

    @abstractmethod
    async def close(self) -> None:
        """Close the connections of the running loop."""

    @abstractmethod
    def accepts(self) -> Sequence[Mapping[str, Any]]:
        """The texts this carrier took: sid, from, to, body, status_callback."""

    @abstractmethod
    def fail(self, fault: str, **how: Any) -> None:
        """From now on, or for the next call: refuse (code), slow_down (seconds),
        accept_then_500, accept_then_hang, cut, nobody_listens, someone_took_it,
        purchase_then_500, odd_answer (on, body, at); or, of one number,
        pointed_elsewhere (phone): somebody has given it other webhooks and a name.
        """

    @abstractmethod
    def signed(
        self, path: str, form: dict[str, str], *, token: str = ""
    ) -> WebhookCall:
        """A call of the carrier to us, signed with the account's token or another."""

    @abstractmethod
    def text_form(self, text: InboundText) -> dict[str, str]: ...

    @abstractmethod
    def receipt_form(self, sid: str, word: str, code: str = "") -> dict[str, str]: ...

    @abstractmethod
    def take_token(self, token: str) -> None:
        """The account's tokens are rotated: this one is accepted too."""


class CarrierContract:
    # a code with which a text is refused for good
    refusals: ClassVar[dict[str, Failure]]
    # a code that keeps the text, because a person or time fixes it
    not_now: ClassVar[list[str]]
    # the carrier's word for a step, and ours
    progress: ClassVar[dict[str, ReceiptProgress | None]]

    @pytest.fixture
    def number(self, wire: Wire) -> OwnedNumber:
        """A number that is ours and in the service."""
        carrier = wire.carrier
        owned = carrier.buy(
            carrier.search(SearchArea(area_code="734"))[0], reference="fixture"
        )
        carrier.attach(owned)
        return owned

    def send(
        self,
        wire: Wire,
        number: OwnedNumber,
        body: str = "Hello",
        *,
        to: str = STUDENT,
        sender: str = "",
    ) -> SendOutcome:
        async def once() -> SendOutcome:
            try:
                return await wire.carrier.send(
                    OutboundText("our-reference", sender or number.phone, to, body)
                )
            finally:
                await wire.close()

        return asyncio.run(once())

    # Texts out

    @pytest.mark.parametrize("body", BODIES)
    def test_a_text_arrives_as_it_was_written(
        self, wire: Wire, number: OwnedNumber, body: str
    ) -> None:
        outcome = self.send(wire, number, body)
        taken = wire.accepts()
        assert [(each["from"], each["to"], each["body"]) for each in taken] == [
            (number.phone, STUDENT, body)
        ]
        assert outcome == Accepted(taken[0]["sid"])

    def test_a_text_that_is_too_long_is_refused_in_words(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        outcome = self.send(wire, number, "x" * (LONGEST + 1))
        assert isinstance(outcome, Refused | Unsent)
        assert outcome.failure in (Failure.TOO_LARGE, Failure.MALFORMED)

    def test_every_refusal_is_final_and_in_our_words(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        for code, failure in self.refusals.items():
            wire.fail("refuse", code=code)
            assert self.send(wire, number) == Refused(failure, code)
        assert wire.accepts() == []

    def test_what_a_person_or_time_fixes_keeps_the_text(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        for code in self.not_now:
            wire.fail("refuse", code=code)
            outcome = self.send(wire, number)
            assert isinstance(outcome, Unsent), code
            assert (outcome.carrier_code, outcome.retry_after >= 60) == (code, True)
            assert outcome.failure
            assert outcome.failure.remedy in (Remedy.LATER, Remedy.COLLEGE)
        assert wire.accepts() == []

    def test_a_sender_that_is_not_ours_sends_nothing(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        assert isinstance(self.send(wire, number, sender=STRANGER), Unsent)
        assert wire.accepts() == []

    def test_a_carrier_that_asks_us_to_wait_says_how_long(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        wire.fail("slow_down", seconds=7)
        outcome = self.send(wire, number)
        assert isinstance(outcome, Unsent)
        assert outcome.retry_after == 7

    def test_without_a_connection_the_text_is_provably_unsent(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        wire.fail("nobody_listens")
        assert isinstance(self.send(wire, number), Unsent)

    @pytest.mark.parametrize(
        ("fault", "taken"),
        [("accept_then_500", 1), ("accept_then_hang", 1), ("cut", 0)],
    )
    def test_a_lost_answer_is_unknown_whatever_the_carrier_did(
        self, wire: Wire, number: OwnedNumber, fault: str, taken: int
    ) -> None:
        wire.fail(fault)
        assert isinstance(self.send(wire, number), Unknown)
        assert len(wire.accepts()) == taken

    def test_the_log_has_what_a_number_sent_since_a_moment_newest_first(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        begun = datetime.now(UTC) - timedelta(seconds=2)
        for to, body in ((STUDENT, "one"), (OTHER, "other"), (STUDENT, "two")):
            self.send(wire, number, body, to=to)

        def log(since: datetime) -> list[str]:
            return [
                text.body
                for text in wire.carrier.sent_texts(
                    system_phone=number.phone, since=since
                )
            ]

        assert log(begun) == ["two", "other", "one"]
        assert log(begun + timedelta(minutes=1)) == []

    # Answers that are none

    @pytest.mark.parametrize("body", ODD_BODIES)
    def test_a_text_is_accepted_only_by_an_answer_that_names_it(
        self, wire: Wire, number: OwnedNumber, body: str
    ) -> None:
        wire.fail("odd_answer", on="messages", body=body)
        assert isinstance(self.send(wire, number), Unknown)
        assert wire.accepts() == []

    @pytest.mark.parametrize("body", ODD_BODIES)
    def test_a_log_that_cannot_be_read_is_no_empty_log(
        self, wire: Wire, number: OwnedNumber, body: str
    ) -> None:
        since = datetime.now(UTC) - timedelta(hours=1)
        for read in (wire.carrier.sent_texts, wire.carrier.received_texts):
            wire.fail("odd_answer", on="messages", body=body)
            with pytest.raises(NumberProblem) as problem:
                list(read(system_phone=number.phone, since=since))
            assert not problem.value.is_final

    @pytest.mark.parametrize("body", ODD_BODIES)
    @pytest.mark.parametrize(
        "act", ["search", "buy", "owned", "has", "rented", "point", "release"]
    )
    def test_what_is_asked_of_numbers_is_done_only_by_an_answer_that_says_so(
        self, wire: Wire, number: OwnedNumber, act: str, body: str
    ) -> None:
        carrier = wire.carrier
        free = carrier.search(SearchArea(area_code="313"))[0]
        carrier.detach(number)
        asked: dict[str, Callable[[], object]] = {
            "search": lambda: carrier.search(SearchArea(area_code="313")),
            "buy": lambda: carrier.buy(free, reference="ref-odd"),
            "owned": lambda: carrier.owned(reference="ref-odd"),
            "has": lambda: carrier.has(number),
            "rented": lambda: carrier.rented_numbers(),
            "point": lambda: carrier.point(number, reference="fixture"),
            "release": lambda: carrier.release(number),
        }
        wire.fail("odd_answer", on="numbers", body=body)
        with pytest.raises(OutcomeUnknown):
            asked[act]()
        assert carrier.owned(reference="fixture") == number

    @pytest.mark.parametrize("body", ODD_BODIES)
    def test_a_number_is_attached_only_by_an_answer_that_says_so(
        self, wire: Wire, number: OwnedNumber, body: str
    ) -> None:
        for act in (wire.carrier.attach, wire.carrier.detach):
            wire.fail("odd_answer", on="services", body=body)
            with pytest.raises(OutcomeUnknown):
                act(number)

    def test_a_purchase_whose_answer_was_none_is_found(self, wire: Wire) -> None:
        phone = wire.carrier.search(SearchArea(area_code="734"))[0]
        wire.fail("odd_answer", on="numbers", at="done")
        with pytest.raises(OutcomeUnknown):
            wire.carrier.buy(phone, reference="ref-1")
        found = wire.carrier.owned(reference="ref-1")
        assert found is not None
        assert found.phone == phone

    # Numbers

    def test_a_number_is_bought_once_and_found_by_our_reference(
        self, wire: Wire
    ) -> None:
        carrier = wire.carrier
        phone = carrier.search(SearchArea(area_code="734"))[0]
        assert carrier.owned(reference="ref-1") is None
        bought = carrier.buy(phone, reference="ref-1")
        assert (
            bought.phone,
            carrier.owned(reference="ref-1"),
            carrier.owned(reference="ref-2"),
        ) == (phone, bought, None)
        with pytest.raises(NumberTaken):
            carrier.buy(phone, reference="ref-2")

    def test_a_number_somebody_else_took_says_so(self, wire: Wire) -> None:
        phone = wire.carrier.search(SearchArea(area_code="734"))[0]
        wire.fail("someone_took_it")
        with pytest.raises(NumberTaken) as taken:
            wire.carrier.buy(phone, reference="ref-1")
        assert taken.value.is_final is False

    def test_a_purchase_whose_answer_was_lost_is_found(self, wire: Wire) -> None:
        phone = wire.carrier.search(SearchArea(area_code="734"))[0]
        wire.fail("purchase_then_500")
        with pytest.raises(OutcomeUnknown):
            wire.carrier.buy(phone, reference="ref-1")
        found = wire.carrier.owned(reference="ref-1")
        assert found is not None
        assert found.phone == phone

    def test_attaching_twice_is_attaching_once(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        wire.carrier.attach(number)
        assert isinstance(self.send(wire, number), Accepted)

    def test_a_detached_number_sends_nothing_until_it_is_attached_again(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        for _ in range(2):
            wire.carrier.detach(number)
        assert not isinstance(self.send(wire, number), Accepted)
        wire.carrier.attach(number)
        assert isinstance(self.send(wire, number), Accepted)

    def test_a_released_number_is_gone_and_releasing_twice_is_once(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        for _ in range(2):
            wire.carrier.release(number)
        assert wire.carrier.owned(reference="fixture") is None

    def test_a_released_number_is_not_had_any_more(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        assert wire.carrier.has(number)
        wire.carrier.release(number)
        assert not wire.carrier.has(number)

    def test_every_rented_number_is_named_with_what_is_set_on_it(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        carrier = wire.carrier
        loose = carrier.buy(
            carrier.search(SearchArea(area_code="313"))[0], reference="loose"
        )
        rented = sorted(carrier.rented_numbers(), key=lambda each: each.reference)
        assert rented == [
            RentedNumber(number.phone, number.carrier_number_id, "fixture", True, True),
            RentedNumber(loose.phone, loose.carrier_number_id, "loose", False, True),
        ]

    def test_a_number_that_was_pointed_elsewhere_is_pointed_at_us_again(
        self, wire: Wire, number: OwnedNumber
    ) -> None:
        wire.fail("pointed_elsewhere", phone=number.phone)
        [before] = wire.carrier.rented_numbers()
        assert (before.calls_us, before.reference) == (False, "")
        for _ in range(2):
            wire.carrier.point(number, reference="fixture")
        [after] = wire.carrier.rented_numbers()
        assert (after.calls_us, after.reference) == (True, "fixture")

    @pytest.mark.parametrize("body", ODD_BODIES)
    def test_members_that_cannot_be_read_are_no_list(
        self, wire: Wire, number: OwnedNumber, body: str
    ) -> None:
        wire.fail("odd_answer", on="services", body=body)
        with pytest.raises(NumberProblem) as problem:
            wire.carrier.rented_numbers()
        assert not problem.value.is_final

    def test_attaching_what_is_not_ours_is_a_problem_in_words(self, wire: Wire) -> None:
        with pytest.raises(NumberProblem) as problem:
            wire.carrier.attach(
                OwnedNumber(STRANGER, "PN00000000000000000000000000000000")
            )
        assert problem.value.words

    # Webhooks in

    @pytest.fixture
    def stop(self, wire: Wire) -> dict[str, str]:
        return wire.text_form(InboundText("SM1", STUDENT, STRANGER, "STOP"))

    def test_a_true_call_is_genuine(self, wire: Wire, stop: dict[str, str]) -> None:
        assert wire.carrier.is_genuine(wire.signed("inbound", stop))

    def test_a_call_with_a_bad_or_missing_signature_is_not(
        self, wire: Wire, stop: dict[str, str]
    ) -> None:
        true = wire.signed("inbound", stop)
        for name in [name for name in true.headers if "signature" in name]:
            for value in (
                "",
                "nonsense",
                true.headers[name][:-2],
                true.headers[name].lower(),
                "é\xff",
                "\x00",
            ):
                assert not wire.carrier.is_genuine(
                    replace(true, headers={**true.headers, name: value})
                )
        assert not wire.carrier.is_genuine(replace(true, headers={}))

    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            ("https://", "http://"),
            ("inbound", "status"),
            ("inbound", "inbound/"),
            ("inbound", "inbound?a=1"),
            ("alder", "evil"),
        ],
    )
    def test_a_signature_for_another_address_is_not_ours(
        self, wire: Wire, stop: dict[str, str], ours: str, theirs: str
    ) -> None:
        true = wire.signed("inbound", stop)
        assert ours in true.url
        assert not wire.carrier.is_genuine(
            replace(true, url=true.url.replace(ours, theirs))
        )

    def test_a_signature_for_other_words_is_not_ours(
        self, wire: Wire, stop: dict[str, str]
    ) -> None:
        true = wire.signed("inbound", stop)
        for name in true.form:
            for form in (
                {**true.form, name: f"{true.form[name]} "},
                {key: true.form[key] for key in true.form if key != name},
            ):
                assert not wire.carrier.is_genuine(replace(true, form=form))
        assert not wire.carrier.is_genuine(
            replace(true, form={**true.form, "More": "1"})
        )

    def test_both_tokens_are_true_during_a_rotation_and_no_third(
        self, wire: Wire, stop: dict[str, str]
    ) -> None:
        new = wire.signed("inbound", stop, token="the new token")
        assert not wire.carrier.is_genuine(new)
        wire.take_token("the new token")
        assert wire.carrier.is_genuine(new)
        assert wire.carrier.is_genuine(wire.signed("inbound", stop))
        assert not wire.carrier.is_genuine(
            wire.signed("inbound", stop, token="a third")
        )
        assert not wire.carrier.is_genuine(wire.signed("inbound", stop, token=" "))

    @pytest.mark.parametrize("body", [*BODIES, "", " blanks kept ", "x" * 20_000])
    def test_a_reply_is_read_as_it_was_written_and_the_same_each_time(
        self, wire: Wire, body: str
    ) -> None:
        text = InboundText("SM1", STRANGER, OTHER, body)
        call = wire.signed("inbound", wire.text_form(text))
        assert wire.carrier.is_genuine(call)
        assert [wire.carrier.read_inbound(call) for _ in range(2)] == [text, text]

    def test_a_call_that_is_no_text_is_an_error_of_the_caller(self, wire: Wire) -> None:
        for form in (
            {},
            wire.text_form(InboundText("", STUDENT, OTHER, "Hi")),
            wire.text_form(InboundText("SM1", "", OTHER, "Hi")),
        ):
            with pytest.raises((KeyError, ValueError)):
                wire.carrier.read_inbound(wire.signed("inbound", form))

    def test_a_receipt_is_read_in_our_words_and_the_same_each_time(
        self, wire: Wire
    ) -> None:
        for word, progress in self.progress.items():
            form = {**wire.receipt_form("SM1", word), "ref": "our-reference"}
            read = [wire.carrier.read_receipt(form) for _ in range(2)]
            went_wrong = progress in (
                ReceiptProgress.UNDELIVERED,
                ReceiptProgress.FAILED,
            )
            failure = Failure.UNKNOWN if went_wrong else None
            assert (
                read
                == [
                    (
                        Receipt("SM1", "our-reference", progress, failure)
                        if progress
                        else None
                    )
                ]
                * 2
            ), word

    def test_a_late_receipt_without_our_reference_is_known_by_the_carriers_id(
        self, wire: Wire
    ) -> None:
        word = next(
            word
            for word, progress in self.progress.items()
            if progress is ReceiptProgress.DELIVERED
        )
        assert wire.carrier.read_receipt(wire.receipt_form("SM1", word)) == Receipt(
            "SM1", "", ReceiptProgress.DELIVERED
        )

    def test_a_failure_carries_its_code_and_a_success_none(self, wire: Wire) -> None:
        code, failure = next(iter(self.refusals.items()))
        for word, progress in self.progress.items():
            read = wire.carrier.read_receipt(wire.receipt_form("SM1", word, code))
            if progress in (ReceiptProgress.UNDELIVERED, ReceiptProgress.FAILED):
                assert read == Receipt("SM1", "", progress, failure, code)
            elif progress:
                assert read == Receipt("SM1", "", progress)

    def test_nothing_that_is_no_registration_is_read_as_one(self, wire: Wire) -> None:
        for raw in (b"", b"\xff", b"{", b"7", b"[1]", b"[" * 100_000):
            with pytest.raises((KeyError, ValueError)):
                wire.carrier.read_registrations(raw)
        assert list(wire.carrier.read_registrations(b"[]")) == []
