"""Post the same texts to the same carrier with nothing around it: a bare aiohttp loop,
and the official SDK.
"""

import asyncio
import time
import uuid
from collections.abc import Iterator

import aiohttp
import uvloop
from django.conf import settings

from bench.college import WORDS
from bench.house import PUBLIC_URL


def aiohttp_loop(count: int, *, in_flight: int) -> float:
    """Seconds to post so many texts, so many at once."""
    return uvloop.run(_post_all(count, in_flight))


async def _post_all(count: int, in_flight: int) -> float:
    env = settings.ENV
    account = f"{env.twilio_api_url}/2010-04-01/Accounts/{env.twilio_account_sid}"
    url = f"{account}/Messages.json"
    left = iter(range(count))
    async with aiohttp.ClientSession(
        headers={
            "Authorization": aiohttp.encode_basic_auth(
                env.twilio_account_sid, env.twilio_auth_token
            )
        },
        connector=aiohttp.TCPConnector(limit=in_flight),
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        began = time.perf_counter()
        await asyncio.gather(
            *(_post_some(session, url, left) for _ in range(in_flight))
        )
        return time.perf_counter() - began


async def _post_some(
    session: aiohttp.ClientSession, url: str, left: Iterator[int]
) -> None:
    for place in left:
        async with session.post(url, data=_form(place)) as answer:
            await answer.read()


def _form(place: int) -> dict[str, str]:
    return {
        "To": f"+1{7342000001 + place}",
        # From 50 numbers, as the house hands over (paths/hand_over.py).
        "From": f"+1734555{1 + place % 50:04}",
        "MessagingServiceSid": settings.ENV.twilio_messaging_service_sid,
        "Body": WORDS,
        "StatusCallback": f"{PUBLIC_URL}/webhooks/twilio/status?ref={uuid.uuid4()}",
    }


def official_sdk(count: int) -> float:
    """Seconds to send so many texts with Twilio's own library, one after the other, as
    its documentation shows.
    """
    from twilio.rest import Client

    env = settings.ENV
    client = Client(env.twilio_account_sid, env.twilio_auth_token)
    client.api.base_url = env.twilio_api_url
    began = time.perf_counter()
    for place in range(count):
        form = _form(place)
        client.messages.create(
            to=form["To"],
            from_=form["From"],
            messaging_service_sid=form["MessagingServiceSid"],
            body=form["Body"],
            status_callback=form["StatusCallback"],
        )
    return time.perf_counter() - began
