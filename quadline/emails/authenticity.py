"""Whether the college's own mail server found that an email may not be from
who it says.

Authentication-Results (RFC 8601) may be written by anybody on the way, the sender too.
Only those of our own server count, known by its name there: its authserv-id.
"""

import re
from email.message import Message
from itertools import islice

from quadline.emails.headers import raw_values

RESULTS_HEADER = "Authentication-Results"
MAX_RESULTS = 50
MAX_RESULTS_LENGTH = 10_000
COMMENT = re.compile(r"\([^()]*\)")
DMARC = re.compile(r"(?:^|;)\s*dmarc\s*=\s*([a-z]+)", re.IGNORECASE)
FAIL = "fail"

DmarcVerdict = tuple[str, str]  # who says so, and what DMARC came to


def dmarc_verdicts(message: Message) -> tuple[DmarcVerdict, ...]:
    """What each server on the way said of DMARC, the last server first."""
    found = []
    for value in islice(raw_values(message, RESULTS_HEADER), MAX_RESULTS):
        text = COMMENT.sub(" ", value[:MAX_RESULTS_LENGTH])
        before_results = text.partition(";")[0].split()
        result = DMARC.search(text)
        if before_results and result:
            server = before_results[0].strip('"')
            found.append((server.lower(), result[1].lower()))
    return tuple(found)


def failed_dmarc(verdicts: tuple[DmarcVerdict, ...], *, our_server: str) -> bool:
    """Whether our own server said "fail".

    It writes above what was there: its first word counts, and nobody else's.
    """
    if not our_server:
        return False
    ours = [result for server, result in verdicts if server == our_server.lower()]
    return ours[:1] == [FAIL]
