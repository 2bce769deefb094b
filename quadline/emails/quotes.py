"""Tell what is new in an answer from the history it quotes, so that a conversation
shows what is new. Nothing is cut: the whole text is kept, too.

Careful rather than thorough: a line too many on the screen is better than a student's
words out of sight. Where nothing would be left, everything is shown.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from quadline.emails import quote_lines

MAX_QUOTE_LINE = 500  # longer ones are no attribution and no header
MAX_MARK = 120  # of "-----Original Message-----" and its kin
MAX_WRAPPED = 4  # lines of one attribution
HEAD_WITHIN = 10  # lines in which a head's labels stand
MAX_SIGNATURE_LINES = 12
MAX_ANNOUNCING = 1_000  # characters above the history that may announce answers in it

WROTE_PATTERN = re.compile("|".join(quote_lines.WROTE_WORDS), re.IGNORECASE)
QUOTED_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,100}")
YEAR = re.compile(r"\b\d{4}\b|\d{4} ?[年년]|\d{1,2}/\d{1,2}/\d{2}\b")
ATTRIBUTION_START = re.compile(rf"(?:{quote_lines.ATTRIBUTION_STARTS})\b")
INVISIBLE = " \t\u200e\u200f\u202c"
HOUR = re.compile(r"\d{1,2}[:.h]\d{2}|\d{1,2}\s?(?:AM|PM|Uhr|時|时|시)", re.IGNORECASE)
NAME_LINE = re.compile(r"^[^.!?。！？]{2,60}$")
MARKED = re.compile(r"^\s{0,3}>")
QUOTE_MARKS = re.compile(r"^[\s>|]{0,40}")


def _label(names: str) -> re.Pattern[str]:
    """A label of a head, with the stars and bars that programs put around it."""
    return re.compile(
        rf"^[\s>*|]{{0,20}}(?:{names})\s?\**\s?[:：|]\s?\**", re.IGNORECASE
    )


FROM_LINE = _label(quote_lines.FROM_LABELS)
SENT_LINE = _label(quote_lines.SENT_LABELS)
SUBJECT_LINE = _label(quote_lines.SUBJECT_LABELS)
_ORIGINAL = quote_lines.ORIGINAL_MESSAGE_LINES
ORIGINAL_MESSAGE_LINE = re.compile(
    rf"^[\s>]{{0,20}}-{{2,}}\s?(?:{_ORIGINAL})\s?-{{2,}}\s*$", re.I
)
_FORWARDED = quote_lines.FORWARD_LINES
FORWARD_LINE = re.compile(
    r"^[\s>]{0,20}"
    rf"(?:-{{2,}}\s?(?:{_FORWARDED})\s?-{{2,}}|(?:{_FORWARDED})\s?[:：])\s*$",
    re.IGNORECASE,
)
RULE = re.compile(r"^\s*[_\-]{10,}\s*$")
SENT_FROM_LINE = re.compile(
    rf"^\s*(?:{quote_lines.SENT_FROM_LINES})[.。]?\s*(?:[<(]https?:\S+)?\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class EmailParts:
    """An email's text in parts."""

    new: str  # what a conversation shows: the writer's words and what they forward
    own: str  # the writer's own words alone: nothing quoted, nothing forwarded
    whole: str  # all of it


def read_answer(text: str, subject: str = "") -> EmailParts:
    lines = text.split("\n")
    whole = _tidy(lines)
    forward = _first(lines, _is_forward_mark)
    if forward is None and quote_lines.FORWARD_SUBJECT.match(subject[:100]):
        forward = _history_at(lines)
        if forward is None:
            forward = len(lines)
    if forward is not None and not _answers_before(lines, forward):
        own = _tidy(_unmarked(_without_signature(lines[:forward])))
        return EmailParts(whole, own, whole)
    new = _new_lines(lines)
    shown, own = _tidy(new), _tidy(_unmarked(new))
    if not shown.strip():
        return EmailParts(whole, own, whole)
    return EmailParts(shown, own, whole)


def rest_from(new: str, whole: str) -> int:
    """The character of the whole text at which what is not shown begins: where the new
    words end, or 0 when they are not its beginning.
    """
    if whole == new:
        return len(whole)
    return len(new) if new and whole.startswith(f"{new}\n") else 0


def _answers_before(lines: list[str], forward: int) -> bool:
    """Whether a quoted history begins above the mark:
    then the forward is part of it.
    """
    begun = _history_at(lines[:forward])
    return begun is not None


def _new_lines(lines: list[str]) -> list[str]:
    begin = _history_at(lines)
    if begin is None:
        return _without_signature(_without_last_quote(lines))
    above = _up_to(begin, lines, RULE)
    if _announces_answers("\n".join(above)):
        return lines
    said = _without_signature(above)
    answers = _answers_within(lines[begin:])
    return [*said, "", *answers] if answers else said


def _without_last_quote(lines: list[str]) -> list[str]:
    """Without a marked quote at the end that nothing introduces.

    "They told me this:" introduces what its writer wants read.
    """
    end = len(lines)
    while end and (not lines[end - 1].strip() or _is_marked(lines, end - 1)):
        end -= 1
    is_introduced = end > 0 and lines[end - 1].rstrip(INVISIBLE).endswith((":", "："))
    if is_introduced or _announces_answers("\n".join(lines[:end])):
        return lines
    return lines[:end]


def _announces_answers(above: str) -> bool:
    end = above[-MAX_ANNOUNCING:]
    return quote_lines.BELOW.search(end) is not None


def _history_at(lines: list[str]) -> int | None:
    """The line at which a quoted history begins; None where there is none."""
    for place, line in enumerate(lines):
        if len(line) > MAX_QUOTE_LINE or not line.strip():
            continue
        if _is_original_mark(line) or _is_head(lines, place):
            return place
        if _attribution(lines, place):
            return place
    return None


def _first(lines: list[str], is_it: Callable[[str], bool]) -> int | None:
    for place, line in enumerate(lines):
        if is_it(line):
            return place
    return None


def _is_forward_mark(line: str) -> bool:
    if len(line) > MAX_MARK:
        return False
    return FORWARD_LINE.match(line) is not None


def _is_original_mark(line: str) -> bool:
    if len(line) > MAX_MARK:
        return False
    return ORIGINAL_MESSAGE_LINE.match(line) is not None


def _is_head(lines: list[str], place: int) -> bool:
    """From, Sent and Subject together: "From: Detroit, To: Chicago" is a person's."""
    if not FROM_LINE.match(lines[place]):
        return False
    near = lines[place : place + HEAD_WITHIN]
    heads = [line[:MAX_QUOTE_LINE] for line in near if line.strip()]
    has_date = any(SENT_LINE.match(line) for line in heads)
    has_subject = any(SUBJECT_LINE.match(line) for line in heads)
    return has_date and has_subject


def _attribution(lines: list[str], place: int) -> int:
    """How many lines from here are "On …, … wrote:"; programs wrap it."""
    for end in range(place, min(place + MAX_WRAPPED, len(lines))):
        line = lines[end]
        if not line.strip() or len(line) > MAX_QUOTE_LINE:
            return 0
        if line.rstrip(INVISIBLE).endswith((":", "：")):
            begins_here = _begin_of(lines, end) == place
            return end - place + 1 if begins_here else 0
    return 0


def _begin_of(lines: list[str], end: int) -> int | None:
    """Where the attribution begins that ends here: at the line with its date, and not
    at a word above it that is the writer's.
    """
    following = _next_said(lines, end + 1)
    begin, joined = None, ""
    for place in range(end, max(-1, end - MAX_WRAPPED), -1):
        line = lines[place]
        if not line.strip() or len(line) > MAX_QUOTE_LINE:
            break
        said = QUOTE_MARKS.sub("", line)
        if begin is not None and not _belongs_above(said, joined):
            break
        joined = f"{said} {joined}".strip()
        if begin is not None or _introduces(joined, lines, following):
            begin = place
    return begin


def _belongs_above(said: str, joined: str) -> bool:
    """Whether a line is the beginning of the attribution that goes on below it."""
    if ATTRIBUTION_START.match(said):
        return not ATTRIBUTION_START.match(joined)
    if joined.startswith("<"):
        return NAME_LINE.match(said) is not None
    signs = (YEAR, HOUR, QUOTED_ADDRESS)
    return any(sign.search(said) and not sign.search(joined) for sign in signs)


def _introduces(
    said: str,
    lines: list[str],
    following: int,
) -> bool:
    """Without marks on what follows, only a line with an address, or with a whole date,
    counts: "On 12/3 my roommate wrote:" is a student's.
    """
    if following == len(lines):
        return False
    has_address = QUOTED_ADDRESS.search(said) is not None
    has_year = YEAR.search(said) is not None
    has_hour = HOUR.search(said) is not None
    if MARKED.match(lines[following]):
        says_so = WROTE_PATTERN.search(said) is not None
        if says_so:
            return has_address or has_year or has_hour
        return has_year and (has_hour or has_address)
    if WROTE_PATTERN.search(said):
        return (has_address and (has_year or has_hour)) or (has_year and has_hour)
    return has_address and has_year and has_hour


def _answers_within(history: list[str]) -> list[str]:
    """What is written between and below marked quotes, with the quotes it answers.

    A history without marks cannot be told from answers in it: that is the rest.
    """
    length = _attribution(history, 0)
    if not length:
        return []
    marked = [
        place for place in range(length, len(history)) if _is_marked(history, place)
    ]
    if not marked or marked[0] != _next_said(history, length):
        return []
    answers = _answers_of(history, marked[0])
    last_quote = marked[-1]
    if not any(place < last_quote for place in answers):
        return _without_signature(history[last_quote + 1 :])
    if not answers:
        return []
    return _without_signature(history[marked[0] : answers[-1] + 1])


def _answers_of(history: list[str], begin: int) -> list[int]:
    """The places of lines that are said, and not quoted.

    A quoted line that a program wrapped ends without its mark, directly below.
    """
    return [
        place
        for place in range(begin, len(history))
        if history[place].strip() and not _is_marked(history, place)
    ]


def _is_marked(lines: list[str], place: int) -> bool:
    line = lines[place]
    return MARKED.match(line) is not None


def _unmarked(lines: list[str]) -> list[str]:
    return [line for line in lines if not MARKED.match(line)]


def _next_said(lines: list[str], place: int) -> int:
    while place < len(lines) and not lines[place].strip():
        place += 1
    return place


def _without_signature(lines: list[str]) -> list[str]:
    """Without what stands under "-- ", unless more than a signature does, and without
    what a phone or program adds under every email.
    """
    earliest = max(-1, len(lines) - 1 - MAX_SIGNATURE_LINES - 1)
    for place in range(len(lines) - 1, earliest, -1):
        if lines[place] == "-- " and _is_signature(lines[place + 1 :]):
            lines = lines[:place]
            break
    return _up_to(len(lines), lines, SENT_FROM_LINE)


def _is_signature(lines: list[str]) -> bool:
    """Names and titles in one piece. A postscript, or a question, is no signature."""
    said = "\n".join(lines).strip("\n")
    is_in_one_piece = "\n\n" not in re.sub(r"\n\s+\n", "\n\n", said)
    asks = "?" in said or "？" in said
    if asks or not is_in_one_piece:
        return False
    return not any(quote_lines.POSTSCRIPT.match(line) for line in lines)


def _up_to(
    end: int,
    lines: list[str],
    drop: re.Pattern[str],
) -> list[str]:
    """The lines before this one, without empty ones and such ones at their end."""
    while end and _is_dropped(lines[end - 1], drop):
        end -= 1
    return lines[:end]


def _is_dropped(line: str, drop: re.Pattern[str]) -> bool:
    if not line.strip():
        return True
    if len(line) > MAX_QUOTE_LINE:
        return False
    return drop.match(line) is not None


def _tidy(lines: list[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines)
    text = re.sub(r"\n{3,}", "\n\n", text)
    return text.strip("\n")
