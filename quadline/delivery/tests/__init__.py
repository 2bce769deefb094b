"""Accepting, sending, settling and receiving texts, each act in a file."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.acts")
