"""What looks like a merge field and is none: {first_name}, {{advisor}},
[Student_Name], <<Name>>, an unclosed [.

Written as other systems write their fields, or with a slip. Ordinary brackets stay
ordinary: [1], [sic], {1, 2, 3}, f(x) on [0, 1), :[ and a formula with < and >.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from difflib import get_close_matches

MAX_TEXT_READ = 20_000  # nothing longer is sent
_MOST_LOOKED_AT = 50  # places of one kind: comparing words takes time
_FEWEST_LETTERS = 4  # in square brackets: [sic] and [tbd] are talk
_FEWEST_IN_BRACES = 2  # {x} is mathematics
_CLOSE = 0.85
_BLANK = "[ \t\xa0]{0,3}"
# A name as it stands between signs: a letter first, then what systems put into names.
_NAME = "[^\\W\\d_][\\w.:/|#'\u2019 \t\xa0-]{0,58}"
_BRACED = r"[$#]?\{{1,3}" + _BLANK + r"[#/%!]?" + _BLANK + _NAME + r"(?<=\w)"
# As other systems write fields: Handlebars and Slate, shells, Word and Salesforce,
# Mailchimp, Python.
_FOREIGN = re.compile(
    "|".join(
        [
            _BRACED + _BLANK + r"%?\}{1,3}",
            r"<<" + _BLANK + _NAME + r">>",
            r"\*\|" + _BLANK + r"[^\W\d_][\w.: -]{0,58}\|\*",
            r"%%?[^\W\d_][\w.-]{2,58}%%?(?!\w)",
            r"%\([^\W\d_]\w{1,58}\)s",
        ]
    )
)
_SQUARE = re.compile(r"\[([^\[\]\n]{1,80})\]")
# Signs that are more often a quote or a tag: a field only where the words come near a
# field's name.
_QUOTED = re.compile(
    "<([^<>\n]{2,60})>"
    "|\u00ab([^\u00ab\u00bb\n]{2,60})\u00bb"
    "|\u2039([^\u2039\u203a\n]{2,60})\u203a"
    "|[\uff3b\u3010\u3014\uff5b]([^\uff3d\u3011\u3015\uff5d\n]{2,60})"
    "[\uff3d\u3011\u3015\uff5d]"
    r"|(?<!\w)__([^\W_]\w{1,58}?)__(?!\w)"
    r"|(?<!\w)([@#~$])\6?([^\W\d_][\w ]{1,40})\6{1,2}(?!\w)"
)
_PAIR = re.compile(r"\[[^\[\]\n]*\]|\{[^{}\n]*\}")
# Not the mouth of a face :[
_UNCLOSED = re.compile(
    r"(?<![:;=8])(?<![:;=8][-'^])[\[{]"
    + _BLANK
    + "((?:[^\\W\\d_][\\w'\u2019-]{0,20}"
    + _BLANK
    + r"){1,3})"
)
_UNOPENED = re.compile(r"((?:[^\W\d_]{1,20}[ \t_-]){0,3}[^\W\d_]{1,20})[ \t]?[\]}]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NO_LETTER = re.compile(r"[\W\d_]+")

Meant = Callable[[str], str]


def lookalikes(text: str, meant: Meant) -> tuple[str, ...]:
    """Return what looks like a field in a text without real ones,
    as written, each once, in order.

    ``meant`` says which field some words come near, or "".
    """
    search = _Search(text[:MAX_TEXT_READ])

    def is_long_enough(words: str) -> bool:
        return _letters(words) >= _FEWEST_IN_BRACES

    def is_meant(words: str) -> bool:
        return meant(words) != ""

    def is_no_talk(words: str) -> bool:
        return _letters(words) >= _FEWEST_LETTERS or is_meant(words)

    def ends_in_a_field(words: str) -> bool:
        return any(map(meant, _endings(words)))

    def shortened(words: str) -> str:
        return _name_at_end(words, meant)

    search.take(_FOREIGN, is_long_enough)
    search.take(_SQUARE, is_no_talk)
    search.take(_QUOTED, is_meant)
    search.blank(_PAIR)  # what is left of brackets has no other
    search.take(_UNCLOSED, is_no_talk)
    search.take(_UNOPENED, ends_in_a_field, shortened=shortened)
    return search.found


def comes_near(words: str, names: Mapping[str, str]) -> str:
    """The value of the name that some words come near,
    whatever joins them; "" for none.

    ``names``: as ``plain_words`` writes them.
    """
    # {name|there}: of what stands in its stead nothing
    asked = plain_words(words.partition("|")[0]) or plain_words(words)
    if asked in names:
        return names[asked]
    if len(asked) < _FEWEST_LETTERS:
        return ""
    near = get_close_matches(asked, names, n=1, cutoff=_CLOSE)
    return names[near[0]] if near else ""


def plain_words(words: str) -> str:
    """Words in lower case, one space apart: of FirstName,
    first_name and first-name alike.
    """
    whole = _CAMEL.sub(" ", unicodedata.normalize("NFKC", words))
    whole = whole.replace("'", "").replace("\u2019", "")
    letters = _NO_LETTER.sub(" ", whole).casefold()
    return " ".join(letters.split())


class _Search:
    """A text, and what was found in it; what was found is
    blanked and not found again.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._rest = text
        self._found: dict[int, str] = {}

    @property
    def found(self) -> tuple[str, ...]:
        first: dict[str, str] = {}
        for at in sorted(self._found):
            written = self._found[at]
            key = " ".join(written.casefold().split())
            first.setdefault(key, written)
        return tuple(first.values())

    def take(
        self,
        pattern: re.Pattern[str],
        is_field: Callable[[str], bool],
        *,
        shortened: Callable[[str], str] | None = None,
    ) -> None:
        """``shortened``: the end of what matched that is the field; else all of it."""
        looked_at = 0

        def blanked(match: re.Match[str]) -> str:
            nonlocal looked_at
            looked_at += 1
            matched = match.group()
            words = max(filter(None, match.groups()), key=len, default=matched)
            if looked_at > _MOST_LOOKED_AT or not is_field(words):
                return matched
            field = shortened(matched) if shortened else matched
            start = match.end() - len(field)
            self._found[match.start()] = self._whole(start, match.end())
            return _as_blanks(match)

        self._rest = pattern.sub(blanked, self._rest)

    def blank(self, pattern: re.Pattern[str]) -> None:
        self._rest = pattern.sub(_as_blanks, self._rest)

    def _whole(
        self,
        start: int,
        end: int,
    ) -> str:
        """With more brackets around it."""
        while start and self._text[start - 1] in "[{":
            start -= 1
        while self._text[end : end + 1] in ("]", "}"):
            end += 1
        return self._text[start:end].strip()


def _as_blanks(match: re.Match[str]) -> str:
    """As many as what matched: what follows keeps its place."""
    return " " * len(match.group())


def _letters(words: str) -> int:
    return sum(map(str.isalpha, words))


def _endings(words: str) -> list[str]:
    """The words, and what is left of them without the first, the first two…"""
    gaps = re.finditer(r"[ \t_-]+", words)
    starts = [0, *(gap.end() for gap in gaps)]
    endings = [words[at:] for at in starts]
    return [ending for ending in endings if ending]


def _name_at_end(matched: str, meant: Meant) -> str:
    for ending in _endings(matched):
        if meant(ending.rstrip("]} ")):
            return ending
    return matched
