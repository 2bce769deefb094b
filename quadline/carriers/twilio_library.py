"""Twilio's own library, led to the addresses of our settings. Imported when first needed, because that takes 0.4 s."""

from typing import Any, Protocol

from quadline.carriers.twilio_shapes import checked


class Account(Protocol):
    account_sid: str
    auth_token: str
    api_url: str
    messaging_url: str
    events_url: str
    accounts_url: str


def new(account: Account, *, timeout: int) -> Any:
    """A client that waits so many seconds for each answer."""
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    http = checked(TwilioHttpClient)(timeout=timeout)
    client = Client(account.account_sid, account.auth_token, http_client=http)
    client.api.base_url = account.api_url
    client.messaging.base_url = account.messaging_url
    client.events.base_url = account.events_url
    client.accounts.base_url = account.accounts_url
    return client
