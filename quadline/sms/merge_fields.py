"""Merge fields: [Student Name] in a template becomes the student's name."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

# Words in square brackets, four to sixty characters: [Your Name], but not [1], [x] or
# [sic].
_FIELD = re.compile(
    r"\[[ \t\xa0]*(?=[^\]]{4,60}\])([^\W\d_]+(?:[ \t\xa0'\u2019-]+[^\W\d_]+)*)["
    r" \t\xa0]*\]"
)
# The guide's sample says [Insert Office Phone Number] and [Insert Your System Number
# Here].
_WRAPPING = re.compile(r"^insert | here$")
_BRACKETS = tuple("[]{}")


class MergeError(ValueError):
    """A text whose fields cannot be filled. `unknown`: what looks like a field, as
    written; `empty`: names of fields.
    """

    def __init__(
        self,
        unknown: tuple[str, ...],
        empty: tuple[str, ...],
    ) -> None:
        self.unknown = unknown
        self.empty = empty
        no_fields = [f"{written} is not a merge field." for written in unknown]
        no_values = [f"There is nothing to put in [{name}]." for name in empty]
        super().__init__(" ".join([*no_fields, *no_values]))


class FieldTemplate:
    """A text taken apart at its fields once, to be filled
    for one student after the other.
    """

    def __init__(self, text: str) -> None:
        self.fields = fields_in(text)
        self._words: list[str] = []
        self._written: list[str] = []  # the fields, brackets and all
        self._keys: list[str] = []
        end = 0
        for match in _FIELD.finditer(text):
            self._words.append(text[end : match.start()])
            self._written.append(match.group())
            self._keys.append(field_key(match.group(1)))
            end = match.end()
        self._words.append(text[end:])

    def asks_for(self, name: str) -> bool:
        return field_key(name) in self._keys

    def around(self, keys: Collection[str]) -> str:
        """The text without its fields of these keys; a blank stands for each.

        A field in a second pair of brackets stays.
        """
        around = self._words[0]
        fields = zip(self._keys, self._written, self._words[1:], strict=True)
        for key, written, words in fields:
            # filled in, it would leave brackets around a name
            is_wrapped = around[-1:] in _BRACKETS or words[:1] in _BRACKETS
            stays = key not in keys or is_wrapped
            around += written if stays else " "
            around += words
        return around

    def fill(self, values: Mapping[str, str]) -> str:
        """Put the values in place of the fields; a field's
        case and spacing do not matter.

        A field that is not in ``values`` stays as written, and brackets inside a value
        are not read as fields. Raises `MergeError` naming every field that has only
        white space there.
        """
        if not self.fields:
            return self._words[0]
        known = {field_key(name): value for name, value in values.items()}
        # a field without a value stays as written: it is not empty
        empty = [
            name for name in self.fields if not known.get(field_key(name), "?").strip()
        ]
        if empty:
            raise MergeError((), tuple(empty))
        parts = [self._words[0]]
        fields = zip(self._keys, self._written, self._words[1:], strict=True)
        for key, written, words in fields:
            parts.append(known.get(key, written))
            parts.append(words)
        return "".join(parts)


def fields_in(text: str) -> tuple[str, ...]:
    """Return the fields of a text as first written, each once, in order."""
    seen: dict[str, str] = {}
    for match in _FIELD.finditer(text):
        name = match.group(1)
        seen.setdefault(field_key(name), " ".join(name.split()))
    return tuple(seen.values())


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text filled once. Raises `MergeError`."""
    return FieldTemplate(text).fill(values)


@lru_cache(maxsize=256)  # the same few names, for each of thousands of students
def field_key(name: str) -> str:
    """One key for every way to write a field's name: case, spacing, and the guide's
    "Insert … Here" do not matter.
    """
    words = name.replace("\u2019", "'").casefold()
    words = " ".join(words.split())
    return _WRAPPING.sub("", words)
