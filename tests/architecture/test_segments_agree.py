"""One count of segments: server, browser and simulator agree with
the carrier's published calculator.

The calculator is Twilio's own (npm sms-segments-calculator 1.3.0, in tests/vendor), run
by the node that comes with Playwright; the browser's script is run by the same.
"""

import json
import os
import random
import subprocess
from functools import cache
from pathlib import Path

import pytest
import regex
import smsutil
from playwright._impl._driver import compute_driver_executable

from quadline.simulator.segments import count_segments
from quadline.sms import bodies, segments

ROOT = Path(__file__).parents[2]
HOW_MANY = 3_000  # each set of kinds meets each border some twenty times
PLAIN = "abcdefgh ijklmnop qrstuvwxyz ABC 0123456789 .,!?'\n"
ESCAPED = "^{}[]~\\|€"
ACCENTED = "áíóúçñéèüöÄß’“”–…"
# Of several code points each: skin tones, families, flags, keycaps, letters with marks
# of their own.
JOINED = (
    *("👍🏽", "👩🏿‍🎓", "👨‍👩‍👧‍👦", "🏳️‍🌈", "❤️", "🇺🇸", "🇲🇽", "1️⃣", "🤦🏻‍♀️"),
    *("q\u0301", "x\u0303", "n\u0308\u0323", "각", "กำ"),
)
EMOJI = ("😀", "🙏", "🎉", "📚", "𝒜", "🏈")
MEASURE = """
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { measure, asSent } from "./segments.mjs";
const { SegmentedMessage } = createRequire(process.argv[2])("sms-segments-calculator");
const texts = JSON.parse(readFileSync(0, "utf8"));
const counted = texts.map((text) => [measure(text).segments, new SegmentedMessage(text).segmentsCount, asSent(text)]);
process.stdout.write(JSON.stringify(counted));
"""


@cache
def texts() -> list[str]:
    """Most near where one part ends and the next begins; the same each time."""
    chance = random.Random(2026)  # noqa: S311  # no secret
    return [_text(chance) for _ in range(HOW_MANY)]


def _text(chance: random.Random) -> str:
    kinds: list[tuple[str, ...]] = [tuple(PLAIN)]
    kinds += chance.sample(
        [tuple(ESCAPED), tuple(ACCENTED), EMOJI, JOINED], chance.randint(0, 3)
    )
    near = chance.choice((70, 134, 160, 201, 306, 459)) + chance.randint(-12, 12)
    written: list[str] = []
    while sum(map(len, written)) < near:
        kind = kinds[0] if chance.random() < 0.7 else chance.choice(kinds)
        written += chance.choices(kind, k=chance.randint(1, 8))
    return bodies.clean("".join(written)) or "a"


def by_scripts(texts: list[str], folder: Path) -> list[tuple[int, int, str]]:
    """What the browser's script and the carrier's calculator say of each,
    and the words as the browser sends them.
    """
    source = (ROOT / "quadline/web/static/js/segments.js").read_text("utf-8")
    (folder / "segments.mjs").write_text(source, "utf-8")
    (folder / "measure.mjs").write_text(MEASURE, "utf-8")
    node, _ = compute_driver_executable()
    asked = subprocess.run(
        [node, str(folder / "measure.mjs"), str(ROOT / "tests/vendor/index.js")],
        input=json.dumps(texts).encode(),
        capture_output=True,
        check=True,
        env=os.environ | {"NODE_PATH": str(ROOT / "tests/vendor")},
    )
    return [
        (browser, carrier, sent) for browser, carrier, sent in json.loads(asked.stdout)
    ]


def test_thousands_of_texts_are_counted_as_the_carrier_counts_them(
    tmp_path: Path,
) -> None:
    written = texts()
    differ = []
    for text, (browser, carrier, _) in zip(
        written, by_scripts(written, tmp_path), strict=True
    ):
        counted = {
            "server": segments.measure(text).segments,
            "browser": browser,
            "simulator": count_segments(text),
            "carrier": carrier,
        }
        if len(set(counted.values())) > 1:
            differ.append((counted, text))

    assert len(set(written)) > HOW_MANY * 0.99
    assert differ == []


def test_a_second_counter_differs_only_where_it_splits_what_is_seen_as_one() -> None:
    """smsutil splits between code points: it may need fewer parts, never more."""
    apart = [text for text in texts() if len(regex.findall(r"\X", text)) == len(text)]
    assert len(apart) > HOW_MANY / 4
    assert [
        text
        for text in apart
        if segments.measure(text).segments != len(smsutil.split(text).parts)
    ] == []
    assert [
        text
        for text in texts()
        if segments.measure(text).segments < len(smsutil.split(text).parts)
    ] == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 66 + "👍🏽" + "b" * 10, 2),
        ("👍🏽" * 17 + "a" * 3, 2),  # 16 to a part of 67: the seventeenth is not split
        ("🇺🇸" * 33, 3),  # 132 units: 16 flags in each of two parts, and one more
        ("x" * 159 + "€", 2),
        ("x" * 152 + "€" + "x" * 10, 2),  # an escape is not parted from its letter
        ("a" * 60 + "e" + "\u0323" * 20, 2),
        ("e" + "\u0323" * 300, 5),  # larger than a part: it has to be split
    ],
)
def test_what_is_seen_as_one_is_not_split(
    text: str, parts: int, tmp_path: Path
) -> None:
    ((browser, _, _),) = by_scripts([text], tmp_path)
    assert [segments.measure(text).segments, browser, count_segments(text)] == [
        parts
    ] * 3


@pytest.mark.parametrize(
    "typed",
    [
        "Jose\u0301 y A\u0301ngel",
        " two\r\nlines \n ",
        "a\0b\x7f\ufffe",
        "\ud800lone",
        "\u1100\u1161\u11a8",
    ],
)
def test_the_browser_counts_the_words_as_they_are_sent(
    typed: str, tmp_path: Path
) -> None:
    ((_, _, sent),) = by_scripts([typed], tmp_path)
    assert sent == bodies.clean(typed)


def test_the_cases_of_the_server_hold_in_the_browser(tmp_path: Path) -> None:
    cases = json.loads(
        (ROOT / "quadline/sms/tests/segment_cases.json").read_text("utf-8")
    )
    measured = by_scripts([case["text"] for case in cases], tmp_path)
    assert [browser for browser, _, _ in measured] == [
        case["segments"] for case in cases
    ]
