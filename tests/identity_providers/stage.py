"""Fixtures: the two providers as processes, and the college's connection to each."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
import requests

from quadline.accounts.models import SignInConnection, User
from quadline.accounts.single_sign_on import configuring
from quadline.accounts.single_sign_on.configuring import (
    OpenIDGiven,
    PolicyGiven,
    SamlGiven,
)
from quadline.accounts.single_sign_on.models import SignInPolicy, current_policy
from quadline.demo.processes import wait_until_answers
from tests.house import PATIENCE, House, free_port

ROLES = (
    ("groups", "text-admins", "administrator"),
    ("groups", "text-leads", "lead"),
    ("groups", "text-advisors", "advisor"),
)


@dataclass
class OpenIDProvider:
    url: str

    def knows(self, subject: str, **claims: Any) -> None:
        answer = requests.put(
            f"{self.url}/users/{quote(subject)}", json=claims, timeout=PATIENCE
        )
        answer.raise_for_status()

    def spoils(self, how: str) -> None:
        requests.post(f"{self.url}/spoil", data=how, timeout=PATIENCE)


@dataclass
class SamlProvider:
    url: str

    def knows(self, user: str, **attributes: Any) -> None:
        self._control(people={user: attributes})

    def spoils(self, how: str) -> None:
        self._control(spoil=how)

    def last_answer(self) -> str:
        return requests.get(f"{self.url}/last", timeout=PATIENCE).text

    def _control(self, **said: Any) -> None:
        answer = requests.post(f"{self.url}/control", json=said, timeout=PATIENCE)
        answer.raise_for_status()


@contextmanager
def running(module: str, *arguments: str, answers_at: str) -> Iterator[None]:
    command = [sys.executable, "-m", f"tests.identity_providers.{module}", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        assert wait_until_answers(answers_at, seconds=PATIENCE)
        yield
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


@pytest.fixture(scope="session")
def openid_process(the_house: House) -> Iterator[OpenIDProvider]:
    port = free_port(19400)
    url = f"http://127.0.0.1:{port}"
    well_known = f"{url}/.well-known/openid-configuration"
    with running("openid", str(port), answers_at=well_known):
        yield OpenIDProvider(url)


@pytest.fixture(scope="session")
def saml_process(
    the_house: House, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SamlProvider]:
    port = free_port(19500)
    url = f"http://127.0.0.1:{port}"
    ours = f"{the_house.url}/accounts/campus/metadata/"
    folder = str(tmp_path_factory.mktemp("saml"))
    with running("saml", str(port), folder, ours, answers_at=f"{url}/metadata"):
        yield SamlProvider(url)


def connect_openid(provider: OpenIDProvider, actor: User) -> SignInConnection:
    """Saved, as tested, and switched on."""
    given = OpenIDGiven(provider.url, "quadline", "a-client-secret", False)
    return _switched_on(configuring.save_openid(given, actor=actor), actor)


def connect_saml(provider: SamlProvider, actor: User) -> SignInConnection:
    given = SamlGiven(f"{provider.url}/metadata", "", True, False)
    return _switched_on(configuring.save_saml(given, actor=actor), actor)


def decide(actor: User, **changes: Any) -> SignInPolicy:
    """The college's rules, with what the test changes."""
    rules: dict[str, Any] = {
        "domains": ("alder.example",),
        "role_rules": ROLES,
        "office_claim": "",
        "office_rules": (),
        "unmapped": "refuse",
        "links_accounts": True,
        "creates_accounts": True,
        "follows_claims": True,
        "passwords_off": False,
        "trusts_second_factor": False,
        "break_glass": frozenset(),
    }
    given = PolicyGiven(**(rules | changes))
    return configuring.save_policy(given, version=current_policy().version, actor=actor)


def _switched_on(draft: SignInConnection, actor: User) -> SignInConnection:
    SignInConnection.objects.filter(pk=draft.pk).update(tested_at=draft.changed_at)
    return configuring.switch_on(actor=actor)
