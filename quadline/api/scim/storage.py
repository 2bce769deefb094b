"""Staff accounts as SCIM reads and writes them."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from scim2_models import (
    ForbiddenException,
    InvalidValueException,
    Meta,
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
    UniquenessException,
)
from scim2_server.storage import ScimStorage, SearchPage

from quadline import clock
from quadline.accounts.administering import (
    ChangedByOthers,
    LastAdministrator,
    details_of,
)
from quadline.accounts.directory import (
    FaultyEntry,
    TakenAddress,
    add_from_directory,
    remove_from_directory,
    update_from_directory,
)
from quadline.accounts.models import User
from quadline.api.scim.resources import (
    NEW_ACCOUNT,
    STAFF_TYPE,
    StaffAccount,
    facts_in,
    resource_of,
)

NOBODY_LEFT = (
    "Nobody could manage Quadline after this. Make somebody else an administrator"
    " first."
)
TAKEN = "Another account has this userName or this address."
READ_AGAIN = "The account was changed meanwhile. Read it again."
# more would not fit into the column, and PostgreSQL would say so with an error
LONGEST_ID = 18  # digits


class StaffStorage(ScimStorage):
    """A few hundred people: they are searched one by one."""

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        return _published(_account(resource_id))

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        wanted = search_request.filter
        # The library knows every filter; in SQL we would have to know them ourselves.
        everyone = [_published(user) for user in _accounts()]
        found = [each for each in everyone if wanted is None or wanted.match(each)]
        first = search_request.start_index_0 or 0
        count = search_request.count
        last = None if count is None else first + count
        return SearchPage(len(found), found[first:last])

    def create(
        self, resource_type: ResourceType, resource: Resource[Any]
    ) -> Resource[Any]:
        with _in_scim_words():
            facts = facts_in(resource, NEW_ACCOUNT)
            return _published(add_from_directory(facts, now=clock.now()))

    def update(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> Resource[Any]:
        with transaction.atomic(), _in_scim_words():
            # Locked before it is compared: else two updates could both find it as read.
            user = _account(resource.id or "", is_locked=True)
            _check_version(user, expected_version)
            facts = facts_in(resource, _as_it_is(user))
            return _published(update_from_directory(user, facts, now=clock.now()))

    def delete(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        expected_version: str | None = None,
    ) -> None:
        with transaction.atomic(), _in_scim_words():
            user = _account(resource_id, is_locked=True)
            _check_version(user, expected_version)
            remove_from_directory(user, now=clock.now())


def _accounts() -> QuerySet[User]:
    # Those without an entry, too: a directory finds people who were here before it.
    seen = User.objects.filter(directory_entry__removed_at=None)
    return seen.select_related("office", "directory_entry").order_by("pk")


def _account(resource_id: str, *, is_locked: bool = False) -> User:
    is_number = resource_id.isascii() and resource_id.isdecimal()
    if not is_number or len(resource_id) > LONGEST_ID:
        raise NotFoundException(detail="There is no such account.")
    accounts = _accounts()
    if is_locked:
        accounts = accounts.select_for_update(of=("self",))
    user = accounts.filter(pk=int(resource_id)).first()
    if user is None:
        raise NotFoundException(detail="There is no such account.")
    return user


def _as_it_is(user: User) -> StaffAccount:
    entry = getattr(user, "directory_entry", None)
    said = entry.attributes if entry else {}
    return StaffAccount(details_of(user), user.is_active, said)


def _published(user: User) -> Resource[Any]:
    resource: Resource[Any] = resource_of(_as_it_is(user))
    entry = getattr(user, "directory_entry", None)
    resource.id = str(user.pk)
    resource.meta = Meta(
        resource_type=STAFF_TYPE.name,
        created=user.created_at.astimezone(UTC),
        last_modified=(entry.changed_at if entry else user.created_at).astimezone(UTC),
        version=_version_of(resource),
    )
    return resource


def _version_of(resource: Resource[Any]) -> str:
    """Changes with whatever the directory can see, whoever changed it."""
    words = json.dumps(resource.model_dump(exclude={"meta"}), sort_keys=True)
    return f'W/"{hashlib.sha256(words.encode()).hexdigest()[:16]}"'


def _check_version(user: User, expected: str | None) -> None:
    published = _published(user)
    if expected and published.meta and published.meta.version != expected:
        raise PreconditionFailedException(detail=READ_AGAIN)


@contextmanager
def _in_scim_words() -> Iterator[None]:
    try:
        yield
    except FaultyEntry as error:
        raise InvalidValueException(detail=str(error)) from error
    except TakenAddress as error:
        raise UniquenessException(detail=TAKEN) from error
    except LastAdministrator as error:
        raise ForbiddenException(detail=NOBODY_LEFT) from error
    except ChangedByOthers as error:
        raise PreconditionFailedException(detail=READ_AGAIN) from error
