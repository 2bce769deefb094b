"""The words of an HTML email, as text: blocks become lines, and quoted history gets the marks that text has, "> "."""

import re
from html.parser import HTMLParser

BLOCKS = frozenset(
    {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "blockquote", "hr", "pre", "section"}
)
APART = frozenset({"p", "h1", "h2", "h3", "blockquote", "table", "ul", "ol"})  # with an empty line around them
HIDDEN = frozenset({"style", "script", "title", "svg"})
VOID = frozenset({"br", "hr", "img", "meta", "link", "input"})
# How mail programs mark what they quote: Gmail, Apple, Thunderbird, Yahoo, Proton.
QUOTE = re.compile(r"quote|cite", re.IGNORECASE)
# Where Outlook's own begin the message that is answered, and everything after it.
HISTORY_IDS = frozenset(
    {"divrplyfwdmsg", "x_divrplyfwdmsg", "appendonsend", "x_appendonsend", "stopspelling", "ms-outlook-mobile-reference"}
)
HISTORY_BEGINS = "-----Original Message-----"  # quotes.py knows it
LONGEST_LINK = 300
CUT_OFF = re.compile(r"<[a-zA-Z/!][^<>]{0,2000}\Z")  # a tag that never ends

Attributes = list[tuple[str, str | None]]


def text_of(html: str) -> str:
    reader = _Reader()
    reader.feed(CUT_OFF.sub("", html))
    reader.close()
    return "\n".join(reader.lines()).strip("\n")


class _Reader(HTMLParser):
    """Collects lines. Tags that are never closed, or closed twice, cost at most a line break."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._words: list[str] = []
        self._hidden: list[str] = []
        self._quotes: list[bool] = []  # for each open blockquote, whether it is history
        self._depth = 0
        self._link = ""
        self._link_from = 0
        self._is_as_typed = False

    def lines(self) -> list[str]:
        self._end_line()
        return self._lines

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if tag in HIDDEN:
            self._hidden.append(tag)
        if tag in BLOCKS:
            self._end_line(apart=tag in APART)
        traits = {name: value or "" for name, value in attrs}
        if tag == "blockquote":
            self._quotes.append(_is_history(traits))
            self._depth += self._quotes[-1]
        if tag == "pre":
            self._is_as_typed = True
        if tag == "a":
            self._link, self._link_from = traits.get("href", ""), len(self._words)
        if tag == "li":
            self._words.append("- ")
        if traits.get("id", "").lower() in HISTORY_IDS:
            self._add_line(HISTORY_BEGINS)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            self._hidden = self._hidden[: self._hidden.index(tag)]
        if tag in BLOCKS and tag not in VOID:
            self._end_line(apart=tag in APART)
        if tag == "blockquote" and self._quotes:
            self._depth -= self._quotes.pop()
        if tag == "pre":
            self._is_as_typed = False
        if tag == "a":
            self._say_where_it_leads()

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._is_as_typed:
            first, *rest = data.split("\n")
            self._words.append(first)
            for line in rest:
                self._end_line()
                self._words.append(line)
        else:
            self._words.append(re.sub(r"[\s\u200b\ufeff]+", " ", data))

    def _say_where_it_leads(self) -> None:
        said = "".join(self._words[self._link_from :]).strip()
        if said and self._link.startswith(("http://", "https://")) and len(self._link) <= LONGEST_LINK and said not in self._link:
            self._words.append(f" ({self._link})")
        self._link = ""

    def _end_line(self, *, apart: bool = False) -> None:
        words = "".join(self._words)
        line = words.rstrip() if self._is_as_typed else re.sub(r" +", " ", words).strip()
        self._words = []
        if line:
            self._add_line(line)
        if apart and self._lines and self._lines[-1].strip("> "):
            self._lines.append(">" * self._depth)

    def _add_line(self, line: str) -> None:
        self._lines.append(f"{'>' * self._depth} {line}" if self._depth else line)


def _is_history(traits: dict[str, str]) -> bool:
    """An indented paragraph is a blockquote too: only one that a mail program marks as quoted counts."""
    marks = f"{traits.get('class', '')} {traits.get('type', '')} {traits.get('id', '')}"
    return bool(QUOTE.search(marks)) or "border-left" in traits.get("style", "").replace(" ", "")
