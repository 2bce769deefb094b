"""A mapping made once: what columns may be, what is missing, what is other later."""

import pytest

from quadline.roster.sources.mapping import (
    ColumnMapping,
    changed_columns,
    mapping_faults,
    read_statuses,
    seen_columns,
    with_statuses,
)

HEADER = ["SPRIDEN_ID", "Last", "First", "Email", "PHONE", "Cell Phone", ""]
COLUMNS = {
    "institutional_id": "SPRIDEN_ID",
    "last_name": "Last",
    "first_name": "First",
    "email": "Email",
}
MAPPING = ColumnMapping(COLUMNS, {}, HEADER)


def test_columns_are_guessed_and_a_phone_is_not() -> None:
    rows = [["1", "Lee", "Ann", "", "555", "556", "x"], ["2", "Lee", "Bo"]]
    seen = {column.name: column for column in seen_columns(HEADER, rows)}

    assert "" not in seen
    assert seen["SPRIDEN_ID"].guess == "institutional_id"
    assert seen["SPRIDEN_ID"].samples == ("1", "2")
    assert seen["Last"].samples == ("Lee",)
    assert (seen["PHONE"].guess, seen["PHONE"].may_be_a_phone) == ("", True)
    assert seen["Cell Phone"].guess == "mobile"


def test_one_of_two_columns_is_guessed() -> None:
    seen = seen_columns(["Email", "Student Email"], [])

    assert [column.guess for column in seen] == ["email", ""]


@pytest.mark.parametrize(
    ("columns", "statuses", "words"),
    [
        (COLUMNS, {}, []),
        ({"institutional_id": "A", "name": "B", "email": "C"}, {}, []),
        ({"email": "C"}, {}, ["Student ID, First name, Last name"]),
        ({**COLUMNS, "mobile": "Email"}, {}, ["Email: chosen more than once"]),
        (COLUMNS, {"as": "here"}, ["here: no status of ours"]),
    ],
)
def test_what_keeps_a_mapping_from_being_used(
    columns: dict[str, str], statuses: dict[str, str], words: list[str]
) -> None:
    faults = mapping_faults(ColumnMapping(columns, statuses, []))

    assert len(faults) == len(words)
    assert all(word in fault for word, fault in zip(words, faults, strict=True))


@pytest.mark.parametrize(
    ("header", "changed"),
    [
        (HEADER, []),
        (list(reversed(HEADER)), []),
        (["spriden_id", "LAST", "first", "e-mail", "Phone", "cell_phone"], None),
        (
            HEADER[1:],
            ["There is no column “SPRIDEN_ID” any more, which was Student ID."],
        ),
        ([*HEADER, "Color"], ["There is a new column “Color”."]),
        (
            [*HEADER[:4], "Mobile", "Cell Phone"],
            [
                "There is no column “PHONE” any more.",
                "There is a new column “Mobile”.",
            ],
        ),
    ],
)
def test_a_later_file_says_what_is_other(
    header: list[str], changed: list[str] | None
) -> None:
    found = changed_columns(MAPPING, header)

    if changed is None:
        # another spelling of “Email” is another column; capitals are not
        assert found == [
            "There is no column “Email” any more, which was Email.",
            "There is a new column “e-mail”.",
        ]
    else:
        assert found == changed


def test_words_for_a_status_are_read_line_by_line() -> None:
    statuses = read_statuses("AS = active\n\n  Is on  Leave=LEAVE \n")

    assert statuses == {"as": "active", "is on leave": "leave"}
    assert with_statuses({"status": "IS  ON leave"}, statuses) == {"status": "leave"}
    assert with_statuses({"status": "XX"}, statuses) == {"status": "XX"}
    assert with_statuses({"status": None}, statuses) == {"status": None}
    for written in ("AS", "= active", "\n".join(f"{n} = active" for n in range(41))):
        with pytest.raises(ValueError, match=r"write it as|More than"):
            read_statuses(written)
