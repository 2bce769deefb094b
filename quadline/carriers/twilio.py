"""Twilio: our words to theirs and back. Nothing else in the house knows Twilio.

Texts go out over aiohttp, kept alive; everything that is not on that path uses Twilio's
own library, imported when first needed because that takes 0.4 s.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import aiohttp

from quadline.carriers import twilio_answers as answers
from quadline.carriers import twilio_check as check
from quadline.carriers import twilio_consents as consents
from quadline.carriers import twilio_log
from quadline.carriers import twilio_rented as rented
from quadline.carriers import twilio_setup as setup
from quadline.carriers import twilio_shapes as shapes
from quadline.carriers.protocol import (
    NO_CONNECTION,
    AccountFinding,
    CarrierAnswer,
    InboundText,
    IncomingCall,
    KeywordWish,
    NumberProblem,
    OutboundText,
    OutcomeUnknown,
    OwnedNumber,
    Receipt,
    Registration,
    RentedNumber,
    SearchArea,
    SendOutcome,
    SentText,
    Unknown,
    Unsent,
    WebhookCall,
)
from quadline.carriers.twilio_forms import encoded

SEND_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)
ACCOUNT_TIMEOUT_SECONDS = 15
SOMEBODY_WAITS_SECONDS = 3
MAX_PAGE = 1000  # rows of its log in one answer
LAST_OF_A_PAIR = 50
# Twilio itself retries our inbound webhook only when it cannot connect; the fragment
# asks for three tries whatever the fault
# (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides). It is not
# part of the signature.
INBOUND_RETRIES = "#rc=3&rp=all"
Answered = TypeVar("Answered")


@dataclass
class Twilio:
    """One Twilio account, one Messaging Service, one number per staff user."""

    account_sid: str
    auth_token: str
    next_auth_token: str
    messaging_service_sid: str
    public_url: str
    api_url: str
    messaging_url: str
    events_url: str
    accounts_url: str
    name: str = "twilio"
    _sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = field(
        default_factory=dict, repr=False
    )
    _client: Any = field(default=None, repr=False)
    _quick_client: Any = field(default=None, repr=False)  # for whom somebody waits

    @classmethod
    def from_settings(cls, env: Any) -> "Twilio":
        return cls(
            account_sid=env.twilio_account_sid,
            auth_token=env.twilio_auth_token,
            next_auth_token=env.twilio_auth_token_next,
            messaging_service_sid=env.twilio_messaging_service_sid,
            public_url=env.public_url,
            api_url=env.twilio_api_url,
            messaging_url=env.twilio_messaging_url,
            events_url=env.twilio_events_url,
            accounts_url=env.twilio_accounts_url,
        )

    # Texts out

    async def send(self, text: OutboundText) -> SendOutcome:
        """Hand one text over.

        Both From and the service are named,
        so that no pool ever picks a colleague's number.
        """
        form = encoded(
            To=text.student_phone,
            From=text.system_phone,
            MessagingServiceSid=self.messaging_service_sid,
            Body=text.body,
            StatusCallback=f"{self._address('status')}?ref={text.reference}",
        )
        url = f"{self.api_url}/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        try:
            async with self._session().post(url, data=form) as response:
                return answers.outcome(
                    response.status, await response.read(), response.headers
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Unsent(f"{NO_CONNECTION}: {type(error).__name__}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Unknown(f"answer lost: {type(error).__name__}")

    def sent_texts(
        self,
        *,
        system_phone: str,
        since: datetime,
    ) -> Iterator[SentText]:
        """The carrier's own log of one number's texts, newest first, read as far as it
        is asked for.

        Raises NumberProblem when it cannot be read. Not filtered by DateSent: Twilio
        sets that when a text leaves it, and one that is still queued there must be
        found, too.
        """
        for row in self._log(from_=system_phone):
            twilio_log.check_sent(row, system_phone=system_phone)
            if (row.date_sent or row.date_created) < since:
                return
            yield twilio_log.sent_text(row)

    def received_texts(
        self,
        *,
        since: datetime,
        system_phone: str = "",
    ) -> Sequence[InboundText]:
        """The carrier's own log of texts to us, or to one number, oldest first.

        Raises NumberProblem when it cannot be read.
        """
        to = {"to": system_phone} if system_phone else {}
        return [
            twilio_log.received_text(row)
            for row in reversed(list(self._log(date_sent_after=since, **to)))
            if twilio_log.is_inbound(row)
            and (row.date_sent or row.date_created) >= since
        ]

    def texts_between(
        self,
        *,
        student_phone: str,
        system_phone: str,
    ) -> Sequence[InboundText]:
        """The last texts of a student to a number, at most ``LAST_OF_A_PAIR``, oldest
        first. Raises NumberProblem.

        Somebody may wait for it: it takes a few seconds at most.
        """
        rows = self._ask(
            lambda client: client.messages.page(
                from_=student_phone,
                to=system_phone,
                page_size=LAST_OF_A_PAIR,
            ),
            is_quick=True,
        )
        texts = [
            twilio_log.received_text(row) for row in rows if twilio_log.is_inbound(row)
        ]
        return texts[::-1]

    def received_text(self, carrier_message_id: str) -> InboundText | None:
        """One text by its id; None when the carrier has no such text of a student.

        Raises NumberProblem. As quick.
        """
        try:
            row = self._ask(
                lambda client: client.messages(carrier_message_id).fetch(),
                is_quick=True,
            )
        except NumberProblem as problem:
            if problem.carrier_code == "20404":
                return None
            raise
        shapes.agrees(row, sid=carrier_message_id)
        return twilio_log.received_text(row) if twilio_log.is_inbound(row) else None

    def own_replies(
        self,
        *,
        system_phone: str,
        since: datetime,
    ) -> Sequence[SentText]:
        """What the carrier itself answered from one number, to STOP or HELP.

        Raises NumberProblem when its log cannot be read.
        """
        rows = self._log(from_=system_phone, date_sent_after=since)
        return [
            twilio_log.sent_text(row)
            for row in rows
            if twilio_log.is_own_reply(row, system_phone=system_phone)
        ]

    def _log(
        self,
        **which: Any,
    ) -> Iterator[Any]:
        """Rows of Twilio's log, newest first, page after page."""
        page = self._ask(
            lambda client: client.messages.page(page_size=MAX_PAGE, **which)
        )
        while page is not None:
            yield from page
            page = self._ask(partial(_page_after, page))

    # Opt-outs

    def wish_in(self, body: str) -> KeywordWish | None:
        return consents.wish_in(body)

    def push_opt_out(
        self,
        *,
        system_phone: str,
        student_phone: str,
        at: datetime,
    ) -> bool:
        """Tell of an opt-out that no reply told.

        False when this account may not, or it was not taken.

        Raises NumberProblem to try later.
        """
        item = consents.opt_out(
            system_phone=system_phone,
            student_phone=student_phone,
            at=at,
        )
        try:
            answer = self._ask(
                lambda client: client.accounts.v1.bulk_consents.create(items=[item])
            )
        except NumberProblem as problem:
            if problem.carrier_code not in consents.CONSENT_API_CLOSED:
                raise
            return False
        return consents.are_taken(answer.items)

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            for ended in [other for other in list(self._sessions) if other.is_closed()]:
                self._sessions.pop(ended, None)
            session = self._sessions[loop] = aiohttp.ClientSession(
                headers={
                    "Authorization": aiohttp.encode_basic_auth(
                        self.account_sid, self.auth_token
                    ),
                    "Content-Type": "application/x-www-form-urlencoded",
                },
                timeout=SEND_TIMEOUT,
                connector=aiohttp.TCPConnector(limit=200),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                # an answer is a few hundred bytes
                skip_auto_headers=("Accept-Encoding",),
            )
        return session

    # Numbers

    def search(self, area: SearchArea) -> Sequence[str]:
        """Numbers that can text and be called, at most 20.

        An area without any gives none.
        """
        where: dict[str, Any] = {}
        if area.area_code:
            where["area_code"] = int(area.area_code)
        elif area.near_phone:
            where |= {"near_number": area.near_phone, "distance": 50}
        else:
            where["in_region"] = area.region
        found = self._ask(
            lambda client: client.available_phone_numbers("US").local.list(
                sms_enabled=True,
                voice_enabled=True,
                page_size=20,
                limit=20,
                **where,
            )
        )
        return [number.phone_number for number in found]

    def buy(
        self,
        phone: str,
        *,
        reference: str,
    ) -> OwnedNumber:
        """Rent one number, tagged with our reference.

        Raises NumberTaken, OutcomeUnknown or NumberProblem.
        """
        bought = self._ask(
            lambda client: client.incoming_phone_numbers.create(
                phone_number=phone,
                friendly_name=_tag(reference),
                sms_url=self._webhooks["sms_url"],
                voice_url=self._webhooks["voice_url"],
            )
        )
        shapes.agrees(bought, phone_number=phone)
        return OwnedNumber(bought.phone_number, bought.sid)

    def owned(self, *, reference: str) -> OwnedNumber | None:
        """The number we bought under this reference, if we did."""
        tag = _tag(reference)
        found = self._ask(
            lambda client: client.incoming_phone_numbers.list(
                friendly_name=tag, limit=1
            )
        )
        if not found:
            return None
        shapes.agrees(found[0], friendly_name=tag)
        return OwnedNumber(found[0].phone_number, found[0].sid)

    def attach(self, number: OwnedNumber) -> None:
        """Put a number into the Messaging Service, which starts its registration.

        Twice is once.
        """
        try:
            attached = self._ask(
                lambda client: self._service(client).phone_numbers.create(
                    phone_number_sid=number.carrier_number_id
                )
            )
        except NumberProblem as problem:
            if problem.carrier_code != "21710":  # already in this service
                raise
        else:
            shapes.agrees(
                attached,
                sid=number.carrier_number_id,
                service_sid=self.messaging_service_sid,
            )

    def detach(self, number: OwnedNumber) -> None:
        """Take a number out of the Messaging Service: attaching registers it again.

        Twice is once.
        """
        self._give_up(
            lambda client: (
                self._service(client).phone_numbers(number.carrier_number_id).delete()
            )
        )

    def release(self, number: OwnedNumber) -> None:
        """Give a number back. There is no way to undo this. Twice is once."""
        self.detach(number)
        self._give_up(
            lambda client: client.incoming_phone_numbers(
                number.carrier_number_id
            ).delete()
        )

    def has(self, number: OwnedNumber) -> bool:
        return rented.has(self._ask, number)

    def rented_numbers(self) -> Sequence[RentedNumber]:
        return rented.rented_numbers(self._ask, self._service, self._webhooks)

    def point(self, number: OwnedNumber, *, reference: str) -> None:
        rented.point(
            self._ask,
            number,
            self._webhooks,
            tag=_tag(reference),
        )

    @property
    def _webhooks(self) -> dict[str, str]:
        """Of a number itself: where its texts and calls go."""
        return {
            "sms_url": self._address("inbound") + INBOUND_RETRIES,
            "voice_url": self._address("voice"),
        }

    def _give_up(self, deletion: "Callable[[Any], Any]") -> None:
        try:
            self._ask(deletion)
        except NumberProblem as problem:
            if problem.carrier_code != "20404":  # gone already
                raise

    def connect(self) -> Sequence[str]:
        """Point the Messaging Service and the event stream at this house; safe to
        repeat. Returns what was done, in words.
        """
        return setup.connect(self._ask, self._service, self._place)

    def faults_in_setup(self) -> Sequence[str]:
        """What at the carrier is not as ``connect`` left it, in words.

        Raises NumberProblem when it cannot be asked.
        """
        return setup.setup_faults(self._ask, self._service, self._place)

    def findings(self) -> Sequence[AccountFinding]:
        """Whether the account, its service, campaign and webhooks can be used."""
        return check.account_findings(
            self._ask,
            self._service,
            self._place,
            account_sid=self.account_sid if self.auth_token else "",
            setup_faults=self.faults_in_setup,
        )

    @property
    def _place(self) -> setup.CallbackPlace:
        return setup.CallbackPlace(
            self.messaging_service_sid,
            self._address("inbound") + INBOUND_RETRIES,
            self._address("events"),
        )

    def _service(self, client: Any) -> Any:
        if not self.messaging_service_sid:
            raise NumberProblem(
                "TWILIO_MESSAGING_SERVICE_SID is not set.", is_final=True
            )
        return client.messaging.v1.services(self.messaging_service_sid)

    def _ask(
        self,
        question: "Callable[[Any], Answered]",
        *,
        is_quick: bool = False,
    ) -> "Answered":
        """Ask Twilio through its own library and turn its exceptions into ours."""
        import requests
        from twilio.base.exceptions import TwilioException, TwilioRestException

        try:
            return question(self._quick_library() if is_quick else self._library())
        except TwilioRestException as error:
            raise answers.number_problem(error.status, str(error.code)) from error
        except TwilioException as error:
            raise answers.list_problem(error) from error
        except requests.RequestException as error:
            raise OutcomeUnknown(
                "The carrier did not answer.", is_final=False
            ) from error

    def _library(self) -> Any:
        if self._client is None:
            self._client = self._new_library(timeout=ACCOUNT_TIMEOUT_SECONDS)
        return self._client

    def _quick_library(self) -> Any:
        if self._quick_client is None:
            self._quick_client = self._new_library(timeout=SOMEBODY_WAITS_SECONDS)
        return self._quick_client

    def _new_library(self, *, timeout: float) -> Any:
        """Twilio's own library, led to the addresses of our settings, which waits so
        many seconds for each answer.
        """
        from twilio.http.http_client import TwilioHttpClient
        from twilio.rest import Client

        client = Client(
            self.account_sid,
            self.auth_token,
            http_client=shapes.checked_client(TwilioHttpClient)(timeout=timeout),
        )
        client.api.base_url = self.api_url
        client.messaging.base_url = self.messaging_url
        client.events.base_url = self.events_url
        client.accounts.base_url = self.accounts_url
        return client

    # Webhooks in

    def is_genuine(self, call: WebhookCall) -> bool:
        """Whether Twilio signed this call with one of the account's tokens.

        Never raises.
        """
        from twilio.request_validator import RequestValidator, get_signature_algorithm

        signature = call.headers.get("x-twilio-signature", "")
        algorithm = get_signature_algorithm(
            call.headers.get("x-twilio-webhooks-signature-settings", "")
        )
        has_body_hash = "bodySHA256" in parse_qs(urlsplit(call.url).query)
        if call.raw_body and not call.form and not has_body_hash:
            return False  # the signature would be true of any body
        signed = (
            call.raw_body.decode("utf-8", "replace")
            if has_body_hash
            else dict(call.form)
        )
        for token in filter(None, (self.auth_token, self.next_auth_token)):
            try:
                if RequestValidator(token).validate(
                    call.url,
                    signed,
                    signature,
                    algorithm,
                ):
                    return True
            except (TypeError, ValueError):
                # it raises on a JSON body without its hash, and on other algorithms
                return False
        return False

    def read_inbound(self, call: WebhookCall) -> InboundText:
        """Raises KeyError or ValueError for a call that is no text of anybody."""
        return answers.inbound_text(call.form)

    def receipt_key(
        self,
        form: Mapping[str, str],
    ) -> str:
        """The same news twice has the same key;
        Twilio numbers its callbacks by nothing else.
        """
        names = ("MessageSid", "MessageStatus", "ErrorCode")
        return "-".join(form.get(name, "") for name in names)

    def read_receipt(self, form: Mapping[str, str]) -> Receipt | None:
        """A receipt that says something new, or None for a step on the way."""
        return answers.receipt(form)

    def read_registrations(self, raw_body: bytes) -> Sequence[Registration]:
        """An Event Streams body: a JSON array of CloudEvents, delivered at least once.

        Raises KeyError or ValueError for another body.
        """
        return answers.registrations_in(raw_body)

    def read_call(
        self,
        call: WebhookCall,
    ) -> IncomingCall:
        return IncomingCall(
            student_phone=call.form.get("From", ""), system_phone=call.form["To"]
        )

    def answer_text(self) -> CarrierAnswer:
        return CarrierAnswer(
            '<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml"
        )

    def answer_call(
        self,
        *,
        words: str,
        connect_to: str,
        system_phone: str,
    ) -> CarrierAnswer:
        from twilio.twiml.voice_response import VoiceResponse

        spoken = VoiceResponse()
        spoken.say(words)
        if connect_to:
            spoken.dial(caller_id=system_phone, timeout=25).number(connect_to)
        else:
            spoken.hangup()
        return CarrierAnswer(str(spoken), "text/xml")

    def _address(self, kind: str) -> str:
        return f"{self.public_url}/webhooks/twilio/{kind}"


def _page_after(
    page: Any,
    client: Any,
) -> Any:
    return page.next_page()


def _tag(reference: str) -> str:
    return f"{rented.TAG}{reference}"
