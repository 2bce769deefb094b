"""Fetch the few front-end files we carry, build the icon sprite,
and prove that nobody changed them.

`vendor.py --check` (in `make check`) needs no network; `vendor.py --fetch` needs npm
and writes the files and their sums.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "quadline/web/static"
LIST = STATIC / "vendor/vendor.toml"
SPRITE = STATIC / "icons.svg"

# Our word for the icon, and the name of the drawing in Lucide.
ICONS = {
    "alert": "triangle-alert",
    "back": "chevron-left",
    "ban": "ban",
    "bell": "bell",
    "calendar": "calendar",
    "chart": "chart-column",
    "clock": "clock",
    "copy": "copy",
    "details": "panel-right",
    "down": "arrow-down",
    "envelope": "mail",
    "field": "brackets",
    "file": "file-text",
    "forward": "chevron-right",
    "help": "circle-question-mark",
    "image": "image",
    "inbox": "inbox",
    "info": "info",
    "key": "keyboard",
    "landline": "phone",
    "lock": "lock",
    "megaphone": "megaphone",
    "message": "message-square",
    "mobile": "smartphone",
    "no-phone": "phone-off",
    "person": "user-round",
    "plus": "plus",
    "question": "circle-question-mark",
    "retry": "rotate-ccw",
    "search": "search",
    "send": "send",
    "settings": "settings",
    "sign-out": "log-out",
    "students": "users-round",
    "test": "flask-conical",
    "tick": "check",
    "ticks": "check-check",
    "trash": "trash-2",
    "waiting": "hourglass",
    "x": "x",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument(
        "--check", action="store_true", help="compare every file with its sum"
    )
    action.add_argument(
        "--fetch", action="store_true", help="fetch again and write the sums"
    )
    if parser.parse_args().fetch:
        fetch()
    faults = list(check())
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def check() -> list[str]:
    """Every listed file has its sum, and no file in `vendor/` is unlisted."""
    packages = tomllib.loads(LIST.read_text())["package"]
    faults, listed = [], set()
    for package in packages:
        for name, wanted in package["files"].items():
            path = place(package, name)
            listed.add(path)
            if not path.exists():
                faults.append(f"{name}: missing")
            elif sha256(path) != wanted:
                faults.append(f"{name}: changed since it was vendored")
    there = {path for path in LIST.parent.rglob("*") if path.is_file()}
    # A script that stands in no list would be served unread.
    strangers = [path.relative_to(ROOT) for path in there - listed - {LIST}]
    faults += [f"{path}: not in vendor.toml" for path in strangers]
    return faults


def place(package: dict[str, str], name: str) -> Path:
    """Where a listed file lies: in an installed wheel,
    or under the repository's root.
    """
    if "wheel" not in package:
        return ROOT / name
    spec = find_spec(package["wheel"])
    if spec is None or spec.origin is None:
        return Path(name)
    return Path(spec.origin).parent / name


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fetch() -> None:
    """Write the files and their new sums; the versions are those in vendor.toml."""
    text = LIST.read_text()
    for package in tomllib.loads(text)["package"]:
        if "wheel" not in package:
            fetch_from_npm(package)
        for name in package["files"]:
            total = sha256(place(package, name))
            # In the text, so that the comments of the list stay.
            line = rf'("{re.escape(name)}" = )"[0-9a-f]*"'
            text = re.sub(line, rf'\1"{total}"', text)
    LIST.write_text(text)


def fetch_from_npm(package: dict[str, Any]) -> None:
    release = f"{package['name']}@{package['version']}"
    with tempfile.TemporaryDirectory() as folder:
        unpacked = unpack(release, Path(folder))
        for name, source in package["sources"].items():
            write(ROOT / name, unpacked, source)


def unpack(package: str, folder: Path) -> Path:
    command = ["npm", "pack", "--silent", package]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    packed = next(folder.glob("*.tgz"))
    with tarfile.open(packed) as archive:
        # No links, no absolute paths, nothing outside the folder.
        archive.extractall(folder, filter="data")
    return folder / "package"


def write(target: Path, unpacked: Path, source: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target == SPRITE:
        target.write_text(sprite(unpacked / source))
    else:
        target.write_bytes((unpacked / source).read_bytes())


def sprite(folder: Path) -> str:
    """One file of symbols; color and stroke come from the page (`.icon`)."""
    notice = "<!-- Lucide, ISC: vendor/lucide/LICENSE. Built by scripts/vendor.py. -->"
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">', notice]
    for word, name in ICONS.items():
        drawing = (folder / f"{name}.svg").read_text()
        lines.append(symbol(word, drawing))
    lines += ["</svg>", ""]
    return "\n".join(lines)


def symbol(word: str, drawing: str) -> str:
    shapes = re.findall(
        r"<(?:path|circle|rect|line|polyline|polygon|ellipse)\b[^>]*/>", drawing
    )
    return f'<symbol id="icon-{word}" viewBox="0 0 24 24">{"".join(shapes)}</symbol>'


if __name__ == "__main__":
    sys.exit(main())
