"""Sources and mappings are saved: checked, and on record."""

import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import NamedTuple

from django.db import IntegrityError, transaction

from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.roster.models import RosterMapping, RosterSource
from quadline.roster.sources.mapping import ColumnMapping, mapping_faults
from quadline.roster.sources.reading import mapping_of

MAX_SOURCE_NAME = 80
EXPECTED_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:00)?")


class SourceRefused(ValueError):
    """The words say why; nothing was saved."""


class SourceWish(NamedTuple):
    """``expected_by``: HH:MM on the campus clock, or ""."""

    name: str = ""
    folder: str = ""
    mapping_id: int | None = None
    expected_by: str = ""
    is_active: bool = True

    @classmethod
    def of(cls, source: RosterSource | None) -> "SourceWish":
        if source is None:
            return cls()
        due = source.expected_by
        return cls(
            name=source.name,
            folder=source.folder,
            mapping_id=source.mapping_id,
            expected_by=f"{due:%H:%M}" if due else "",
            is_active=source.is_active,
        )


def save_source(
    source: RosterSource | None, wish: SourceWish, *, actor: User, now: datetime
) -> RosterSource:
    """A new one, or this one changed. Raises SourceRefused."""
    name = one_name(wish.name)
    folder = wish.folder or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not folder:
        raise SourceRefused("Not saved. Give the folder a name of plain letters.")
    expected = wish.expected_by.strip()
    if expected and not EXPECTED_HOUR.fullmatch(expected):
        raise SourceRefused("Not saved. Write the time as 04:30, or leave it empty.")
    saved = source or RosterSource(created_at=now)
    due = time.fromisoformat(expected) if expected else None
    # Files that come from now on are expected by the new hour: else a source whose hour
    # is moved would be late for what was before.
    if saved.expected_by != due:
        saved.created_at = now
    saved.name = name
    saved.folder = folder[:60]
    saved.mapping = _mapping(wish.mapping_id)
    saved.expected_by = due
    saved.is_active = wish.is_active
    try:
        with transaction.atomic():
            saved.save()
            record_audit(
                "roster source saved",
                subject=saved,
                actor=actor,
                name=name,
                folder=saved.folder,
                expected_by=expected,
                is_active=saved.is_active,
            )
    except IntegrityError as error:
        raise SourceRefused(
            "Not saved. Another source has this name or this folder."
        ) from error
    return saved


@transaction.atomic
def begin_mapping(
    header: Sequence[str],
    sample: Sequence[Sequence[str]],
    *,
    actor: User,
    now: datetime,
) -> RosterMapping:
    """One that is being made from the first rows of a file."""
    return RosterMapping.objects.create(
        name=f"New mapping {now:%Y-%m-%d %H:%M:%S.%f}",
        header=list(header),
        sample=[list(row) for row in sample],
        created_by=actor,
        changed_at=now,
    )


def save_mapping(
    mapping: RosterMapping,
    wish: ColumnMapping,
    *,
    name: str,
    actor: User,
    now: datetime,
) -> None:
    """Kept under a name, without its sample. Raises SourceRefused."""
    faults = mapping_faults(wish)
    if faults:
        raise SourceRefused(" ".join(["Not saved.", *faults]))
    before = mapping_of(mapping)
    mapping.name = one_name(name)
    mapping.columns = dict(wish.columns)
    mapping.statuses = dict(wish.statuses)
    mapping.is_ready = True
    # The sample holds students.
    mapping.sample = []
    mapping.changed_at = now
    try:
        with transaction.atomic():
            mapping.save()
            record_audit(
                "roster mapping saved",
                subject=mapping,
                actor=actor,
                name=mapping.name,
                was=dict(before.columns) if before else {},
                columns=mapping.columns,
            )
    except IntegrityError as error:
        raise SourceRefused("Not saved. Another mapping has this name.") from error


@transaction.atomic
def drop_mapping(mapping: RosterMapping, *, actor: User) -> bool:
    """False when a source or a roster uses it: it stays."""
    # History names it, and a source could read nothing without it.
    is_used = RosterSource.objects.filter(mapping=mapping).exists()
    if is_used or mapping.rosterrun_set.exists():
        return False
    record_audit("roster mapping dropped", subject=mapping, actor=actor)
    mapping.delete()
    return True


def one_name(raw: str) -> str:
    """In single spaces. Raises SourceRefused."""
    name = " ".join(raw.replace("\0", "").split())
    if not name:
        raise SourceRefused("Not saved. Give it a name.")
    if len(name) > MAX_SOURCE_NAME:
        raise SourceRefused(f"Not saved. Use {MAX_SOURCE_NAME} characters or fewer.")
    return name


def _mapping(mapping_id: int | None) -> RosterMapping | None:
    if not mapping_id:
        return None
    found = RosterMapping.objects.filter(pk=mapping_id, is_ready=True).first()
    if found is None:
        raise SourceRefused("Not saved. There is no such mapping any more.")
    return found
