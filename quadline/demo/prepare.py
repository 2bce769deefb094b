"""``quadline prepare``: bring database, cache table and static files to this release.

Quick when they are there already.
"""

import argparse
import hashlib
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command


def prepare_house(arguments: list[str]) -> None:
    """Safe to repeat."""
    argparse.ArgumentParser("quadline prepare").parse_args(arguments)
    django.setup()
    collect_static()
    bring_tables_up_to_date()


def bring_tables_up_to_date() -> None:
    from quadline.web.health import tables_are_current

    call_command("createcachetable", verbosity=0)
    # Compared by name, which imports no migration: a start is nearly all imports.
    if not tables_are_current():
        call_command("migrate", verbosity=0, interactive=False)


def collect_static() -> None:
    """Name each file by its content and compress it; only when a file was added,
    changed or removed since the last time.
    """
    made_from = settings.STATIC_ROOT / ".made_from"
    sources = _sources()
    if made_from.exists() and made_from.read_text() == sources:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    made_from.write_text(sources)


def _sources() -> str:
    """One word for which files there are, how long and how old;
    and for what we do to them.
    """
    from django.contrib.staticfiles.finders import get_finders

    from quadline.web import static_files

    found = [
        Path(storage.path(path))
        for finder in get_finders()
        for path, storage in finder.list([])
    ]
    seen = [
        (str(path), path.stat().st_size, path.stat().st_mtime_ns)
        for path in [*found, Path(static_files.__file__)]
    ]
    return hashlib.sha256(repr(sorted(seen)).encode()).hexdigest()
