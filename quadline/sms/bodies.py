"""The words of a text: cleaned of what no phone can show,
and refused when there are none.
"""

import re
import unicodedata

from quadline.sms.segments import MAX_CHARACTERS, utf16_units

_LINE_BREAK = re.compile(r"\r\n?")
# Controls but tab and line feed, lone surrogates, and Unicode's 66 noncharacters
# (The Unicode Standard, section 23.7): PostgreSQL refuses some and carriers the rest.
_PLANE_ENDS = "".join(
    chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
_UNSENDABLE = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_PLANE_ENDS}]"
)


class BodyError(ValueError):
    """A body that cannot be sent; `str(error)` tells a
    staff member why, in plain words.
    """


def clean(text: str) -> str:
    """Return the text in NFC, with LF line ends, without
    controls or trailing white space.

    Emoji, their joiners and the marks of right-to-left writing stay.
    """
    sendable = _UNSENDABLE.sub("", _LINE_BREAK.sub("\n", text))
    return unicodedata.normalize("NFC", sendable).rstrip()


def checked_body(text: str) -> str:
    """Return the cleaned text, or raise `BodyError` when it is empty or too long.

    Length is taken in UTF-16 units, as the browser counts: never less than the carrier
    does.
    """
    body = clean(text)
    if not _shows_something(body):
        raise BodyError("Write a message first. Nothing was sent.")
    over = utf16_units(body) - MAX_CHARACTERS
    if over > 0:
        raise BodyError(
            f"This message has {MAX_CHARACTERS + over:,} characters; a text can have "
            f"{MAX_CHARACTERS:,}. Shorten it by {over:,}. Nothing was sent."
        )
    return body


def _shows_something(text: str) -> bool:
    """Tell whether anything is left besides white space and
    invisible format characters.
    """
    return any(
        not char.isspace() and unicodedata.category(char) != "Cf" for char in text
    )
