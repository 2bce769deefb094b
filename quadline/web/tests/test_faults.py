"""What a visitor reads when something of ours fails, and what a program does."""

import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.test import Client

from quadline.web import health
from tests.architecture.conftest import Enter


@pytest.fixture
def visitor(enter: Enter) -> Client:
    client = enter(None)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (OperationalError("too many clients"), 503, "It goes out once"),
        (InterfaceError("the connection is closed"), 503, "It goes out once"),
        (ProgrammingError("no such column"), 500, "This is on our end"),
        (RuntimeError("oh"), 500, "This is on our end"),
    ],
)
def test_a_database_that_is_away_is_no_fault_of_ours(
    visitor: Client,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    status: int,
    words: str,
) -> None:
    def fails() -> bool:
        raise fault

    monkeypatch.setattr(health, "tables_are_current", fails)
    # so that nobody catches it before
    monkeypatch.setattr(health, "DatabaseError", KeyError)
    answer = visitor.get("/readyz")

    assert answer.status_code == status
    assert words in answer.content.decode()
    assert answer.has_header("Retry-After") == (status == 503)
    assert "default-src 'none'" in answer["Content-Security-Policy"]
