"""Whether Quadline answers at its public address: asked from here, as by anybody."""

import requests

OWN_ADDRESS_SECONDS = 5
ALIVE_PATH = "/healthz"
LONGEST_ANSWER = 20  # bytes; ours has two


def answer_of(base: str) -> str:
    """What answers there; "" for nothing within some seconds, or an error."""
    try:
        answer = requests.get(
            f"{base}{ALIVE_PATH}",
            timeout=OWN_ADDRESS_SECONDS,
            allow_redirects=False,
            stream=True,
        )
        with answer:
            first = next(answer.iter_content(LONGEST_ANSWER), b"")
    except requests.RequestException:
        return ""
    return first.decode("utf-8", "replace") if answer.ok else ""
