"""Files as spreadsheets and student systems write them: delimiters,
headers, and where a file is broken.
"""

from pathlib import Path

import pytest

from quadline.roster.columns import CASELOAD_FILE, STUDENT_FILE
from quadline.roster.faults import RosterFault
from quadline.roster.tables import read_table
from quadline.roster.tests.conftest import Write

HEADER = ("student_id", "first_name", "last_name", "email", "mobile")
ADA = ("00100001", "Ada", "Lund", "ada@alder.example", "(734) 555-0204")
BO = ("00100002", "Bo", "Lee", "bo@alder.example", "(734) 555-0205")


def rows_of(path: Path) -> list[tuple[int, dict[str, str | None]]]:
    return [
        (row.number, dict(row.cells)) for row in read_table(path, STUDENT_FILE).rows()
    ]


def why_not(path: Path) -> str:
    with pytest.raises(RosterFault) as refused:
        rows_of(path)
    [fault] = refused.value.faults
    return str(fault)


@pytest.mark.parametrize(
    ("delimiter", "said"),
    [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "bars")],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_delimiter_in_any_encoding_is_told(
    write: Write, delimiter: str, said: str, encoding: str, ending: str
) -> None:
    path = write(
        delimiter.join(HEADER), delimiter.join(ADA), encoding=encoding, ending=ending
    )

    assert f"separated by {said}" in read_table(path, STUDENT_FILE).said
    [(number, cells)] = rows_of(path)
    assert (number, cells["institutional_id"], cells["mobile"]) == (
        2,
        "00100001",
        "(734) 555-0204",
    )


def test_the_line_of_excel_that_names_the_delimiter_is_none_of_the_rows(
    write: Write,
) -> None:
    [(number, cells)] = rows_of(write("sep=;", ";".join(HEADER), ";".join(ADA)))

    assert (number, cells["first_name"]) == (2, "Ada")


def test_a_title_may_stand_above_the_header(write: Write) -> None:
    path = write("Roster, Fall 2026", "", ",".join(HEADER), ",".join(ADA))

    assert "with the header in row 3" in read_table(path, STUDENT_FILE).said
    assert rows_of(path)[0][0] == 4


@pytest.mark.parametrize(
    "id",
    [
        *(
            "institutional_id",
            "Institutional ID",
            "INSTITUTIONAL-ID",
            "Student ID",
            "StudentID",
            "studentId",
            "STUDENT_ID",
        ),
        *(
            "SIS ID",
            "SISID",
            "Banner ID",
            "Emplid",
            "EMPLID",
            "Colleague ID",
            "\ufeffStudent ID",
            "Student\u00a0ID",
            "ID",
        ),
        *(
            "Student ID\u200b",
            " student  id ",
            "\u202aStudent ID\u202c",
            "Ｓｔｕｄｅｎｔ ＩＤ",
        ),
    ],
)
def test_the_id_is_known_by_many_names(write: Write, id: str) -> None:
    assert (
        rows_of(write(",".join((id, *HEADER[1:])), ",".join(ADA)))[0][1][
            "institutional_id"
        ]
        == "00100001"
    )


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("first_name", "First"),
        ("first_name", "Given Name"),
        ("last_name", "Last"),
        ("last_name", "Family Name"),
        ("last_name", "Surname"),
        ("email", "Email"),
        ("email", "E-mail"),
        ("email", "Institutional Email"),
        ("email", "Email Address"),
        ("mobile", "Cell"),
        ("mobile", "Cell Phone"),
        ("mobile", "Mobile Phone"),
        ("mobile", "Phone (mobile)"),
        ("mobile", "MOBILE_NUMBER"),
    ],
)
def test_columns_are_known_by_many_names(write: Write, column: str, name: str) -> None:
    header = [name if each == column else each for each in HEADER]
    place = HEADER.index(column)

    assert rows_of(write(",".join(header), ",".join(ADA)))[0][1][column] == ADA[place]


def test_a_preferred_first_name_is_not_the_first_name(write: Write) -> None:
    cells = rows_of(
        write(
            "Student ID,First Name,Preferred First Name,Last Name,Email",
            "1,Ada,Addie,Lund,",
        )
    )[0][1]

    assert (cells["first_name"], cells["preferred_name"]) == ("Ada", "Addie")


@pytest.mark.parametrize(
    "name", ["Advisor Email", "Primary advisor email", "staff_email", "Advisor"]
)
def test_an_advisor_is_known_by_many_names(write: Write, name: str) -> None:
    [row] = read_table(
        write(f"{name},Student ID", "maya@alder.example,1"), CASELOAD_FILE
    ).rows()

    assert row.cells["staff_email"] == "maya@alder.example"


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("student_id,first_name,last_name,email,mobile,mobile", "mobile"),
        ("student_id,first_name,last_name,email,mobile,Mobile ", "mobile"),
        ("student_id,first_name,last_name,email,Cell,Mobile Phone", "mobile"),
        ("student_id,first_name,last_name,email,Email,mobile", "email"),
        ("student_id,Banner ID,first_name,last_name,email,mobile", "institutional_id"),
    ],
)
def test_two_columns_that_may_be_meant_stop_the_file(
    write: Write, header: str, column: str
) -> None:
    assert f"students.csv, row 1: {column} is there 2 times" in why_not(
        write(header, "1,Ada,Lund,a@x.example,7345550204,")
    )


def test_a_second_column_of_less_weight_is_left_alone(write: Write) -> None:
    cells = rows_of(
        write(
            "student_id,ID,first_name,last_name,email,program,Major",
            "1,77,Ada,Lund,,Nursing,Biology",
        )
    )[0][1]

    assert (cells["institutional_id"], cells["program"]) == ("1", "Nursing")


def test_what_is_missing_is_said_once_with_what_was_found(write: Write) -> None:
    assert (
        why_not(write("code;first_name;email", "1;Ada;"))
        == "students.csv, row 1: There are no columns institutional_id, last_name."
        " Found, reading UTF-8, separated by semicolons: code, first_name, email."
        " Name the columns so."
    )


def test_empty_rows_and_cells_at_the_end_are_nothing(write: Write) -> None:
    found = rows_of(
        write(
            ",".join(HEADER),
            f"{','.join(ADA)},,",
            "",
            ",,,,",
            ' ,"\u200b",,,',
            f"{','.join(BO)},,",
        )
    )

    assert [number for number, _ in found] == [2, 6]


def test_a_row_that_ends_early_does_not_say_what_is_behind(write: Write) -> None:
    assert (
        rows_of(write(",".join(HEADER), "1,Ada,Lund", ",".join(BO)))[0][1]["mobile"]
        is None
    )


def test_more_cells_than_columns_is_noticed(write: Write) -> None:
    rows = list(
        read_table(
            write(
                ",".join(HEADER), ",".join(BO), "1,Ada,Lund, RN,a@x.example,7345550204"
            ),
            STUDENT_FILE,
        ).rows()
    )

    assert [row.is_torn for row in rows] == [False, True]


def test_a_cell_of_several_lines_is_one_row(write: Write) -> None:
    lines = ('1,Ada,"Lund,\nMary\nAnn",,', ",".join(BO))

    assert [number for number, _ in rows_of(write(",".join(HEADER), *lines))] == [2, 3]


@pytest.mark.parametrize("after", [1, 40])
def test_a_quote_that_is_never_closed_is_named_where_it_stands(
    write: Write, after: int
) -> None:
    rows = [f"{number},Cy,Ray,," for number in range(10, 10 + after)]

    assert "students.csv, row 3: has a quote that is never closed" in why_not(
        write(",".join(HEADER), ",".join(ADA), '2,"Bo,Lee,,', *rows)
    )


def test_a_quote_that_another_one_closes_rows_later_is_named_where_it_stands(
    write: Write,
) -> None:
    rows = [f"{number},Cy,Ray,," for number in range(10, 20)]

    assert "row 3: has a quote that is never closed" in why_not(
        write(",".join(HEADER), ",".join(ADA), '2,"Bo,Lee,,', *rows, '30,"Di",Poe,,')
    )


def test_quotes_within_a_name_do_no_harm(write: Write) -> None:
    path = write(",".join(HEADER), '1,Robert "Bob",Lund,,', '2,"Bo ""Bee""",Lee,,')

    assert [cells["first_name"] for _, cells in rows_of(path)] == [
        'Robert "Bob"',
        'Bo "Bee"',
    ]


def test_a_gigantic_cell_is_named(write: Write) -> None:
    assert "row 2" in why_not(write(",".join(HEADER), f"1,{'x' * 200_000},Lund,,"))


def test_a_file_that_is_cut_in_the_middle_of_a_row_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "students.csv"
    path.write_text("\n".join([",".join(HEADER), ",".join(ADA), ",".join(BO)[:30]]))

    assert "row 3: The file ends in the middle of this row" in why_not(path)


def test_a_last_line_without_an_ending_is_a_row(tmp_path: Path) -> None:
    path = tmp_path / "students.csv"
    path.write_text("\n".join([",".join(HEADER), ",".join(ADA), ",".join(BO)]))

    assert len(rows_of(path)) == 2


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b" \n \n"])
def test_an_empty_file_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "students.csv"
    path.write_bytes(content)

    assert why_not(path) == "students.csv: The file is empty. Nothing was read."


def test_a_workbook_says_how_to_save_it(tmp_path: Path) -> None:
    path = tmp_path / "students.xlsx"
    path.write_bytes(b"PK\x03\x04 and so on")

    assert (
        "students.xlsx: is an Excel workbook (.xlsx), not a CSV file. Open it and save"
        " it as “CSV UTF-8”." in why_not(path)
    )


def test_two_hundred_columns_are_read(write: Write) -> None:
    more = [f"column {number}" for number in range(195)]
    header, row = ",".join((*HEADER, *more)), ",".join((*ADA, *("x" for _ in more)))

    assert rows_of(write(header, row))[0][1]["mobile"] == ADA[-1]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert "absent.csv cannot be read: No such file" in why_not(tmp_path / "absent.csv")
