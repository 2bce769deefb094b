"""Whether a new password is good enough: validators as Django calls them, for every
form and command that sets one.
"""

import re
import threading
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from quadline.accounts.breaches import is_breached
from quadline.college.current import college_settings

# As a power of ten; zxcvbn takes 10^10 to withstand all but a stolen database.
LEAST_GUESSES = 9.0
# Letters and digits beside what anybody knows of the person and the college.
LEAST_OF_ITS_OWN = 6
MAX_LOOKED_AT = 72  # characters: what is strong so far is not made weak by more
MIN_WORD = 3
OF_THE_PRODUCT = (
    "quadline",
    "texting",
    "text",
    "texts",
    "message",
    "student",
    "students",
    "advisor",
)
EASY = (
    "This password is easy to guess. Use a few unrelated words, or let your browser"
    " make one up."
)
OURS = (
    "This password is mostly your name, or words of the college. Use a few unrelated"
    " words instead."
)
BREACHED = (
    "This password was in a data breach somewhere else, so it will be guessed. Choose"
    " another."
)
# zxcvbn keeps the words it was given last in one place for all threads
_estimating = threading.Lock()


class NotEasyToGuess:
    """Neither common, nor a pattern, nor made of what anybody knows: zxcvbn,
    with its 90,000 words and passwords.
    """

    def validate(
        self,
        password: str,
        user: Any = None,
    ) -> None:
        known = words_about(user)
        if _of_its_own(password, known) < LEAST_OF_ITS_OWN:
            raise ValidationError(OURS, code="password_of_known_words")
        if _guesses(password, known) < LEAST_GUESSES:
            raise ValidationError(EASY, code="password_too_easy")

    def get_help_text(self) -> str:
        return (
            "A few unrelated words are easy to remember and hard to guess. Your name"
            " and the college's are not enough."
        )


class NotBreached:
    """In none of the breaches that BREACHED_PASSWORDS_URL
    knows, if it is set and answers.
    """

    def validate(
        self,
        password: str,
        user: Any = None,
    ) -> None:
        range_url = settings.ENV.breached_passwords_url
        if is_breached(password, range_url):
            raise ValidationError(BREACHED, code="password_breached")

    def get_help_text(self) -> str:
        return ""


def words_about(user: Any) -> list[str]:
    """What anybody may know of this person and place, in
    lower case, the longest first.
    """
    _, _, host = settings.PUBLIC_URL.partition("://")
    about = [college_settings().college_name, host]
    # There may be no user yet.
    about += [
        str(getattr(user, name, None) or "")
        for name in ("name", "email", "title", "office")
    ]
    words = re.findall(r"\w+", " ".join(about).lower())
    found = {word for word in words if len(word) >= MIN_WORD}
    found |= set(OF_THE_PRODUCT)
    # The longest first: "students" is taken out before "student" leaves an s of it.
    return sorted(found, key=lambda word: (-len(word), word))


def _of_its_own(password: str, known: list[str]) -> int:
    rest = password.lower()
    for word in known:
        rest = rest.replace(word, " ")
    letters_and_digits = re.findall(r"[^\W_]", rest)
    return len(letters_and_digits)


def _guesses(password: str, known: list[str]) -> float:
    # Here: its words are 14 MB, and few processes ever set a password.
    from zxcvbn import zxcvbn

    with _estimating:
        estimate = zxcvbn(password[:MAX_LOOKED_AT], user_inputs=known)
    return float(estimate["guesses_log10"])
