"""The test message of the setup: that it arrives is all it says."""

from django.conf import settings

from quadline.emails.letters import send_to_staff


def setup_test(*, to: str, asked_by: str) -> None:
    """Raises what the mail server or its library raises."""
    lines = [
        f"This is the test message that {asked_by} asked for. Quadline can send email.",
        "Students' answers are another matter: see docs/email.md about where they go.",
        f"Go on with the setup: {settings.PUBLIC_URL}/manage/setup/",
    ]
    send_to_staff("Quadline can send email", lines, [to])
