"""The two ways to reach the simulator in tests: Twilio's
own client, and the control API.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from quadline.simulator.options import ACCOUNT_SID, AUTH_TOKEN, MESSAGING_SERVICE_SID
from quadline.simulator.tests.college import College

STUDENT = "+17345550177"
SERVICE = MESSAGING_SERVICE_SID


def official_client(url: str, *, token: str = AUTH_TOKEN, timeout: float = 5) -> Client:
    client = Client(ACCOUNT_SID, token, http_client=TwilioHttpClient(timeout=timeout))
    for domain in (client.api, client.messaging, client.events, client.accounts):
        domain.base_url = url
    return client


class Simulator:
    def __init__(self, url: str) -> None:
        self.url = url
        self.client = official_client(url)

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def post(self, path: str, **facts: Any) -> Any:
        return self._ask("POST", path, facts)

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path, None)

    def fault(self, kind: str, **facts: Any) -> Any:
        return self.post("faults", kind=kind, **facts)

    def ledger(self, *kinds: str) -> list[Any]:
        return list(self.get("ledger?kind=" + ",".join(kinds)))

    def rent(
        self, college: College, *, area_code: str = "734", registered: bool = True
    ) -> str:
        service = self.client.messaging.v1.services(SERVICE)
        service.update(inbound_request_url=f"{college.url}/inbound")
        number = self.client.incoming_phone_numbers.create(
            area_code=area_code, voice_url=f"{college.url}/voice"
        )
        service.phone_numbers.create(phone_number_sid=number.sid)
        if registered:
            self.wait_for_ledger("registered", phone_number=number.phone_number)
        return str(number.phone_number)

    def send(self, number: str, college: College | None = None, **facts: Any) -> Any:
        wish = {"to": STUDENT, "body": "Are you free on Monday?", **facts}
        if college is not None:
            wish["status_callback"] = f"{college.url}/status?message=1"
        return self.client.messages.create(
            from_=number, messaging_service_sid=SERVICE, **wish
        )

    def refused(self, number: str, **facts: Any) -> int:
        """The code with which a text is refused."""
        try:
            self.send(number, **facts)
        except TwilioRestException as error:
            return int(error.code)
        raise AssertionError("The text was accepted.")

    def text(self, to: str, body: str, *, phone: str = STUDENT, **webhook: Any) -> Any:
        return self.post(f"phones/{phone}/texts", to=to, body=body, **webhook)

    def final(self, sid: str, seconds: float = 120.0) -> Any:
        """The line of the ledger with which this text ended."""
        ends = ("delivered", "undelivered", "failed")
        return self._await(
            lambda: [
                s
                for s in self.ledger("status")
                if s["sid"] == sid and s["status"] in ends
            ],
            seconds,
        )

    def wait_for_ledger(self, kind: str, seconds: float = 120.0, **facts: Any) -> Any:
        wanted = facts.items()
        return self._await(
            lambda: [r for r in self.ledger(kind) if wanted <= r.items()], seconds
        )

    def wait_until(self, claim: Callable[[], bool]) -> None:
        self._await(lambda: [True] if claim() else [], 120.0)

    def _await(self, found: Any, seconds: float) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if lines := found():
                return lines[0]
            time.sleep(0.005)
        raise AssertionError(self.ledger())

    def _ask(self, method: str, path: str, facts: dict[str, Any] | None) -> Any:
        data = None if facts is None else json.dumps(facts).encode()
        request = urllib.request.Request(
            f"{self.url}/simulator/{path.replace('+', '%2B')}",
            data,
            {"Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return {"http": error.code, **json.load(error)}
