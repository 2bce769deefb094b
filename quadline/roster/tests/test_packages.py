"""A ZIP file is unpacked within limits, whatever is in it."""

import io
import stat
import zipfile
from pathlib import Path

import pytest

from quadline.roster.faults import RosterFault
from quadline.roster.sources import packages
from quadline.roster.sources.packages import unpack

USERS = b"sourcedId,status\n1,active\n"


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return path


def inner() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("users.csv", USERS)
    return buffer.getvalue()


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def test_csv_files_are_unpacked_without_their_folder(
    tmp_path: Path, into: Path
) -> None:
    files = {
        "Nightly/users.csv": USERS,
        "Nightly/readme.txt": b"Hello",
        "__MACOSX/Nightly/._users.csv": b"\0",
    }
    found = unpack(packed(tmp_path / "roster.zip", files), into)

    assert [path.name for path in found] == ["users.csv"]
    assert found[0].read_bytes() == USERS
    assert [path.name for path in into.iterdir()] == ["users.csv"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../users.csv", "outside of itself"),
        ("/etc/users.csv", "outside of itself"),
        ("a/../../users.csv", "outside of itself"),
        ("..\\users.csv", "outside of itself"),
        ("C:\\users.csv", "outside of itself"),
        ("more.zip", "another packed file"),
        ("deep/more.CSV.GZ", "another packed file"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(
    tmp_path: Path, into: Path, name: str, why: str
) -> None:
    package = packed(tmp_path / "roster.zip", {"users.csv": USERS, name: inner()})
    with pytest.raises(RosterFault, match=why):
        unpack(package, into)
    assert list(into.iterdir()) == []


def test_a_bomb_is_refused_unread(tmp_path: Path, into: Path) -> None:
    package = packed(tmp_path / "roster.zip", {"users.csv": b"a" * 20_000_000})
    assert package.stat().st_size < 50_000
    with pytest.raises(RosterFault, match="more than a roster can be"):
        unpack(package, into)
    assert list(into.iterdir()) == []


def test_a_size_that_is_untrue_is_found_while_unpacking(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "MAX_UNPACKED", len(USERS) + 10)
    monkeypatch.setattr(packages, "_meant", lambda package, shown: package.infolist())
    package = packed(tmp_path / "roster.zip", {"a.csv": USERS, "b.csv": USERS})
    with pytest.raises(RosterFault, match="more than a roster can be"):
        unpack(package, into)


def test_many_entries_are_refused(tmp_path: Path, into: Path) -> None:
    files = {f"{n}.csv": b"" for n in range(packages.MAX_ZIP_ENTRIES + 1)}
    with pytest.raises(RosterFault, match="more than 200 files"):
        unpack(packed(tmp_path / "roster.zip", files), into)


def test_two_files_of_one_name_are_refused(tmp_path: Path, into: Path) -> None:
    files = {"a/users.csv": USERS, "b/Users.csv": USERS}
    with pytest.raises(RosterFault, match="two files called"):
        unpack(packed(tmp_path / "roster.zip", files), into)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
def test_a_half_written_package_is_refused(
    tmp_path: Path, into: Path, share: float
) -> None:
    whole = packed(tmp_path / "roster.zip", {"users.csv": USERS * 100}).read_bytes()
    half = tmp_path / "half.zip"
    half.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(RosterFault, match="not a whole ZIP file"):
        unpack(half, into)


def test_an_encrypted_package_is_refused(tmp_path: Path, into: Path) -> None:
    path = packed(tmp_path / "roster.zip", {"users.csv": USERS})
    content = bytearray(path.read_bytes())
    for start in (b"PK\x03\x04", b"PK\x01\x02"):
        place = content.index(start) + (6 if start == b"PK\x03\x04" else 8)
        content[place] |= 1
    path.write_bytes(content)
    with pytest.raises(RosterFault, match="encrypted"):
        unpack(path, into)


def test_a_link_in_a_package_is_written_as_text(tmp_path: Path, into: Path) -> None:
    path = tmp_path / "roster.zip"
    with zipfile.ZipFile(path, "w") as package:
        entry = zipfile.ZipInfo("users.csv")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        package.writestr(entry, "/etc/passwd")
    [found] = unpack(path, into)
    assert not found.is_symlink()
    assert found.read_bytes() == b"/etc/passwd"
