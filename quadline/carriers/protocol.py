"""What a carrier must do, and the one vocabulary all of them speak: foreign codes
become these words in the adapters.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Protocol


class Remedy(StrEnum):
    """What a failure asks for (the classes of docs/adding-a-carrier.md).

    What is done: delivery/failure_policy.py.
    """

    BAD_NUMBER = "bad_number"  # permanent for this phone
    OPTED_OUT = "opted_out"  # the person does not want texts from this number
    THIS_TEXT = "this_text"  # another text may get through
    LATER = "later"  # the same text may get through later
    COLLEGE = "college"  # the college's set-up with the carrier must be fixed
    UNKNOWN = "unknown"  # a code we do not know


class Failure(Enum):
    """Why a text did not arrive: the remedy it asks for and the words staff read."""

    INVALID_NUMBER = (
        Remedy.BAD_NUMBER,
        "The number on file is not a working phone number.",
    )
    LANDLINE = (
        Remedy.BAD_NUMBER,
        "The number on file is a landline, or its network takes no texts.",
    )
    DISCONNECTED = (Remedy.BAD_NUMBER, "The number is not in service.")
    NO_ROUTE = (
        Remedy.BAD_NUMBER,
        "The number on file cannot be reached from this System number.",
    )
    OPTED_OUT = (
        Remedy.OPTED_OUT,
        "The student has opted out of texts from this number.",
    )
    REFUSED_BY_PHONE = (Remedy.OPTED_OUT, "The phone refuses texts from this number.")
    FILTERED = (Remedy.THIS_TEXT, "The network held the text back as spam.")
    TOO_LARGE = (Remedy.THIS_TEXT, "The text was too large for the student's network.")
    EXPIRED = (Remedy.THIS_TEXT, "The text could not be delivered in time.")
    UNREACHABLE = (Remedy.LATER, "Phone switched off or out of reach.")
    NETWORK = (Remedy.LATER, "The student's network did not say why.")
    TOO_MANY = (
        Remedy.LATER,
        "Too many texts at once; the network asked us to slow down.",
    )
    DAILY_LIMIT = (Remedy.LATER, "The college's texts for today are used up.")
    HELD_BACK = (Remedy.LATER, "The carrier is holding texts back for a while.")
    CARRIER_TROUBLE = (Remedy.LATER, "The carrier had a fault of its own.")
    NOT_REGISTERED = (Remedy.LATER, "The networks do not know this number yet.")
    NOT_IN_CAMPAIGN = (
        Remedy.COLLEGE,
        "The networks do not count this number among the college's yet.",
    )
    NOT_ALLOWED = (
        Remedy.COLLEGE,
        "The college's account with the carrier does not allow this text.",
    )
    NOT_SET_UP = (Remedy.COLLEGE, "The college's set-up with the carrier has a fault.")
    MALFORMED = (
        Remedy.COLLEGE,
        "The carrier does not take a text written like this one.",
    )
    UNKNOWN = (Remedy.UNKNOWN, "The carrier gave a reason we do not know.")

    @property
    def remedy(self) -> Remedy:
        return self.value[0]

    @property
    def words(self) -> str:
        return self.value[1]


@dataclass(frozen=True)
class OutboundText:
    """A text to hand over. ``reference`` is ours; it comes back with every receipt."""

    reference: str
    system_phone: str  # E.164
    student_phone: str  # E.164
    body: str


@dataclass(frozen=True)
class Accepted:
    """The carrier has the text."""

    carrier_message_id: str


@dataclass(frozen=True)
class Refused:
    """The carrier said no, for good."""

    failure: Failure
    carrier_code: str


# how the reason of an Unsent begins when the carrier could not be reached at all
NO_CONNECTION = "no connection"


@dataclass(frozen=True)
class Unsent:
    """The carrier provably does not have it: no connection, or it asked us to wait.

    Safe to hand over again.

    ``failure`` and ``carrier_code``: what the carrier said, when it said anything.
    """

    reason: str
    retry_after: float = 0.0  # seconds
    failure: Failure | None = None
    carrier_code: str = ""


@dataclass(frozen=True)
class Unknown:
    """The carrier may have it: the answer was lost.

    Never hand over again before a look at the carrier.
    """

    reason: str


SendOutcome = Accepted | Refused | Unsent | Unknown


class ReceiptProgress(StrEnum):
    """What a delivery receipt can say."""

    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Receipt:
    """News of one text.

    ``reference`` is ours, empty when the carrier did not return it.
    """

    carrier_message_id: str
    reference: str
    progress: ReceiptProgress
    failure: Failure | None = None
    carrier_code: str = ""


@dataclass(frozen=True)
class InboundText:
    """A text a student sent to a system number.

    ``sent_at``: when the carrier got it, by the carrier's own clock and in whole
    seconds; known when it was read from its log, for a webhook does not say.
    """

    carrier_message_id: str
    student_phone: str  # E.164
    system_phone: str  # E.164
    body: str
    sent_at: datetime | None = None


class KeywordWish(StrEnum):
    """What a whole reply asks of the carrier itself, whatever we make of it."""

    STOP = "stop"
    START = "start"


@dataclass(frozen=True)
class IncomingCall:
    student_phone: str
    system_phone: str


@dataclass(frozen=True)
class Registration:
    """News of a number's registration with the networks."""

    key: str  # the same news twice has the same key
    phone: str
    carrier_number_id: str
    is_registered: bool | None  # None: still under way
    reason: str = ""


@dataclass(frozen=True)
class SearchArea:
    """Where a number should look as if it came from. One of the three is set."""

    area_code: str = ""
    near_phone: str = ""
    region: str = ""


@dataclass(frozen=True)
class OwnedNumber:
    phone: str
    carrier_number_id: str


@dataclass(frozen=True)
class RentedNumber:
    """A number of the account, as the carrier has it.

    ``reference``: ours, under which it was bought; "" when there is none.
    ``is_attached``: as ``attach`` leaves it. ``calls_us``: texts and calls come to
    us, as far as the number itself says.
    """

    phone: str
    carrier_number_id: str
    reference: str
    is_attached: bool
    calls_us: bool


@dataclass(frozen=True)
class SentText:
    """A text as the carrier's log has it: taken at ``sent_at``.

    ``progress``: what a receipt would say now, if anything.
    """

    carrier_message_id: str
    student_phone: str  # E.164
    body: str
    sent_at: datetime
    progress: ReceiptProgress | None
    failure: Failure | None = None
    carrier_code: str = ""


class FindingState(StrEnum):
    """What a look at the account said of one thing."""

    OK = "ok"
    WRONG = "wrong"
    WAITING = "waiting"  # under way at the carrier
    UNKNOWN = "unknown"  # it could not be asked


@dataclass(frozen=True)
class AccountFinding:
    """One thing of the account, in words; ``todo``: what to do about it."""

    about: str
    state: FindingState
    words: str
    todo: str = ""


@dataclass(frozen=True)
class WebhookCall:
    """A call of the carrier to us, as it came in.

    ``url`` is built from the configured public address, never from Host.
    """

    url: str
    headers: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)
    raw_body: bytes = b""


@dataclass(frozen=True)
class CarrierAnswer:
    """What we answer the carrier."""

    body: str = ""
    content_type: str = "text/plain"


class NumberProblem(Exception):
    """A number could not be bought or attached, a log not be read.

    ``is_final``: trying again would not help until a person acts. ``retry_after``:
    seconds the carrier asks us to wait.
    """

    def __init__(
        self,
        words: str,
        *,
        is_final: bool,
        carrier_code: str = "",
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(words)
        self.words = words
        self.is_final = is_final
        self.carrier_code = carrier_code
        self.retry_after = retry_after


class NumberTaken(NumberProblem):
    """Somebody else took the number between our search and our purchase."""


class OutcomeUnknown(NumberProblem):
    """The carrier did not answer.

    After a purchase: look at what we own before anything else.
    """


class Carrier(Protocol):
    """Everything Quadline asks of a carrier.

    Calls that rent numbers or read logs block; ``send`` does not.
    """

    name: str

    async def send(self, text: OutboundText) -> SendOutcome:
        """Hand one text over.

        Never raises for what a carrier or a network does.
        """

    def sent_texts(
        self,
        *,
        system_phone: str,
        since: datetime,
    ) -> Iterator[SentText]:
        """The carrier's own log of what one number sent, newest first and complete.

        Raises NumberProblem.
        """

    def received_texts(
        self,
        *,
        since: datetime,
        system_phone: str = "",
    ) -> Sequence[InboundText]:
        """What students sent, to one number or to all, oldest first and complete.

        Raises NumberProblem.
        """

    def texts_between(
        self,
        *,
        student_phone: str,
        system_phone: str,
    ) -> Sequence[InboundText]:
        """The last texts of one student to one number, oldest first.

        Somebody may wait for them. Raises NumberProblem.
        """

    def received_text(
        self,
        carrier_message_id: str,
    ) -> InboundText | None:
        """One text of a student by its id, as quickly. Raises NumberProblem."""

    def own_replies(
        self,
        *,
        system_phone: str,
        since: datetime,
    ) -> Sequence[SentText]:
        """What the carrier itself answered to STOP and HELP. Raises NumberProblem."""

    def wish_in(
        self,
        body: str,
    ) -> KeywordWish | None:
        """What the carrier itself makes of a whole reply, as it came."""

    def push_opt_out(
        self,
        *,
        system_phone: str,
        student_phone: str,
        at: datetime,
    ) -> bool:
        """Tell of an opt-out that no reply told. False where it cannot be told."""

    def search(
        self,
        area: SearchArea,
    ) -> Sequence[str]:
        """Free numbers of one area; none is no problem."""

    def buy(
        self,
        phone: str,
        *,
        reference: str,
    ) -> OwnedNumber:
        """Rent one number under our reference.

        Raises NumberTaken, OutcomeUnknown or NumberProblem.
        """

    def owned(
        self,
        *,
        reference: str,
    ) -> OwnedNumber | None:
        """The number bought under a reference, though we were cut off while buying."""

    def attach(self, number: OwnedNumber) -> None:
        """Start the registration to send. Twice is once."""

    def detach(self, number: OwnedNumber) -> None:
        """Undo ``attach``, so that the next one registers it again. Twice is once."""

    def release(self, number: OwnedNumber) -> None:
        """Give a number back. Nothing undoes this. Twice is once."""

    def has(self, number: OwnedNumber) -> bool:
        """Whether the account still has this number. Raises NumberProblem."""

    def rented_numbers(self) -> Sequence[RentedNumber]:
        """Every number of the account, complete. Raises NumberProblem."""

    def point(self, number: OwnedNumber, *, reference: str) -> None:
        """Have texts and calls to a number come to us, and tag it with our reference.

        Twice is once.
        """

    def connect(self) -> Sequence[str]:
        """Point the carrier's webhooks at us. Safe to repeat; says what was done."""

    def faults_in_setup(self) -> Sequence[str]:
        """What is not as ``connect`` left it, in words."""

    def findings(self) -> Sequence[AccountFinding]:
        """Whether the account can be used, thing by thing. Changes nothing, costs
        nothing, never raises for what a carrier does.
        """

    def is_genuine(self, call: WebhookCall) -> bool:
        """Whether the carrier signed this call. Never raises."""

    def read_inbound(self, call: WebhookCall) -> InboundText:
        """Raises KeyError or ValueError for a call that is no text of anybody."""

    def receipt_key(self, form: Mapping[str, str]) -> str:
        """The same news twice has the same key, so that it is stored once."""

    def read_receipt(self, form: Mapping[str, str]) -> Receipt | None:
        """A receipt that says something new, or None for a step on the way."""

    def read_registrations(
        self,
        raw_body: bytes,
    ) -> Sequence[Registration]:
        """News of numbers. Raises KeyError or ValueError for another body."""

    def read_call(self, call: WebhookCall) -> IncomingCall:
        """Raises KeyError or ValueError."""

    def answer_text(self) -> CarrierAnswer:
        """What the carrier wants to hear: nothing that it would text to the student."""

    def answer_call(
        self,
        *,
        words: str,
        connect_to: str,
        system_phone: str,
    ) -> CarrierAnswer:
        """Say these words, then pass the call on to this phone, if there is one."""
