"""What the demo made, and so may fill and delete: recognized by marks it wrote itself.

The sample college has an administrator whose password everybody can read here. It must
never get into a college's own database, whatever a folder, a .env or a shell happens to
name.
"""

import os
import shutil
from pathlib import Path

from quadline.demo import postgres

OWNED_MARK = "made-by-quadline-demo"
OWNED_WORDS = "made by quadline demo"
MADE = ("postgres", "simulator", "static", "media", "secret_key", OWNED_MARK)
DATABASE_MARK = (
    "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname ="
    " current_database()"
)
TABLES = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"


class NotOurs(SystemExit):
    """Something is there that the demo did not make; nothing was changed."""


def is_demo(data: Path) -> bool:
    return (data / OWNED_MARK).exists()


def claim(data: Path) -> None:
    """Mark the demo's folders, which must be ours or empty. Raises NotOurs."""
    folders = [data, postgres.home_of(data)]
    # Each is asked about before the first is touched.
    for folder in folders:
        _must_be_ours(folder)
    for folder in folders:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / OWNED_MARK).write_text(
            f"{OWNED_WORDS}: `quadline demo --fresh` deletes what it made here.\n"
        )


def delete_demo_data(data: Path) -> None:
    """Delete what the demo made, and nothing else. Raises NotOurs."""
    home = postgres.home_of(data)
    for folder in (data, home):
        _must_be_ours(folder)
    if is_demo(home):
        postgres.delete_cluster(data)
    if not is_demo(data):
        return
    for name in MADE:
        path = data / name
        # What a link leads to was not made here.
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def claim_database() -> None:
    """The connected database must be ours or empty; it is ours from now on.

    Raises NotOurs.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(DATABASE_MARK)
        if cursor.fetchone() == (OWNED_WORDS,):
            return
        cursor.execute(TABLES)
        if cursor.fetchone() != (0,):
            raise NotOurs(
                "This database was not made by the demo. Nothing was changed in it."
            )
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"COMMENT ON DATABASE {name} IS '{OWNED_WORDS}'")


def leave_settings_alone() -> None:
    """Forget every setting of a college that the shell or a .env brings:
    the demo has its own.
    """
    from quadline.config.environment import ENV_FILE, Environment

    names = {field.upper() for field in Environment.model_fields}
    for name in list(os.environ):
        if name.removesuffix("_FILE").upper() in names or name.startswith("PG"):
            del os.environ[name]
    os.environ[ENV_FILE] = ""


def _must_be_ours(folder: Path) -> None:
    is_file = folder.exists() and not folder.is_dir()
    is_filled = folder.is_dir() and any(folder.iterdir())
    if is_file or (is_filled and not is_demo(folder)):
        raise NotOurs(
            f"{folder} holds something that the demo did not make. Nothing was"
            " changed.\nName an empty folder with --data, or delete this one yourself"
            " if it is of an older demo."
        )
