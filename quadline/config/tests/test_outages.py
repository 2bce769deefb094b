"""Which faults pass automatically: answered 503, and worth trying again."""

import psycopg
import pytest
from django.db import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
)
from psycopg import errors

from quadline.outages import is_outage


def raised(outer: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise outer from cause
    except Exception as fault:
        return fault


@pytest.mark.parametrize(
    "fault",
    [
        OperationalError("the connection is closed"),
        InterfaceError("connection already closed"),
        psycopg.OperationalError("the connection is lost"),
        psycopg.InterfaceError("the cursor is closed"),
        errors.AdminShutdown("terminating connection due to administrator command"),
        errors.IdleInTransactionSessionTimeout("terminating connection"),
        raised(
            InternalError("read only"),
            errors.ReadOnlySqlTransaction(
                "cannot execute INSERT in a read-only transaction"
            ),
        ),
        raised(
            RuntimeError("the engine's own words"),
            psycopg.OperationalError("the connection is closed"),
        ),
        raised(
            RuntimeError("twice"),
            raised(RuntimeError("once"), OperationalError("gone")),
        ),
    ],
)
def test_a_database_that_is_away_passes(fault: Exception) -> None:
    assert is_outage(fault)


@pytest.mark.parametrize(
    "fault",
    [
        None,
        ValueError("no number"),
        DataError("value too long"),
        raised(IntegrityError("taken"), errors.UniqueViolation("duplicate key")),
        raised(
            InternalError("aborted"),
            errors.InFailedSqlTransaction("current transaction is aborted"),
        ),
    ],
)
def test_a_fault_of_ours_does_not(fault: Exception | None) -> None:
    assert not is_outage(fault)
