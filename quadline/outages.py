"""Whether a fault is the database being away, and so passes. Every door asks here."""

import psycopg
from django.db import InterfaceError, OperationalError

OUTAGE_ERRORS = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)
# The session was ended or cannot write: a time limit of the server, or a standby that
# has not taken over yet.
ENDED_SESSIONS = frozenset({"25P03", "25P04", "25006"})


def is_outage(fault: BaseException | None) -> bool:
    """Whether trying again soon is worth it: the fault, or
    what it was raised from, says so.

    The job engine wraps the driver's own faults in its own, and so do others.
    """
    while fault is not None:
        if (
            isinstance(fault, OUTAGE_ERRORS)
            or getattr(fault, "sqlstate", None) in ENDED_SESSIONS
        ):
            return True
        fault = fault.__cause__
    return False
