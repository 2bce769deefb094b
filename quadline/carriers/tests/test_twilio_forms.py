"""What leaves is what the standard library would have written."""

from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from quadline.carriers.twilio_forms import encoded


@given(st.text(), st.text())
def test_a_form_is_encoded_as_the_standard_library_does(body: str, to: str) -> None:
    assert encoded(Body=body, To=to).decode() == urlencode({"Body": body, "To": to})


def test_a_plus_a_space_and_an_emoji_keep_their_meaning() -> None:
    assert encoded(Body="1 + 1 = \U0001f44b&") == b"Body=1+%2B+1+%3D+%F0%9F%91%8B%26"
