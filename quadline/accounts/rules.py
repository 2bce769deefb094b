"""What each role may do, what makes two offices one, how often
anybody may try. No database here.
"""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Role(StrEnum):
    ADVISOR = "advisor"  # texts the students on their own caseload
    # the same for every caseload of their own office; reads its conversations
    LEAD = "lead"
    ADMINISTRATOR = "administrator"  # sees everyone, fixes numbers, manages accounts
    AUDITOR = "auditor"  # reads everything, changes nothing


class May(StrEnum):
    TEXT = "text"  # send texts, and so have a number
    SEE_OFFICE = "see_office"  # students and conversations of the whole office
    SEE_COLLEGE = "see_college"  # students and conversations of everyone
    MANAGE = "manage"  # numbers and accounts of others


class FirstTab(StrEnum):
    """What somebody wants open first in a conversation."""

    LAST_USED = "last"  # in that browser
    TEXT = "text"
    EMAIL = "email"


PERMISSIONS: dict[Role, frozenset[May]] = {
    Role.ADVISOR: frozenset({May.TEXT}),
    Role.LEAD: frozenset({May.TEXT, May.SEE_OFFICE}),
    Role.ADMINISTRATOR: frozenset(
        {May.TEXT, May.SEE_OFFICE, May.SEE_COLLEGE, May.MANAGE}
    ),
    Role.AUDITOR: frozenset({May.SEE_OFFICE, May.SEE_COLLEGE}),
}


def office_key(name: str) -> str:
    """What tells offices apart: the name without its case and its white space."""
    one_form = unicodedata.normalize("NFKC", name)
    return "".join(one_form.casefold().split())


def allows(role: str, permission: May) -> bool:
    """Whether a role holds a permission. An unknown role holds none."""
    if role not in PERMISSIONS:
        return False
    return permission in PERMISSIONS[Role(role)]


@dataclass(frozen=True)
class AttemptLimit:
    """At most so many tries of a kind within a time, counted from the first."""

    kind: str
    most: int
    within: timedelta


_MINUTES, _HOUR, _DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)

# Wrong passwords. Right ones count for nothing, however many. NIST SP 800-63B:
# no more than 100 in a row on one account, wherever they come from.
# on one account, from browsers that it has never been signed in with: all of them
# together
STRANGERS = (
    AttemptLimit("account", 5, _MINUTES),
    AttemptLimit("account-day", 100, _DAY),
)
KNOWN_BROWSER = (  # on one account, from one browser that it has been signed in with
    AttemptLimit("browser", 5, _MINUTES),
    AttemptLimit("browser-day", 100, _DAY),
)
# from one address, on whatever accounts, known browsers aside
ADDRESS_LIMIT = AttemptLimit("address", 10, timedelta(minutes=1))
# on the page to change it, where somebody sits at an open screen
CURRENT_PASSWORD = (
    AttemptLimit("current-password", 5, _MINUTES),
    AttemptLimit("current-day", 100, _DAY),
)
# on record: somebody at an open screen guesses its owner's password
CURRENT_PASSWORD_AUDIT = AttemptLimit("current-audit", 1, _HOUR)

# Codes of a second factor, by somebody who knows the password. Of a code with a step's
# tolerance three in a million are right at any time: twenty a day are one in 16,000.
CODE_STRANGERS = (
    AttemptLimit("code", 5, _MINUTES),
    AttemptLimit("code-day", 20, _DAY),
)
CODE_KNOWN_BROWSER = (
    AttemptLimit("code-browser", 5, _MINUTES),
    AttemptLimit("code-browser-day", 20, _DAY),
)
# to the owner: somebody who knows the password tries codes
CODE_LETTER = AttemptLimit("code-letter", 1, _HOUR)
# Requests to sign in with a passkey, each a session: a room full of staff is not
# refused.
PASSKEY_ADDRESS = AttemptLimit("passkey-address", 100, _MINUTES)

# Requests for a link to set a password.
# a room full of new staff behind one address is not refused
LINK_ADDRESS = AttemptLimit("link-address", 100, _MINUTES)
# emails to one mailbox; each link opens until a password is set
LINK_ACCOUNT = AttemptLimit("link-account", 3, _HOUR)

# to the administrators, for one account, and for all that do not exist
LETTER = AttemptLimit("letter", 1, _HOUR)
