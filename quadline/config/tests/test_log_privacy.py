"""What a log line may say, no matter what writes it."""

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction
from pydantic import BaseModel

from quadline.config.log_privacy import without_people
from quadline.numbers.models import SystemNumber
from tests.cast import student

WORDS = "I cannot sleep and I want to leave school"
PHONE = "+17345550141"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a process of ours writes, in the form that its logs have."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logs: Any = settings.LOGGING
    form = dict(logs["formatters"]["json"])
    handler.setFormatter(form.pop("()")(**form))
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


class Form(BaseModel):
    body: int


def unique() -> None:
    """The database's own words name the values of the row."""
    with transaction.atomic():
        for _ in range(2):
            student("00100099", WORDS, PHONE)


def not_a_number() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT %s::uuid", [f"{WORDS} {PHONE}"])


def too_long() -> None:
    with transaction.atomic():
        SystemNumber.objects.filter(phone=f"{WORDS} {PHONE}").update(
            phone=f"{WORDS} {PHONE}" * 20
        )
        student("1" * 500, WORDS, PHONE)


def parsed() -> None:
    int(f"{WORDS} {PHONE}")


def described() -> None:
    Form.model_validate({"body": f"{WORDS} {PHONE}"})


def looked_up() -> None:
    nothing: dict[str, str] = {}
    nothing[f"{WORDS} {PHONE}"]


FAULTS = [unique, not_a_number, too_long, parsed, described, looked_up]


@pytest.mark.django_db
@pytest.mark.parametrize("fail", FAULTS)
@pytest.mark.parametrize("ours", [True, False])
def test_a_fault_is_logged_with_its_place_and_without_values(
    written: io.StringIO, fail: Callable[[], None], ours: bool
) -> None:
    logger: Any = (
        structlog.get_logger("ours") if ours else logging.getLogger("a library")
    )
    try:
        fail()
    except Exception as fault:
        logger.exception("it failed")
        kind = type(fault).__name__
    line = json.loads(written.getvalue().splitlines()[0])
    assert kind in line["exception"]
    assert f"in {fail.__name__}" in line["exception"]
    assert "sleep" not in written.getvalue()
    assert "5550141" not in written.getvalue()


@pytest.mark.parametrize(
    "said",
    [
        "no answer from +17345550141",
        "(734) 555-0141 is not known",
        "734.555.0141",
        "to=%2B17345550141",
        "sender: rosa.calderon@alder.example",
        (
            "UniqueViolation('taken\\nDETAIL:  Key (student_phone)=(+17345550141)"
            " already exists.')"
        ),
        "bad syntax\nLINE 1: INSERT INTO x VALUES ('I cannot sleep')",
    ],
)
def test_phones_addresses_and_details_of_the_database_are_hidden(said: str) -> None:
    line = without_people(None, "info", json.dumps({"event": said}))
    assert not [word for word in ("0141", "rosa", "sleep") if word in line]
    assert "…" in line
    assert json.loads(line)


@pytest.mark.parametrize(
    "kept",
    [
        "2026-11-30T13:28:58.334941Z",
        "4782852a-262b-45bd-992b-acca1c363f0f",
        "SM73455501417345550141734555014173",
        "127.0.0.1",
        'duplicate key value violates unique constraint "students_id"',
    ],
)
def test_what_finds_a_fault_again_stays(kept: str) -> None:
    line = json.dumps({"event": kept})
    assert without_people(None, "info", line) == line


def test_an_email_that_goes_nowhere_is_not_written_down(
    written: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    send_mail("Reset", WORDS, None, ["rosa@alder.example"], connection=_backend())
    said = written.getvalue() + "".join(capfd.readouterr())
    assert "no email was sent" in said
    assert WORDS not in said
    assert "rosa" not in said


def _backend() -> Any:
    from quadline.emails.unsent import EmailBackend

    return EmailBackend()
