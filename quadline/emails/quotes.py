"""Take the quoted history and the signature off an answer, so that a conversation shows what is new.

Careful rather than thorough: a line too many on the screen is better than a student's words lost. Where nothing would
be left, everything is kept.
"""

import re

LONGEST_LINE = 500  # longer ones are no attribution and no header; patterns are not tried on them
MOST_SIGNATURE_LINES = 12
# "On Mon, Nov 23, 2026 at 9:14 AM Maya Alvarez <maya@alder.example> wrote:", and the like in other languages.
WROTE = re.compile(r"\b(wrote|escribió|a écrit|ha scritto|escreveu|schrieb.*|schreef.*)\s*:\s*$", re.IGNORECASE)
BEGINS = re.compile(r"^\s*(On|El|Le|Am|Il|Em|Op)\b", re.IGNORECASE)
WHEN_OR_WHO = re.compile(r"\d{4}|\d{1,2}[:.]\d{2}|[\w.+-]+@[\w.-]+")
# The head of the message that Outlook and others put under an answer, one line each.
FIRST = r"From|Von|De|Da"
OTHERS = r"Sent|To|Cc|Subject|Date|Gesendet|An|Betreff|Enviado(?: el)?|Fecha|Para|Asunto|Envoyé|À|Objet|Inviato|A|Oggetto"
HEAD = re.compile(rf"^\s*\*?({FIRST}|{OTHERS})\s*:\*?\s*\S", re.IGNORECASE)
HEAD_BEGINS = re.compile(rf"^\s*\*?({FIRST})\s*:\*?\s*\S", re.IGNORECASE)
ORIGINAL = re.compile(
    r"^\s*-{2,}\s*(Original Message|Original-Nachricht|Ursprüngliche Nachricht|Mensaje original|Message d'origine)\s*-{2,}\s*$",
    re.IGNORECASE,
)
RULE = re.compile(r"^\s*_{10,}\s*$")
SENT_FROM = re.compile(
    r"^\s*(Sent (from|via) (my |the )?(\w[\w’' -]{0,40})(\s+(for|on|app for) \w+)?|Get Outlook for \w+.*|"
    r"Enviado desde mi .{2,40}|Envoyé de mon .{2,40}|Von meinem .{2,40} gesendet|Inviato da .{2,40})\.?\s*(<https?:\S+>)?\s*$",
    re.IGNORECASE,
)


def without_history(text: str) -> str:
    """What its writer added. All of it where that would be nothing."""
    lines = text.split("\n")
    kept = _without_signature(_without_quotes(_before_original(lines)))
    shortened = _tidy(kept)
    return shortened if shortened.strip() else _tidy(lines)


def _before_original(lines: list[str]) -> list[str]:
    """Up to where a mail program appended the whole message that is answered, without marks."""
    for place, line in enumerate(lines):
        if len(line) > LONGEST_LINE:
            continue
        if ORIGINAL.match(line) or _is_head(lines, place):
            return _up_to(place, lines, RULE)
    return lines


def _up_to(end: int, lines: list[str], drop: re.Pattern[str]) -> list[str]:
    """The lines before this one, without empty ones and such ones at their end."""
    while end and (not lines[end - 1].strip() or (len(lines[end - 1]) <= LONGEST_LINE and drop.match(lines[end - 1]))):
        end -= 1
    return lines[:end]


def _is_head(lines: list[str], place: int) -> bool:
    """At least three such lines together: "From: here" alone is something people write."""
    if not HEAD_BEGINS.match(lines[place]):
        return False
    near = [line for line in lines[place : place + 8] if line.strip()][:5]
    return sum(1 for line in near if len(line) <= LONGEST_LINE and HEAD.match(line)) >= 3


def _without_quotes(lines: list[str]) -> list[str]:
    """Without marked lines and the line that introduces them. Answers between and below the quotes stay."""
    kept: list[str] = []
    place = 0
    while place < len(lines):
        if lines[place].lstrip().startswith(">"):
            place += 1
        elif length := _attribution(lines, place):
            if not lines[_next_said(lines, place + length)].lstrip().startswith(">"):
                break  # quoted without marks, to the end
            place += length
        else:
            kept.append(lines[place])
            place += 1
    return kept


def _attribution(lines: list[str], place: int) -> int:
    """How many lines from here are "On …, … wrote:"; programs wrap it over up to three."""
    for end in range(place, min(place + 3, len(lines))):
        if not lines[end].strip() or len(lines[end]) > LONGEST_LINE:
            return 0
        if WROTE.search(lines[end]):
            begin = next((each for each in range(end, place - 1, -1) if BEGINS.match(lines[each])), end)
            said = " ".join(lines[begin : end + 1])
            return end - place + 1 if begin == place and _introduces(said, lines, _next_said(lines, end + 1)) else 0
    return 0


def _introduces(said: str, lines: list[str], following: int) -> bool:
    """Without marks on what follows, only a line with an address counts: "On 12/3 my roommate wrote:" is a student's."""
    if following == len(lines) or not WHEN_OR_WHO.search(said):
        return False
    return "@" in said or (BEGINS.match(said) is not None and lines[following].lstrip().startswith(">"))


def _next_said(lines: list[str], place: int) -> int:
    while place < len(lines) and not lines[place].strip():
        place += 1
    return place


def _without_signature(lines: list[str]) -> list[str]:
    """From "-- " on, and what a phone or program adds under every email."""
    for place in range(len(lines) - 1, max(-1, len(lines) - 1 - MOST_SIGNATURE_LINES - 1), -1):
        if lines[place] == "-- ":
            lines = lines[:place]
            break
    return _up_to(len(lines), lines, SENT_FROM)


def _tidy(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")
