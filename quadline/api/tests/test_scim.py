"""The college's directory keeps accounts, through a client that is not ours."""

import json
import random
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_models import Path
from scim2_tester import Status, check_server, filling

from quadline import clock
from quadline.accounts.administering import LastAdministrator, deactivate_staff
from quadline.accounts.directory_tokens import make_directory_token
from quadline.accounts.models import DirectoryEntry, User
from quadline.accounts.rules import Role
from quadline.accounts.tokens import revoke_token
from quadline.audit.models import AuditEntry
from tests.cast import Cast
from tests.program import Program

USERS = "/scim/v2/Users"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ADA = {
    "schemas": [CORE, ENTERPRISE],
    "userName": "A.Okafor@alder.example",
    "externalId": "00u1",
    "name": {"givenName": "Adaeze", "familyName": "Okafor", "honorificPrefix": "Dr."},
    "title": "Academic Advisor",
    "active": True,
    "emails": [
        {"value": "home@elsewhere.example", "type": "home"},
        {"value": "ada.okafor@alder.example", "type": "work", "primary": True},
    ],
    "phoneNumbers": [{"value": "(734) 555-0142", "type": "work"}],
    "roles": [{"value": "Lead", "primary": True}],
    "locale": "en-US",
    ENTERPRISE: {"department": "Advising", "employeeNumber": "17"},
}


@pytest.fixture
def key(people: Cast) -> str:
    _, words = make_directory_token(name="Entra ID", actor=people.ada, now=clock.now())
    return words


@pytest.fixture
def directory(key: str) -> "Directory":
    return Directory(key)


class Directory:
    """What a directory sends, as it stands on the wire."""

    def __init__(self, key: str) -> None:
        self.key = key

    def ask(
        self, method: str, path: str = "", content: Any = None, **headers: str
    ) -> Any:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return Client(raise_request_exception=False).generic(
            method,
            f"{USERS}{path}",
            b"" if content is None else body,
            content_type="application/scim+json",
            headers={"Authorization": f"Bearer {self.key}"} | headers,
        )

    def add(self, **changes: Any) -> Any:
        return self.ask("POST", "", ADA | changes)

    def change(self, user: User, *operations: dict[str, Any]) -> Any:
        content = {"schemas": [PATCH], "Operations": list(operations)}
        return self.ask("PATCH", f"/{user.pk}", content)


def added(answer: Any) -> User:
    assert answer.status_code == 201, answer.content
    return User.objects.get(pk=answer.json()["id"])


@pytest.fixture
def one_transaction() -> Iterator[None]:
    """A request of the handler itself does not close the connection of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def as_a_college_writes(path: Path[Any]) -> Any:
    """What the checker makes up at random must be what an account can be."""
    if str(path).endswith("userName"):
        return f"{uuid4()}@alder.example"
    found = path.resolve()
    of = found.target_model.__name__ if found and found.target_model else ""
    if "phone" in of.lower() and found and found.target_field_name == "value":
        return f"+1734555{uuid4().int % 10_000:04}"
    return filling_of_the_checker(path)


filling_of_the_checker = filling.get_random_example_value


@pytest.mark.usefixtures("one_transaction")
@pytest.mark.parametrize("seed", range(2))  # whether each made up person is active
def test_a_checker_that_is_not_ours_finds_nothing_wrong(
    key: str, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    random.seed(seed)
    monkeypatch.setattr(filling, "get_random_example_value", as_a_college_writes)
    client = WSGISCIMClient(
        WSGIHandler(),
        base_url="https://texting.alder.example/scim/v2",
        headers={"Authorization": f"Bearer {key}"},
    )
    results = check_server(client)
    wrong = [
        f"{each.title}: {each.reason}"
        for each in results
        if each.status not in (Status.SUCCESS, Status.SKIPPED)
    ]
    assert "\n".join(wrong) == ""
    assert len([each for each in results if each.status is Status.SUCCESS]) > 20


def test_a_person_is_added_with_what_the_directory_knows(directory: Directory) -> None:
    answer = directory.add()
    user = added(answer)
    assert (user.email, user.name) == ("ada.okafor@alder.example", "Adaeze Okafor")
    assert (user.role, user.title) == (Role.LEAD, "Academic Advisor")
    assert user.office is not None
    assert (user.office.name, user.office_phone) == ("Advising", "+17345550142")
    assert not user.has_usable_password()
    said = answer.json()
    assert said["userName"] == ADA["userName"]
    assert said["emails"] == ADA["emails"]
    assert said["name"] == {"givenName": "Adaeze", "familyName": "Okafor"}
    assert answer["Location"].endswith(f"{USERS}/{user.pk}")
    assert AuditEntry.objects.filter(
        action="staff user added by the directory", subject_id=user.pk, actor=None
    ).exists()


def test_people_who_have_accounts_are_found_by_their_address(
    directory: Directory, people: Cast
) -> None:
    asked = f'?filter=userName eq "{people.maya.email.upper()}"'
    found = directory.ask("GET", asked).json()
    assert found["totalResults"] == 1
    assert found["Resources"][0]["id"] == str(people.maya.pk)


def test_the_directory_changes_only_what_it_says(
    directory: Directory, people: Cast
) -> None:
    maya = people.maya
    office, title = maya.office, maya.title
    change = {"op": "Replace", "path": "displayName", "value": "Maya Alvarez-Lee"}
    assert directory.change(maya, change).status_code in (200, 204)
    maya.refresh_from_db()
    assert maya.name == "Maya Alvarez-Lee"
    assert (maya.office, maya.title, maya.role) == (office, title, Role.ADVISOR)


def test_what_it_said_and_says_no_more_is_empty(directory: Directory) -> None:
    user = added(directory.add())
    directory.change(user, {"op": "remove", "path": "title"})
    user.refresh_from_db()
    assert user.title == ""
    assert "title" not in directory.ask("GET", f"/{user.pk}").json()


def test_a_person_who_is_made_inactive_is_out_at_once_and_may_come_back(
    directory: Directory, people: Cast
) -> None:
    off = {"op": "Replace", "path": "active", "value": False}
    directory.change(people.maya, off)
    people.maya.refresh_from_db()
    assert not people.maya.is_active
    assert directory.ask("GET", f"/{people.maya.pk}").json()["active"] is False
    directory.change(people.maya, off | {"value": True})
    people.maya.refresh_from_db()
    assert people.maya.is_active


def test_who_is_deleted_keeps_an_account_that_nobody_enters(
    directory: Directory,
) -> None:
    user = added(directory.add())
    assert directory.ask("DELETE", f"/{user.pk}").status_code == 204
    user.refresh_from_db()
    assert not user.is_active
    assert directory.ask("GET", f"/{user.pk}").status_code == 404
    again = added(directory.add(displayName="Ada Okafor"))
    assert again.pk == user.pk
    assert again.is_active
    assert again.name == "Ada Okafor"


def test_the_last_administrator_stays(directory: Directory, people: Cast) -> None:
    for other in User.objects.who_manage().exclude(pk=people.ada.pk):
        deactivate_staff(other, actor=None)
    with pytest.raises(LastAdministrator):
        deactivate_staff(people.ada, actor=None)
    off = {"op": "replace", "path": "active", "value": False}
    less = {"op": "replace", "path": "roles", "value": [{"value": "advisor"}]}
    for answer in (
        directory.change(people.ada, off),
        directory.change(people.ada, less),
        directory.ask("DELETE", f"/{people.ada.pk}"),
    ):
        assert answer.status_code == 403
        assert "administrator" in answer.json()["detail"]
    people.ada.refresh_from_db()
    assert people.ada.is_active
    assert people.ada.role == Role.ADMINISTRATOR


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"roles": [{"value": "Dean"}]}, "not a role"),
        ({"userName": "ada", "emails": []}, "not an email address"),
        ({"phoneNumbers": [{"value": "12"}]}, ""),
        ({"displayName": "x" * 201}, "200 characters"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words_and_nothing_is_made(
    directory: Directory, changes: dict[str, Any], words: str
) -> None:
    before = User.objects.count()
    answer = directory.add(**changes)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    assert User.objects.count() == before
    assert not DirectoryEntry.objects.exists()


def test_two_people_never_share_a_name_or_an_address(
    directory: Directory, people: Cast
) -> None:
    added(directory.add())
    assert directory.add().status_code == 409
    same_address = {"userName": "other", "emails": [{"value": people.maya.email}]}
    assert directory.add(**same_address).status_code == 409


def test_a_version_that_is_old_changes_nothing(directory: Directory) -> None:
    user = added(directory.add())
    old = directory.ask("GET", f"/{user.pk}")["ETag"]
    User.objects.filter(pk=user.pk).update(name="Changed on the screen")
    answer = directory.ask("PUT", f"/{user.pk}", ADA, **{"If-Match": old})
    assert answer.status_code == 412
    user.refresh_from_db()
    assert user.name == "Changed on the screen"


def test_a_directory_that_does_not_say_whether_somebody_is_active_lets_nobody_in(
    directory: Directory, people: Cast
) -> None:
    user = added(directory.add())
    deactivate_staff(user, actor=people.ada)
    silent = {name: said for name, said in ADA.items() if name != "active"}
    assert directory.ask("PUT", f"/{user.pk}", silent).status_code == 200
    user.refresh_from_db()
    assert not user.is_active


def test_what_the_directory_never_said_is_not_its_to_take_away(
    directory: Directory, people: Cast
) -> None:
    """It changes one thing of an account that was here before it, and then writes all
    that it knows, which is less than the account has.
    """
    ada = people.ada
    office, phone = ada.office, ada.office_phone
    directory.change(ada, {"op": "replace", "path": "displayName", "value": "Ada B."})
    known = {"schemas": [CORE], "userName": ada.email, "displayName": "Ada Byrd"}
    assert directory.ask("PUT", f"/{ada.pk}", known).status_code == 200
    ada.refresh_from_db()
    assert ada.name == "Ada Byrd"
    assert (ada.role, ada.office, ada.office_phone) == (
        Role.ADMINISTRATOR,
        office,
        phone,
    )


def test_what_was_changed_on_the_screen_is_what_the_directory_reads(
    directory: Directory,
) -> None:
    user = added(directory.add())
    User.objects.filter(pk=user.pk).update(name="Ada O.", role=Role.ADVISOR, title="")
    said = directory.ask("GET", f"/{user.pk}").json()
    assert said["displayName"] == "Ada O."
    assert [role["value"] for role in said["roles"]] == ["advisor"]
    assert "title" not in said


@pytest.mark.parametrize("key", ["", "qd_wrong", "Basic"])
def test_without_a_key_there_is_nothing(people: Cast, key: str) -> None:
    for answer in (
        Directory(key).ask("GET"),
        Directory(key).ask("POST", "", ADA),
        Directory(key).ask("DELETE", f"/{people.maya.pk}"),
    ):
        assert answer.status_code == 401
    assert User.objects.get(pk=people.maya.pk).is_active


def test_neither_a_revoked_key_nor_an_api_token_opens_it(people: Cast) -> None:
    token, words = make_directory_token(name="Old", actor=people.ada, now=clock.now())
    revoke_token(token, actor=people.ada, now=clock.now())
    assert Directory(words).ask("GET").status_code == 401
    of_ada = Program.of(people.ada).token
    assert Directory(of_ada).ask("GET").status_code == 401


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff\xfe", b'{"userName": 5}', b"[" * 100_000]
)
def test_what_is_no_scim_is_refused(directory: Directory, body: bytes) -> None:
    answer = directory.ask("POST", "", body)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/scim+json")
