"""The carrier's records.

Plain values; what may happen to them is decided by the acts.
"""

import uuid
from dataclasses import dataclass, field, fields
from typing import Any


def new_sid(prefix: str) -> str:
    return prefix + uuid.uuid4().hex


@dataclass(slots=True, kw_only=True)
class Number:
    """A phone number the college rents."""

    sid: str
    phone_number: str
    friendly_name: str
    created_at: float
    updated_at: float
    sms_url: str = ""
    sms_method: str = "POST"
    sms_fallback_url: str = ""
    sms_fallback_method: str = "POST"
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    service_sid: str | None = None
    attached_at: float | None = None
    registration: str = "none"  # none, pending, registered, failed
    registers_at: float | None = None
    is_stuck: bool = False
    is_told: bool = True  # whether the college has heard how the registration ended
    # when its outbound queue will be empty, if texts are paced
    queue_free_at: float = 0.0


@dataclass(slots=True, kw_only=True)
class SimulatedService:
    """A messaging service: numbers that share webhooks and a campaign."""

    sid: str
    friendly_name: str
    created_at: float
    updated_at: float
    campaign_sid: str
    inbound_request_url: str | None = None
    inbound_method: str = "POST"
    fallback_url: str | None = None
    fallback_method: str = "POST"
    status_callback: str | None = None
    use_inbound_webhook_on_number: bool = False
    sticky_sender: bool = True
    smart_encoding: bool = False
    mms_converter: bool = True
    area_code_geomatch: bool = True
    validity_period: int = 36000
    usecase: str = "undeclared"


@dataclass(slots=True, kw_only=True)
class SimulatedMessage:
    sid: str
    turn: int  # order of creation, for paging
    from_: str
    to: str
    body: str
    direction: str  # inbound, outbound-api, outbound-reply
    status: str
    segments: int
    created_at: float
    updated_at: float
    service_sid: str | None = None
    sent_at: float | None = None
    error_code: int | None = None
    status_callback: str | None = None
    media: int = 0
    is_automatic: bool = False  # written by the carrier itself
    # steps to come: [status, error code]
    ahead: list[list[Any]] = field(default_factory=list)
    shuffled: str | None = None  # a fault on its callbacks that spans all of them
    # callbacks kept back by that fault
    held: list[list[Any]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Sink:
    sid: str
    description: str
    sink_type: str
    configuration: dict[str, Any]
    created_at: float
    status: str = "active"


@dataclass(slots=True, kw_only=True)
class Subscription:
    sid: str
    description: str
    sink_sid: str
    types: list[dict[str, Any]]
    created_at: float


@dataclass(slots=True, kw_only=True)
class PhoneBlock:
    """A student phone that told a number, or a whole service, to stop."""

    sid: str
    phone: str
    scope: str  # a phone number or a service sid
    keyword: str
    since: float


@dataclass(slots=True, kw_only=True)
class SimulatedPhone:
    """A student's phone on the screen."""

    phone_number: str
    name: str = ""
    detail: str = ""
    is_landline: bool = False
    email: str = ""
    last_active_at: float = 0.0


@dataclass(slots=True, kw_only=True)
class Mailbox:
    """A student's mailbox on the screen."""

    address: str  # lower case
    name: str = ""
    detail: str = ""
    phone_number: str = ""  # of the same student, when there is one
    last_active_at: float = 0.0


@dataclass(slots=True, kw_only=True)
class Mail:
    """One email in one mailbox, as it came or as its student sent it."""

    sid: str
    turn: int  # order of arrival
    address: str  # whose mailbox
    raw: str  # the bytes, as Latin-1
    header_id: str
    subject: str
    at: float
    return_path: str = ""
    is_from_student: bool = False
    arrivals: int = 1  # the same Message-ID again is counted, not kept twice


Record = (
    Number
    | SimulatedService
    | SimulatedMessage
    | Sink
    | Subscription
    | PhoneBlock
    | SimulatedPhone
    | Mailbox
    | Mail
)
RECORD_KINDS: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        Number,
        SimulatedService,
        SimulatedMessage,
        Sink,
        Subscription,
        PhoneBlock,
        SimulatedPhone,
        Mailbox,
        Mail,
    )
}


def record_key(record: Record) -> str:
    match record:
        case SimulatedPhone():
            return record.phone_number
        case Mailbox():
            return record.address
    return record.sid


def to_json(record: Record) -> dict[str, Any]:
    # Not asdict, which copies every value within.
    names = [each.name for each in fields(record)]
    return {name: getattr(record, name) for name in names}
