"""What the college decides about how many numbers it has. No database here."""

from pydantic import BaseModel, Field


class NumberSettings(BaseModel):
    number_pool_limit: int = Field(
        default=49,
        ge=1,
        le=400,
        description=(
            "Numbers that the networks allow on the college's campaign: 49, or the"
            " approved number pool. The warm pool stays below it, and administrators"
            " are told when it is nearly used."
        ),
    )
    warm_pool_size: int = Field(
        default=0,
        ge=0,
        le=20,
        description=(
            "Numbers that are bought and registered ahead, so that a first text leaves"
            " at once. 0: each is bought on a first text."
        ),
    )
    cents_per_number: float = Field(
        default=115,
        ge=0,
        description="What the carrier charges for a number each month.",
    )
