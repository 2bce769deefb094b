"""What the college decides of Manage › Health: from when on something is marked. A part
of CollegeSettings.
"""

from pydantic import BaseModel, Field


class HealthSettings(BaseModel):
    """Minutes, days and percents as their names say."""

    # Texts of a conversation wait up to ten minutes behind one whose outcome is being
    # looked up (delivery/sending/claiming.py): less would be red for nothing.
    late_after_minutes: int = Field(
        default=15,
        ge=11,
        le=1440,
        description=(
            "How long something may be due until Health turns red; yellow at half of"
            " it."
        ),
    )
    # Carriers flag a number from 5 percent of a day's recipients on, and may suspend it
    # at 10: https://support.flowroute.com/624359-Messaging-Guidelines---Monitoring,
    # read 2026-12. No carrier publishes its own figure.
    opt_out_watch_percent: float = Field(
        default=5,
        gt=0,
        le=100,
        description="Share of opt-outs from which a broadcast is marked.",
    )
    opt_out_watch_days: int = Field(
        default=1,
        ge=1,
        le=14,
        description="How long after a broadcast's text a STOP counts for it.",
    )
