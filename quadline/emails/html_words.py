"""The words of an HTML email, as text: blocks become lines, and quoted history gets the
marks that text has, "> ".

Parsed by Lexbor (selectolax), which is linear in what people send. What would nest
deeper than any mail program does is read without its tree.
"""

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
# With an empty line around them.
APART = frozenset(
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "ul", "ol"]
)
HIDDEN_ELEMENTS = frozenset(
    ["style", "script", "title", "svg", "head", "template", "object", "iframe"]
)
CELLS = frozenset({"td", "th"})
# Tags that are rarely closed, and do not nest.
LOOSE = frozenset(
    [
        "p",
        "li",
        "dt",
        "dd",
        "tr",
        "td",
        "th",
        "thead",
        "tbody",
        "tfoot",
        "option",
        "br",
        "hr",
        "img",
        "meta",
        "link",
        "input",
        "col",
        "area",
        "base",
        "embed",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
# How mail programs mark what they quote: Gmail, Apple, Thunderbird, Yahoo, Proton.
QUOTE = re.compile(r"quote|cite", re.IGNORECASE)
# Where Outlook's own begin the message that is answered, and everything after it.
HISTORY_IDS = frozenset(
    ["divrplyfwdmsg", "x_divrplyfwdmsg", "stopspelling", "ms-outlook-mobile-reference"]
)
HISTORY_BEGINS = "-----Original Message-----"  # quotes.py knows it
SIGNATURE = "-- "  # quotes.py knows it, too (RFC 3676, 4.3)
MAX_LINK_SHOWN = 300
MAX_ALT = 20
MAX_HTML_DEPTH = 1_000  # elements within elements; the worst newsletters have 100
MAX_MARKS = 10
TAG_PATTERN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})")
ANY_TAG = re.compile(r"<(?:[a-zA-Z/!?][^<>]*>?)?")
SPACES = re.compile(r"[\s\u200b\ufeff]+")

Attributes = dict[str, str | None]


def text_of_html(html: str) -> str:
    if _depth_of(html) > MAX_HTML_DEPTH:
        return without_tags(html)
    try:
        tree = LexborHTMLParser(html)
    except SelectolaxError:  # made to grow beyond the memory that there is
        return without_tags(html)
    words = _Words()
    _walk(tree.root, words)
    return "\n".join(words.lines()).strip("\n")


def without_tags(html: str) -> str:
    """What is between the tags, a line each: for what nobody could lay out."""
    pieces = ANY_TAG.split(html)
    lines = [SPACES.sub(" ", piece).strip() for piece in pieces]
    return unescape("\n".join(filter(None, lines)))


def _depth_of(html: str) -> int:
    """How deep its elements may nest, counted without a tree."""
    depth = deepest = 0
    for slash, name in TAG_PATTERN.findall(html):
        if name.lower() in LOOSE:
            continue
        depth = max(0, depth - 1) if slash else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _walk(node: LexborNode | None, words: "_Words") -> None:
    """Each node once, without recursion: the tree is the sender's."""
    while node is not None:
        is_open = words.begin(node)
        if is_open and node.first_child is not None:
            node = node.first_child
            continue
        if is_open:
            words.end(node)
        while node is not None and node.next is None:
            node = node.parent
            if node is not None:
                words.end(node)
        if node is not None:
            node = node.next


class _Words:
    """Collects lines from nodes as they begin and end."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._words: list[str] = []
        self._quotes: list[bool] = []  # for each open blockquote, whether it is history
        self._links: list[tuple[str, int]] = []
        self._depth = 0
        self._as_typed = 0

    def lines(self) -> list[str]:
        self._end_line()
        return self._lines

    def begin(self, node: LexborNode) -> bool:
        """Whether what is inside this node is read, too."""
        if node.is_text_node:
            self._add_text(node.text_content or "")
            return True
        tag = node.tag or ""
        if tag in HIDDEN_ELEMENTS or not node.is_element_node:
            return False
        if tag in BLOCKS:
            self._end_line(apart=tag in APART)
        self._begin_element(tag, node)
        return True

    def end(self, node: LexborNode) -> None:
        if not node.is_element_node:
            return
        tag = node.tag or ""
        if tag in BLOCKS and tag not in ("br", "hr"):
            self._end_line(apart=tag in APART)
        if tag == "blockquote" and self._quotes:
            self._depth -= self._quotes.pop()
        elif tag == "pre":
            self._as_typed -= 1
        elif tag == "a" and self._links:
            self._say_where_it_leads(*self._links.pop())

    def _begin_element(
        self,
        tag: str,
        node: LexborNode,
    ) -> None:
        traits: Attributes = node.attributes
        if (traits.get("id") or "").lower() in HISTORY_IDS:
            self._end_line()
            self._add_line(HISTORY_BEGINS)
        if tag == "blockquote":
            self._quotes.append(_is_history(traits))
            self._depth += self._quotes[-1]
        elif tag == "pre":
            self._as_typed += 1
        elif tag == "a":
            self._links.append((traits.get("href") or "", len(self._words)))
        elif tag == "li":
            self._words.append("- ")
        elif tag == "hr":
            self._add_line("_" * 32)
        elif tag == "img":
            self._words.append(_emoji(traits.get("alt") or ""))
        elif tag in CELLS:
            self._words.append(" ")

    def _add_text(self, text: str) -> None:
        if not self._as_typed:
            self._words.append(SPACES.sub(" ", text))
            return
        first, *rest = text.split("\n")
        self._words.append(first)
        for line in rest:
            self._end_line()
            self._words.append(line)

    def _say_where_it_leads(
        self,
        link: str,
        begun_at: int,
    ) -> None:
        said = "".join(self._words[begun_at:]).strip()
        # Words that are the address itself, or a part of it, say it already.
        says_more = bool(said) and said not in link
        is_web = link.startswith(("http://", "https://"))
        if says_more and is_web and len(link) <= MAX_LINK_SHOWN:
            self._words.append(f" ({link})")

    def _end_line(self, *, apart: bool = False) -> None:
        words = "".join(self._words)
        self._words = []
        line = words.rstrip() if self._as_typed else re.sub(r" +", " ", words).strip()
        if line == "--":
            line = SIGNATURE  # its space is lost in HTML
        if line:
            self._add_line(line)
        if apart and self._lines and self._lines[-1].strip("> "):
            self._lines.append(self._marks())

    def _add_line(self, line: str) -> None:
        if self._depth:
            line = f"{self._marks()} {line}"
        self._lines.append(line)

    def _marks(self) -> str:
        return ">" * min(self._depth, MAX_MARKS)


def _emoji(alt: str) -> str:
    """Mail programs send emoji as pictures.

    Other pictures' words are not the writer's.
    """
    is_emoji = len(alt) <= MAX_ALT and not alt.isascii()
    has_words = any(letter.isalnum() for letter in alt)
    return alt if is_emoji and not has_words else ""


def _is_history(traits: Attributes) -> bool:
    """An indented paragraph is a blockquote too: only one that is marked as quoted by a
    mail program counts.
    """
    marks = " ".join(traits.get(name) or "" for name in ("class", "type", "id", "cite"))
    style = (traits.get("style") or "").replace(" ", "")
    return bool(QUOTE.search(marks)) or "border-left" in style
