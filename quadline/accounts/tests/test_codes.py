"""Codes of an authenticator app, and browsers by our words."""

from datetime import UTC, datetime

import pytest

from quadline.accounts import codes
from tests.totp import code_at

# RFC 6238, appendix B, by SHA-1; of eight digits there the last six here
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = {59: "287082", 1111111109: "081804", 20000000000: "353130"}


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES.items())
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, tz=UTC)
    assert code_at(RFC_SECRET, at) == code
    assert codes.step_of(RFC_SECRET, code, after=0, now=at) == seconds // 30


@pytest.mark.parametrize(
    ("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_fits_a_step_around_and_no_further(steps: int, fits: bool) -> None:
    now = datetime(2026, 12, 1, 12, 0, 29, tzinfo=UTC)
    code = code_at(RFC_SECRET, now, steps_later=steps)
    assert (codes.step_of(RFC_SECRET, code, after=0, now=now) is not None) is fits


@pytest.mark.parametrize("code", ["", "12345", "١٢٣٤٥٦", "１２３４５６", "abcdef"])
def test_what_is_no_code_fits_never(code: str) -> None:
    now = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert codes.step_of(RFC_SECRET, code, after=0, now=now) is None
