"""The contract of every carrier, and each adapter's own tests."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.contract")

# Where a test's carrier should call us, or where none is found: a port on which
# nobody listens.
NOBODY = "http://127.0.0.1:9"
