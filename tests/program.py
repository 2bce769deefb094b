"""A campus system that calls the API as somebody, with a token."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.utils import timezone

from quadline.accounts.models import User
from quadline.accounts.tokens import make_token

V1 = "/api/v1/"
PROBLEM = "application/problem+json"


@dataclass
class Program:
    """One token, and what it asks. Each call has a browser of its own:
    nothing is carried from one to the next.
    """

    token: str

    @classmethod
    def of(cls, user: User) -> "Program":
        _, words = make_token(user=user, name="Test", actor=user, now=timezone.now())
        return cls(words)

    def ask(
        self,
        method: str,
        path: str,
        content: Any = None,
        *,
        key: str = "",
        kind: str = "application/json",
        **headers: str,
    ) -> Any:
        """The answer as Django's test client gives it."""
        sent = (
            {"Authorization": f"Bearer {self.token}"}
            | ({"Idempotency-Key": key} if key else {})
            | headers
        )
        body = (
            content
            if isinstance(content, bytes)
            else json.dumps(content).encode()
            if content is not None
            else b""
        )
        content_type = kind if body else ""
        return Client(raise_request_exception=False).generic(
            method, V1 + path, body, content_type=content_type, headers=sent
        )

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def put(self, path: str, content: Any) -> Any:
        return self.ask("PUT", path, content)

    def post(self, path: str, content: Any = None, *, key: str = "") -> Any:
        return self.ask("POST", path, content, key=key)
