"""Which messages are requests to the system, STOP and START, rather than words to a
person: for statements that count.

The ledger has one that changed something by the carrier's id. A STOP of somebody who is
out already, and an UNSTOP of somebody who never left, changed nothing and stand nowhere
but in the message.
"""

import re

from quadline.consent.keywords import FORMS, Keyword

KEYWORDS = sorted(
    word
    for word, form in FORMS.items()
    if form.keyword is not Keyword.HELP and not form.only_when_out
)
# The whole message, whatever stands around the word (consent/keywords.py); as the
# database reads patterns.
REQUEST_PATTERN = (
    "^[^[:alnum:]]*("
    + "|".join(re.escape(word).replace("\\ ", "\\s+") for word in KEYWORDS)
    + ")[^[:alnum:]]*$"
)


def is_request(message: str) -> str:
    """A condition on an inbound message; ``message`` is its alias in the statement."""
    return f"""
        (
            EXISTS (
                SELECT 1
                FROM consent_consententry AS entry
                WHERE entry.carrier_reference = {message}.carrier_message_id
                  AND {message}.carrier_message_id <> ''
            )
            OR normalize({message}.body, NFKC) ~* '{REQUEST_PATTERN}'
        )
    """  # noqa: S608  # no value in it
