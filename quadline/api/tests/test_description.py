"""The description of the API and its page: open to everybody, whole,
and without anybody else's server.
"""

import re

import pytest
from django.test import Client

from quadline.api.urls import described


@pytest.mark.django_db
def test_the_description_and_its_page_open_without_a_token() -> None:
    assert Client().get("/api/v1/openapi.json").json()["openapi"].startswith("3.1")
    page = Client().get("/api/v1/docs")

    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers


@pytest.mark.django_db
def test_the_page_shows_every_operation_and_every_object_and_loads_nothing_foreign() -> (
    None
):
    page = Client().get("/api/v1/docs").content.decode()
    operations = [
        operation["operationId"]
        for methods in described()["paths"].values()
        for operation in methods.values()
    ]

    assert len(operations) == len(set(operations)) == 16
    assert all(f'id="{name}"' in page for name in operations)
    assert all(
        f'id="model-{name}"' in page for name in described()["components"]["schemas"]
    )
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links - set(re.findall(r'id="([^"]+)"', page)) == set()


def test_every_refusal_is_described_as_a_problem() -> None:
    for methods in described()["paths"].values():
        for operation in methods.values():
            refusals = {
                code: said
                for code, said in operation["responses"].items()
                if int(code) >= 400
            }
            assert "401" in refusals
            assert all(
                list(said["content"]) == ["application/problem+json"]
                for said in refusals.values()
            )


def test_every_post_takes_an_idempotency_key() -> None:
    posts = [
        methods["post"]
        for methods in described()["paths"].values()
        if "post" in methods
    ]

    assert len(posts) == 6
    assert all(
        "Idempotency-Key" in [each["name"] for each in post["parameters"]]
        for post in posts
    )
