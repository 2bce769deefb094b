"""How long a text waits for its author's number, in words: then it goes as an email instead (delivery/deadlines.py)."""

from django.conf import settings


def longest_wait() -> str:
    hours = settings.ENV.failsafe_number_hours
    return f"{hours:g} hour{'' if hours == 1 else 's'}"


def else_an_email() -> str:
    """A sentence of its own, after what the text waits for."""
    return f"If that takes over {longest_wait()}, it goes as an email."
