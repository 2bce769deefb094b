"""Whatever is in a cell, a spreadsheet reads it and does not calculate it."""

import csv
import io
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import pytest
from django.http import StreamingHttpResponse
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from quadline.audit.models import AuditEntry
from quadline.reports.csv_export import cell, csv_response, record_export
from tests.cast import Cast

SIGNS = "=+-@\t\r\n\0＝＋－＠﹣\u2212"


def bytes_of(response: StreamingHttpResponse) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[arg-type]  # the streaming is not asynchronous


def parsed(content: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(
        csv.reader(
            io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter
        )
    )


def is_formula(read: str) -> bool:
    """As a spreadsheet would see it: past white space and invisible characters,
    full-width signs as plain ones.
    """
    seen = "".join(
        letter
        for letter in read
        if not letter.isspace() and unicodedata.category(letter) not in ("Cf", "Cc")
    )
    return unicodedata.normalize("NFKC", seen[:1])[:1] in tuple("=+-@\u2212")


@pytest.mark.parametrize(
    "hostile",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\0=1",
        "  =1",
        "\u200b=1",
        "\ufeff=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "−1",
    ],
)
def test_what_begins_a_formula_becomes_words(hostile: str) -> None:
    assert cell(hostile).startswith("'")


@pytest.mark.parametrize(
    "harmless",
    [
        "Rosa Calderón",
        "a=b",
        "1-2",
        "(734) 555-0177",
        "'quoted",
        "yes - after 3",
        "🙏 =",
        "",
    ],
)
def test_ordinary_words_stay_as_they_are(harmless: str) -> None:
    assert cell(harmless) == harmless


def test_a_formula_behind_a_foreign_separator_becomes_words_too() -> None:
    assert cell("a;=1+1") == "a;'=1+1"
    assert cell("Bring:\n- your ID") == "Bring:\n'- your ID"


TEXT = st.text(
    st.one_of(st.sampled_from(SIGNS + " ;|\"'\u200b\u00a0"), st.characters()),
    max_size=20,
)


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), max_size=4))
def test_no_cell_of_any_table_begins_a_formula(rows: list[list[str]]) -> None:
    content = bytes_of(csv_response("any", ["one", "two"], rows))
    read = parsed(content)

    assert len(read) == len(rows) + 1
    assert [len(row) for row in read] == [2] * len(read)
    assert [part for row in read for part in row if part[:1] in tuple("\t\r\n\0")] == []
    for delimiter in ",;":
        assert [
            part
            for row in parsed(content, delimiter)
            for part in row
            if is_formula(part)
        ] == []


def test_words_come_back_as_they_were() -> None:
    words = ['He said "no, never"', "two\nlines", "a, b", "Zoë 🙏", "Łódź"]

    assert parsed(bytes_of(csv_response("any", ["said"], [[each] for each in words])))[
        1:
    ] == [[each] for each in words]


@override_settings(TIME_ZONE="America/Detroit")
def test_phones_and_times_are_written_as_people_write_them() -> None:
    assert cell("+15550100199") == "(555) 010-0199"
    assert cell("+442071838750") == "'+44 20 7183 8750"
    assert (
        cell(datetime(2026, 11, 23, 21, 27, 5, 999, tzinfo=UTC))
        == "2026-11-23T16:27:05-05:00"
    )
    assert [cell(None), cell(True), cell(False), cell(12)] == ["", "yes", "no", "12"]


def test_it_is_a_download_that_nobody_keeps() -> None:
    response = csv_response('Opt outs"; filename="evil.html\r\nX-Evil: 1', ["one"], [])
    name = response["Content-Disposition"].removeprefix("attachment; filename=")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    assert name.startswith('"opt-outs-filenameevilhtml-x-evil-1-')
    assert name.endswith('.csv"')
    assert bytes_of(response) == b"\xef\xbb\xbfone\r\n"


def test_rows_leave_before_the_last_is_read() -> None:
    read: list[int] = []

    def rows() -> Iterator[list[int]]:
        for number in range(1000):
            read.append(number)
            yield [number]

    parts = cast(
        Iterator[bytes], csv_response("any", ["number"], rows()).streaming_content
    )
    next(parts)
    next(parts)

    assert 0 < len(read) < 1000


def test_an_export_is_on_record(people: Cast) -> None:
    record_export(actor=people.maya, name="opt-outs", staff=people.maya.pk)
    entry = AuditEntry.objects.get()

    assert (entry.action, entry.actor, entry.detail["export"]) == (
        "exported",
        people.maya,
        "opt-outs",
    )
    assert entry.detail["filters"] == {"staff": str(people.maya.pk)}
