"""What is found and what is missed among replies that nothing was trained on: one
table, as it stands in docs/opt-outs.md.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from quadline.consent.keywords import Keyword, keyword_in
from quadline.consent.phrases import certain_phrase_in, stop_phrase_in
from quadline.consent.tests import labelled
from quadline.consent.tests.labelled import Reply

PAGE = Path(__file__).parents[3] / "docs" / "opt-outs.md"
BEGIN, END = "<!-- report: make train-opt-out -->\n", "<!-- end of report -->\n"
LANGUAGES = ("english", "spanish", "french", "chinese", "vietnamese", "arabic", "other")
HEAD = """\
| Replies | Stop | Talk | Precision | Recall | False alarms |
|---|---|---|---|---|---|
"""


def write() -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}{text()}{END}{after}", encoding="utf-8")


def text() -> str:
    held_back = labelled.held_back()
    rows = [
        _row(f"held back: {language}", _of(held_back, language))
        for language in LANGUAGES
    ]
    rows += [
        _row("**held back: all**", held_back),
        _row("held back, by the phrases and keywords alone", held_back, by=_is_certain),
        _row("a plain list", labelled.in_file(labelled.FOLDER / "calibration.txt")),
        _row("**the fresh list**", labelled.in_file(labelled.FOLDER / "fresh.txt")),
        _row(
            "the fresh list, by the phrases and keywords alone",
            _fresh(),
            by=_is_certain,
        ),
        _row(
            "**a second fresh list**", labelled.in_file(labelled.FOLDER / "fresh_2.txt")
        ),
    ]
    return HEAD + "".join(rows)


def asks(body: str) -> bool:
    """Whether a reply opts out or is put to a person."""
    return _is_stop(body) or stop_phrase_in(body) is not None


def rates(replies: Sequence[Reply]) -> tuple[float, float]:
    """Recall, and the share of the talk that asks for nothing."""
    stops = [asks(reply.body) for reply in replies if reply.is_stop]
    talk = [asks(reply.body) for reply in replies if not reply.is_stop]
    return sum(stops) / len(stops), sum(talk) / len(talk)


def _fresh() -> list[Reply]:
    return labelled.in_file(labelled.FOLDER / "fresh.txt")


def _is_certain(body: str) -> bool:
    return _is_stop(body) or certain_phrase_in(body) is not None


def _is_stop(body: str) -> bool:
    found = keyword_in(body, opted_out=False)
    return found is not None and found[0] is Keyword.STOP


def _of(replies: Sequence[Reply], language: str) -> list[Reply]:
    return [reply for reply in replies if reply.language == language]


def _row(
    name: str, replies: Sequence[Reply], *, by: Callable[[str], bool] = asks
) -> str:
    found = [by(reply.body) for reply in replies]
    stops = [hit for hit, reply in zip(found, replies, strict=True) if reply.is_stop]
    talk = [hit for hit, reply in zip(found, replies, strict=True) if not reply.is_stop]
    precision = sum(stops) / max(1, sum(found))
    recall, alarms = sum(stops) / len(stops), sum(talk) / len(talk)
    return (
        f"| {name} | {len(stops)} | {len(talk)} | {precision:.3f} | {recall:.3f} |"
        f" {alarms:.1%} |\n"
    )
