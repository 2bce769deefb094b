"""What a request may hold: closed objects, and words that a database can keep."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from pydantic import BaseModel, ConfigDict, Field

from quadline.accounts.models import User

MAX_ID = 2**63 - 1  # a bigint: the database refuses to look for more

# PostgreSQL keeps no NUL. Lone surrogates are no text at all: pydantic refuses them
# anyway.
ApiText = Annotated[str, Field(pattern=r"^[^\x00]*$")]
SOMETHING = r"^[^\x00]*[^\s\x00][^\x00]*$"  # but white space
ApiWords = Annotated[str, Field(pattern=SOMETHING, max_length=20_000)]
InstitutionalId = Annotated[
    str,
    Field(pattern=SOMETHING, max_length=40, examples=["00417733"]),
]
Name = Annotated[str, Field(pattern=SOMETHING, description="At most 120 characters.")]
Label = Annotated[str, Field(pattern=SOMETHING, max_length=60)]
LongLabel = Annotated[str, Field(pattern=SOMETHING, max_length=160)]


class ApiRequest(HttpRequest):
    """One that a token has let through."""

    auth: User
    # of what this request makes: the same for the same Idempotency-Key and body
    # (idempotency.py)
    act_id: UUID


class Given(BaseModel):
    """What a caller writes: nothing is guessed, and what is not
    known is refused rather than left out.
    """

    model_config = ConfigDict(extra="forbid", strict=True)


class ApiAnswer(BaseModel):
    """What a caller reads."""

    model_config = ConfigDict(frozen=True)


def left_as_it_is(**limits: Any) -> Any:
    """The same, of what stays as it is when it is left out."""
    return Field(default=None, json_schema_extra=limits)


def only_described(**limits: Any) -> Any:
    """Limits that the description names and a room's own rules
    check, with words that name the row.
    """
    return Field(default="", json_schema_extra=limits)
