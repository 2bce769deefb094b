"""Name → carrier. One line per carrier."""

from functools import cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from quadline.carriers.protocol import Carrier

CARRIERS = {
    "twilio": "quadline.carriers.twilio.Twilio",
}


@cache
def carrier(name: str) -> Carrier:
    """The carrier of this name, set up from the settings.

    Raises KeyError for one we do not have.
    """
    return cast(Carrier, import_string(CARRIERS[name]).from_settings(settings.ENV))


def current_carrier() -> Carrier:
    """The carrier that new texts and numbers go through."""
    return carrier(settings.ENV.carrier)
