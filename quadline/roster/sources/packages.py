"""A ZIP file of a roster, unpacked within limits: whoever sends one may be careless or
hostile.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from quadline.roster.faults import ImportFault, RosterFault
from quadline.roster.tables import MAX_FILE

MAX_ZIP_ENTRIES = 200  # OneRoster has twenty files
MAX_UNPACKED = 512 * 1024 * 1024  # bytes, of all files together
# CSV of a real roster becomes a tenth of its size, a column of one value a hundredth.
MAX_RATIO = 300
SMALL = 1024 * 1024  # bytes; below that a ratio says nothing
PIECE = 1 << 20
ZIP_START = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
NESTED = (".zip", ".gz", ".7z", ".rar", ".tar", ".bz2", ".xz")
# What a Mac adds to a ZIP file, and what a file manager leaves behind.
NOT_MEANT = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def is_zip(beginning: bytes) -> bool:
    """Whether a file that begins so is a ZIP file. An Excel workbook is one, too."""
    return beginning.startswith((ZIP_START, EMPTY_ZIP))


def unpack(source: Path, into: Path, *, name: str = "") -> list[Path]:
    """Write the CSV files of a ZIP file into a folder, without their own folders.

    ``name``: what people call the ZIP file. Raises RosterFault; what was written by
    then stays in the folder.
    """
    shown = name or source.name
    try:
        with zipfile.ZipFile(source) as package:
            entries = list(_meant(package, shown))
            return list(_written(package, entries, into, shown))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError) as error:
        reason = "is not a whole ZIP file. Make it again, or send it again."
        raise _refused(reason, shown) from error
    except (RuntimeError, NotImplementedError) as error:
        reason = "is encrypted, or packed in a way that cannot be read. Use plain ZIP."
        raise _refused(reason, shown) from error


def _meant(package: zipfile.ZipFile, shown: str) -> Iterator[zipfile.ZipInfo]:
    """The CSV files in it, each looked at before anything is unpacked."""
    entries = package.infolist()
    if len(entries) > MAX_ZIP_ENTRIES:
        raise _refused(f"has more than {MAX_ZIP_ENTRIES} files. Is it a roster?", shown)
    total = 0
    for entry in entries:
        if entry.is_dir() or _is_left_behind(entry.filename):
            continue
        _refuse_odd_names(entry.filename, shown)
        total += entry.file_size
        packed = max(entry.compress_size, 1)
        is_bomb = entry.file_size > SMALL and entry.file_size / packed > MAX_RATIO
        if is_bomb or entry.file_size > MAX_FILE or total > MAX_UNPACKED:
            raise _refused("unpacks to more than a roster can be.", shown)
        if entry.filename.lower().endswith(".csv"):
            yield entry


def _is_left_behind(name: str) -> bool:
    last = PurePosixPath(name).name
    return name.startswith(NOT_MEANT[0]) or last in NOT_MEANT


def _refuse_odd_names(name: str, shown: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    has_drive = ":" in name
    if path.is_absolute() or ".." in path.parts or has_drive or "\0" in name:
        raise _refused("names a file outside of itself. Nothing was read.", shown)
    if name.lower().endswith(NESTED):
        reason = f"has another packed file in it, {path.name[:60]}. Unpack that first."
        raise _refused(reason, shown)


def _written(
    package: zipfile.ZipFile,
    entries: list[zipfile.ZipInfo],
    into: Path,
    shown: str,
) -> Iterator[Path]:
    seen: set[str] = set()
    left = MAX_UNPACKED
    for entry in entries:
        name = PurePosixPath(entry.filename.replace("\\", "/")).name
        # Folders are dropped, and some file systems know no capitals.
        if name.lower() in seen:
            raise _refused(f"has two files called {name[:60]}. Keep one.", shown)
        seen.add(name.lower())
        target = into / name
        with package.open(entry) as packed, target.open("xb") as unpacked:
            left -= _copied(packed, unpacked, most=min(left, MAX_FILE), shown=shown)
        yield target


def _copied(
    packed: IO[bytes],
    unpacked: IO[bytes],
    *,
    most: int,
    shown: str,
) -> int:
    """How many bytes there were. What an entry says of its size may be untrue."""
    size = 0
    while piece := packed.read(PIECE):
        size += len(piece)
        if size > most:
            raise _refused("unpacks to more than a roster can be.", shown)
        unpacked.write(piece)
    return size


def _refused(reason: str, shown: str) -> RosterFault:
    return RosterFault([ImportFault(0, "", "", reason, shown)])
