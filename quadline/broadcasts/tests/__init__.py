"""Audiences, reviews, launches and what comes of them, each act in a file."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.acts")
