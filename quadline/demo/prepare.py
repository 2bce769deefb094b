"""``quadline prepare``: bring database, cache table and static files to this release.

Quick when they are there already.
"""

import argparse
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder


@dataclass(frozen=True)
class TableChanges:
    """What was done to the database."""

    applied: tuple[str, ...]  # migrations, as accounts.0001_initial
    has_new_cache_table: bool


def prepare_house(arguments: list[str]) -> None:
    """Safe to repeat; says what it did."""
    argparse.ArgumentParser("quadline prepare").parse_args(arguments)
    django.setup()
    print(f"Database: {_database_name()}", flush=True)
    try:
        changes = bring_tables_up_to_date()
    except OperationalError as error:
        sys.exit(
            f"The database cannot be used: {str(error).strip()}\nNothing was changed."
            " Look at DATABASE_URL, and whether PostgreSQL runs."
        )
    print(f"Tables: {_tables_line(changes.applied)}")
    is_new = changes.has_new_cache_table
    print(f"Cache table: {'made' if is_new else 'there already'}")
    count = collect_static()
    print(f"Static files: {_static_line(count)} in {settings.STATIC_ROOT}")
    print(_next_step())


def bring_tables_up_to_date() -> TableChanges:
    from quadline.web.health import tables_are_current

    has_cache_table = _has_cache_table()
    call_command("createcachetable", verbosity=0)
    # Compared by name, which imports no migration: a start is nearly all imports.
    if tables_are_current():
        return TableChanges((), not has_cache_table)
    before = _applied()
    call_command("migrate", verbosity=0, interactive=False)
    return TableChanges(tuple(sorted(_applied() - before)), not has_cache_table)


def _has_cache_table() -> bool:
    table = settings.CACHES["default"]["LOCATION"]
    return table in connection.introspection.table_names()


def _applied() -> set[str]:
    recorded = MigrationRecorder(connection).applied_migrations()
    return {f"{app}.{name}" for app, name in recorded}


def collect_static() -> int:
    """Name each file by its content and compress it; only when a file was added,
    changed or removed since the last time. Returns how many there are, or 0 when
    nothing was to be done.
    """
    made_from = settings.STATIC_ROOT / ".made_from"
    sources = _sources()
    if made_from.exists() and made_from.read_text() == sources:
        return 0
    call_command("collectstatic", verbosity=0, interactive=False)
    made_from.write_text(sources)
    return len(_files_to_serve())


def _database_name() -> str:
    """Without its user and password."""
    database = connection.settings_dict
    where = database["HOST"] or "this machine"
    return f"{database['NAME']} on {where}"


def _tables_line(applied: tuple[str, ...]) -> str:
    if not applied:
        return "up to date"
    words = "migration" if len(applied) == 1 else "migrations"
    return f"{len(applied)} {words} applied, up to date now"


def _static_line(count: int) -> str:
    return f"{count} files collected" if count else "up to date"


def _next_step() -> str:
    from quadline.accounts.models import User

    if not User.objects.who_manage().exists():
        return (
            "Next: make an administrator (quadline createsuperuser), or start quadline"
            " web: its log has a link to do it in a browser."
        )
    return "Next: start quadline web and quadline worker, or restart those that run."


def _sources() -> str:
    """One word for which files there are, how long and how old;
    and for what we do to them.
    """
    from quadline.web import static_files

    seen = [
        (str(path), path.stat().st_size, path.stat().st_mtime_ns)
        for path in [*_files_to_serve(), Path(static_files.__file__)]
    ]
    return hashlib.sha256(repr(sorted(seen)).encode()).hexdigest()


def _files_to_serve() -> list[Path]:
    from django.contrib.staticfiles.finders import get_finders

    return [
        Path(storage.path(path))
        for finder in get_finders()
        for path, storage in finder.list([])
    ]
