"""A message with something sensitive in it waits for its author to say that it is meant
(docs/adr/0026-college-settings.md).
"""

from quadline.college.current import college_settings
from quadline.college.sensitive import SensitiveMatch, sensitive_in


def found_in(words: str) -> list[SensitiveMatch]:
    """What the college's list of sensitive kinds finds in a message."""
    return sensitive_in(words, college_settings().sensitive_kinds)


def sensitive_refusal(found: list[SensitiveMatch]) -> str:
    """What was found, without showing it whole: refusals are kept and passed on."""
    named = " and ".join(f"a {match.kind} ({match.masked})" for match in found)
    return (
        f"This has what looks like {named}. Nothing was sent. Take it out, or say that"
        " it is to be sent anyway."
    )
