"""What the college decides of emails: how long a text, or an email, is waited for
before something else is done. A part of CollegeSettings.
"""

from pydantic import BaseModel, Field

LONGEST_HOURS = 720  # thirty days


class EmailSettings(BaseModel):
    """Hours, minutes and seconds as their names say."""

    email_give_up_hours: float = Field(
        default=48,
        gt=0,
        le=LONGEST_HOURS,
        description="How long an email is tried while the mail server is down.",
    )
    failsafe_hours: float = Field(
        default=4,
        gt=0,
        le=LONGEST_HOURS,
        description=(
            "A text that has not left this long after it could have goes as an email."
        ),
    )
    failsafe_number_hours: float = Field(
        default=24,
        gt=0,
        le=LONGEST_HOURS,
        description="The same for a text that waits for its number.",
    )
    failsafe_setup_minutes: float = Field(
        default=15,
        ge=0,
        le=1440,
        description=(
            "How long a text waits for a fault in the college's account with the"
            " carrier to be fixed."
        ),
    )
    failsafe_hold_seconds: float = Field(
        default=60,
        ge=0,
        le=3600,
        description=(
            "How long the email for a text that failed waits for news that the text"
            " arrived after all."
        ),
    )
    phone_update_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description=(
            "Where students correct their phone number; told in fail-safe emails."
        ),
    )
