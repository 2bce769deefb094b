"""Errors with their values are shown to this machine only."""

import os
import subprocess
import sys

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from quadline.demo.error_pages import ErrorPages


def page_for(request: HttpRequest, fault: Exception) -> HttpResponse | None:
    """As Django asks, while the fault is being handled."""
    try:
        raise fault
    except Exception as raised:
        return ErrorPages(lambda _: HttpResponse()).process_exception(request, raised)


def test_this_machine_sees_the_fault_and_nothing_is_loaded_for_it() -> None:
    page = page_for(RequestFactory().get("/"), ValueError("no such term"))
    assert page is not None
    assert page.status_code == 500
    assert "no such term" in page.content.decode()
    assert page["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "address", ["192.0.2.7", "10.0.0.2", "2001:db8::1", "", "nonsense"]
)
def test_nobody_else_does(address: str) -> None:
    assert (
        page_for(RequestFactory().get("/", REMOTE_ADDR=address), ValueError()) is None
    )


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-Ip", "Forwarded"])
def test_a_proxy_of_this_machine_does_not_pass_for_it(header: str) -> None:
    request = RequestFactory().get("/", headers={header: "127.0.0.1"})
    assert page_for(request, ValueError()) is None


@pytest.mark.parametrize("fault", [Http404(), PermissionDenied()])
def test_what_has_a_page_of_its_own_keeps_it(fault: Exception) -> None:
    assert page_for(RequestFactory().get("/"), fault) is None


@pytest.mark.processes
@pytest.mark.parametrize(
    ("public_url", "is_ours"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("https://texting.alder.example", False),
        ("http://127.0.0.1.alder.example", False),
        ("http://10.0.0.2", False),
    ],
)
def test_the_settings_are_for_an_address_of_this_machine_only(
    public_url: str, is_ours: bool
) -> None:
    command = [sys.executable, "-c", "import quadline.demo.development_settings"]
    tried = subprocess.run(
        command,
        env=os.environ | {"PUBLIC_URL": public_url},
        capture_output=True,
        text=True,
    )
    assert (tried.returncode == 0) is is_ours, tried.stderr
    assert is_ours or "only for a PUBLIC_URL of this machine" in tried.stderr
