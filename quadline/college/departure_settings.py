"""What the college decides about staff who leave or go on leave. A part of
CollegeSettings. No database here.
"""

from typing import Literal

from pydantic import BaseModel, Field


class DepartureSettings(BaseModel):
    number_rest_days: int = Field(
        default=90,
        ge=1,
        le=730,
        description=(
            "How long the number of somebody who has left rests before it is given"
            " back to the carrier; each departure may have its own."
        ),
    )
    conversations_of_leavers: Literal["along", "stay"] = Field(
        default="along",
        description=(
            "Whether conversations go to the successor with their history (along), or"
            " stay where leads and administrators read them (stay)."
        ),
    )
    access_on_leave: Literal["read", "none"] = Field(
        default="read",
        description=(
            "What staff on leave may do: sign in and read (read), or nothing until they"
            " are back (none)."
        ),
    )
