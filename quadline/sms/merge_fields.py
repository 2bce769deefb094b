"""Merge fields: [Student Name] in a template becomes the student's name."""

import re
from collections.abc import Mapping
from functools import lru_cache

# Words in square brackets, four to sixty characters: [Your Name], but not [1], [x] or [sic].
_FIELD = re.compile(r"\[[ \t\xa0]*(?=[^\]]{4,60}\])([^\W\d_]+(?:[ \t\xa0'\u2019-]+[^\W\d_]+)*)[ \t\xa0]*\]")
# The guide's sample says [Insert Office Phone Number] and [Insert Your System Number Here].
_WRAPPING = re.compile(r"^insert | here$")


class MergeError(ValueError):
    """A text whose fields cannot be filled; `unknown` and `empty` hold them as written."""

    def __init__(self, unknown: tuple[str, ...], empty: tuple[str, ...]) -> None:
        self.unknown = unknown
        self.empty = empty
        wrongs = [f"[{name}] is not a merge field." for name in unknown]
        wrongs += [f"There is nothing to put in [{name}]." for name in empty]
        super().__init__(" ".join(wrongs))


def fields_in(text: str) -> tuple[str, ...]:
    """Return the fields of a text as first written, each once, in order."""
    seen: dict[str, str] = {}
    for match in _FIELD.finditer(text):
        seen.setdefault(key_of(match.group(1)), " ".join(match.group(1).split()))
    return tuple(seen.values())


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in place of the fields; a field's case and spacing do not matter.

    Brackets inside a value are not read as fields. Raises `MergeError` naming every field
    that `values` does not know or has only white space for.
    """
    known = {key_of(name): value for name, value in values.items()}
    fields = fields_in(text)
    unknown = tuple(name for name in fields if key_of(name) not in known)
    empty = tuple(name for name in fields if not known.get(key_of(name), "?").strip())
    if unknown or empty:
        raise MergeError(unknown, empty)
    return _FIELD.sub(lambda match: known[key_of(match.group(1))], text)


@lru_cache(maxsize=256)  # the same few names, for each of thousands of students
def key_of(name: str) -> str:
    """One key for every way to write a field's name: case, spacing, and the guide's "Insert … Here" do not matter."""
    words = " ".join(name.replace("\u2019", "'").casefold().split())
    return _WRAPPING.sub("", words)
