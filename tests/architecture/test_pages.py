"""What every template and style sheet keeps to: nothing inline,
and colors a weak eye can read.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ours, text

INLINE = {
    "a script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "a style": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "a handler": re.compile(r"\s(on[a-z]+|hx-on[:\w-]*)\s*=", re.IGNORECASE),
    "a javascript address": re.compile(r"javascript:", re.IGNORECASE),
    # Django's own help texts are HTML
    "unescaped content": re.compile(
        r"(?<!field\.help_text)\|\s*safe\b|{%\s*autoescape off"
    ),
}
TOKENS = Path("quadline/web/static/css/tokens.css")
SHEETS = ("sheet", "sheet-2", "ground", "hover")
TEXT_PAIRS = [
    *(
        (ink, sheet)
        for ink in ("ink", "ink-2", "ink-3", "accent", "warn", "bad", "info")
        for sheet in SHEETS
    ),
    *(
        (ink, bubble)
        for ink in ("ink", "ink-2")
        for bubble in ("bubble-in", "bubble-out")
    ),
    ("accent-ink", "accent"),
    ("accent-ink", "accent-press"),
    ("accent", "accent-soft"),
    ("ink", "accent-soft"),
    *((tone, f"{tone}-soft") for tone in ("warn", "bad", "info")),
    *(("tint-ink", f"tint-{number}") for number in range(8)),
]
EDGE_PAIRS = [(edge, sheet) for edge in ("line-strong", "focus") for sheet in SHEETS]


@pytest.mark.parametrize("what", INLINE)
def test_no_template_has_anything_inline(what: str) -> None:
    """The content security policy would stop it, silently."""
    found = [
        f"{path}: {match[0].strip()}"
        for path in ours(".html")
        for match in INLINE[what].finditer(text(path))
    ]

    assert found == []


def test_styles_name_colors_by_their_tokens() -> None:
    written = re.compile(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", re.IGNORECASE)
    # On paper there is no scheme: print.css is black on white.
    sheets = [
        path
        for path in ours(".css", under="quadline/web")
        if path != TOKENS and path.stem != "print"
    ]

    assert len(sheets) > 10
    assert [
        f"{path}: {match[0]}"
        for path in sheets
        for match in written.finditer(text(path))
    ] == []


def tokens(scheme: str) -> dict[str, str]:
    """The colors of a scheme; the dark one changes some of the light one's."""
    light, dark = text(TOKENS).split("prefers-color-scheme: dark", 1)
    read = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", light))
    return read | (
        dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", dark))
        if scheme == "dark"
        else {}
    )


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""
    darker, lighter = sorted(luminance(colour) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def too_weak(pairs: list[tuple[str, str]], scheme: str, least: float) -> Iterator[str]:
    colours = tokens(scheme)
    for ink, ground in pairs:
        if (ratio := contrast(colours[ink], colours[ground])) < least:
            yield f"{ink} on {ground}: {ratio:.2f}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_ground_it_stands_on(scheme: str) -> None:
    assert list(too_weak(TEXT_PAIRS, scheme, 4.5)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_of_controls_and_the_focus_ring_can_be_seen(scheme: str) -> None:
    assert list(too_weak(EDGE_PAIRS, scheme, 3.0)) == []


def test_the_measure_of_contrast_is_the_standards() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
