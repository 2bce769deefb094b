"""What a staff account is in SCIM, and what SCIM says in an account's words.

Only what an account has is offered; whatever else a directory sends is dropped. No
database here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import Field
from scim2_models import (
    URN,
    AnyExtension,
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    Filter,
    Patch,
    Required,
    Resource,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

from quadline.accounts.directory import DirectoryFacts
from quadline.accounts.rules import Role
from quadline.accounts.staff_details import StaffDetails, tidy
from quadline.sms.phones import PhoneError, normalise

MOST_IN_ONE_ANSWER = 200
WORK = "work"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ALWAYS_SAID = ("schemas", "userName")
# Where SCIM has what an account has, beside its name and address.
ATTRIBUTES = {
    "title": "title",
    "role": "roles",
    "office_phone": "phoneNumbers",
    "office": ENTERPRISE,
}


class PersonName(ComplexAttribute):
    formatted: str | None = None
    given_name: str | None = None
    family_name: str | None = None


class WorkEmail(ComplexAttribute):
    value: str | None = None
    type: str | None = None
    primary: bool | None = None


class WorkPhone(ComplexAttribute):
    value: str | None = None
    type: str | None = None
    primary: bool | None = None


class StaffRole(ComplexAttribute):
    value: str | None = Field(default=None, examples=[role.value for role in Role])
    display: str | None = None
    type: str | None = None
    primary: bool | None = None


class StaffUser(Resource[AnyExtension]):
    """A staff account."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The name by which the directory knows the person."""

    name: PersonName | None = None
    """The parts of the person's name."""

    display_name: str | None = None
    """The name that students read."""

    title: str | None = None
    """Such as Academic Advisor."""

    active: bool | None = None
    """Whether the person may sign in."""

    emails: list[WorkEmail] | None = None
    """The primary one is the address to sign in with and to get mail at."""

    phone_numbers: list[WorkPhone] | None = None
    """The primary one is the office line, which calls are connected to."""

    roles: list[StaffRole] | None = None
    """One of advisor, lead, administrator, auditor."""


class StaffOffice(Extension):
    """Where the person works."""

    __schema__ = URN(ENTERPRISE)

    department: str | None = None
    """The office."""


STAFF: Any = cast(Any, StaffUser)[StaffOffice]
STAFF_TYPE = ResourceType.from_resource(STAFF)
# As Entra ID and Okta send their changes, beside what the RFC demands.
TOLERANT = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)


def provider() -> ScimProvider:
    """The service as it describes itself."""
    return ScimProvider(
        models=[StaffUser, StaffOffice],
        resource_types=[STAFF_TYPE],
        config=ServiceProviderConfig(
            patch=Patch(supported=True),
            bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
            filter=Filter(supported=True, max_results=MOST_IN_ONE_ANSWER),
            change_password=ChangePassword(supported=False),
            sort=Sort(supported=False),
            etag=ETag(supported=True),
            authentication_schemes=[
                AuthenticationScheme(
                    type=AuthenticationScheme.Type.oauthbearertoken,
                    name="Bearer token",
                    description="Made under Manage, Directory.",
                )
            ],
        ),
        policy=TOLERANT,
    )


@dataclass(frozen=True)
class StaffAccount:
    """An account as it is. ``said``: what the directory has said of it, as SCIM has it;
    a value that it took back is None.
    """

    details: StaffDetails
    is_active: bool
    said: Mapping[str, Any]


NEW_ACCOUNT = StaffAccount(StaffDetails(), is_active=True, said={})


def facts_in(resource: Any, before: StaffAccount) -> DirectoryFacts:
    """What a SCIM resource says of an account.

    Where it is silent, the account stays as it is; but what the directory once said and
    no longer says is empty.
    """
    user_name = resource.user_name or ""
    read = {
        "title": resource.title or "",
        # one at a time: the highest of several is not ours to guess
        "role": _chosen(resource.roles),
        "office_phone": _chosen(resource.phone_numbers),
        "office": _office_in(resource),
    }
    # A directory that maps no office must not empty those of everybody.
    kept = {
        name: getattr(before.details, name)
        for name, attribute in ATTRIBUTES.items()
        if not read[name] and attribute not in before.said
    }
    details = StaffDetails(
        name=_name_in(resource) or user_name,
        email=_chosen(resource.emails) or user_name,
        **{**read, **kept},
    )
    is_silent = resource.active is None
    return DirectoryFacts(
        user_name=user_name.casefold(),
        details=details,
        # Else a directory that says nothing of it would let back in who was sent away.
        is_active=before.is_active if is_silent else resource.active,
        attributes=_said_in(resource, before),
    )


def _said_in(resource: Any, before: StaffAccount) -> dict[str, Any]:
    """A change comes with all that we showed, and only what differs from that was said
    by the directory: the rest is not its to take away later.
    """
    ours = {} if before is NEW_ACCOUNT else _written(resource_of(before))
    said = {
        name: value
        for name, value in _written(resource).items()
        if name in (*before.said, *ALWAYS_SAID) or ours.get(name) != value
    }
    # It was shown. Else the next one who asks would be told again what was taken back.
    if before is not NEW_ACCOUNT and resource.active is None:
        said["active"] = None
    return said


def _written(resource: Any) -> dict[str, Any]:
    written: dict[str, Any] = resource.model_dump(exclude={"id", "meta"})
    return written


def _name_in(resource: Any) -> str:
    if resource.display_name:
        return str(resource.display_name)
    parts = resource.name
    if parts is None:
        return ""
    if parts.formatted:
        return str(parts.formatted)
    return " ".join(part for part in (parts.given_name, parts.family_name) if part)


def _office_in(resource: Any) -> str:
    office = resource[StaffOffice]
    return (office.department or "") if office else ""


def _chosen(entries: list[Any] | None) -> str:
    """The primary one, else the one for work, else the first."""
    given = [entry for entry in entries or [] if entry.value]
    ranked = sorted(given, key=lambda each: (not each.primary, each.type != WORK))
    return str(ranked[0].value) if ranked else ""


def resource_of(now: StaffAccount) -> Any:
    """An account in SCIM: in the directory's words as long as they say what is so."""
    details = now.details
    resource = STAFF.model_validate({"userName": details.email, **now.said})
    said = tidy(facts_in(resource, NEW_ACCOUNT).details)
    if said.name != details.name:
        resource.display_name = details.name
    # Of an account that was here before, directories want to see an address.
    if said.email != details.email or not now.said:
        resource.emails = [WorkEmail(value=details.email, type=WORK, primary=True)]
    if said.role != details.role:
        resource.roles = [StaffRole(value=details.role, primary=True)]
    if said.title != details.title:
        resource.title = details.title or None
    if phone_written(said.office_phone) != phone_written(details.office_phone):
        resource.phone_numbers = _phones_of(details.office_phone)
    if said.office != details.office:
        resource[StaffOffice] = StaffOffice(department=details.office or None)
    # The directory does not want to see what it took back.
    is_taken_back = "active" in now.said and now.said["active"] is None
    resource.active = None if is_taken_back else now.is_active
    return resource


def _phones_of(phone: str) -> list[WorkPhone] | None:
    return [WorkPhone(value=phone, type=WORK, primary=True)] if phone else None


def phone_written(phone: str) -> str:
    """In one form, so that two can be compared; as it is when it is none."""
    try:
        return normalise(phone) if phone else ""
    except PhoneError:
        return phone
