"""An OpenID Connect provider: oidc-provider-mock, whose answers can be spoiled on the
way out. ``python -m tests.identity_providers.openid PORT``
"""

import base64
import hmac
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import flask
import oidc_provider_mock
from authlib.jose import JsonWebKey, jwt
from werkzeug.serving import run_simple

Said = dict[str, Any]
FOREIGN_KEY = JsonWebKey.generate_key("RSA", 2048, is_private=True)
spoiling = ""


def _changed(**changes: Any) -> Callable[[Said], Said]:
    return lambda said: said | changes


CHANGES: dict[str, Callable[[Said], Said]] = {
    "nonce": _changed(nonce="of-another-sign-in"),
    "no nonce": lambda said: {k: said[k] for k in said if k != "nonce"},
    "audience": _changed(aud="another-client"),
    "two audiences": lambda said: said | {"aud": [said["aud"], "another-client"]},
    "party": _changed(azp="another-client"),
    "issuer": _changed(iss="https://evil.example"),
    "expired": lambda said: said | {"exp": int(time.time()) - 3600},
    "early": lambda said: (
        said | {"iat": int(time.time()) + 3600, "nbf": int(time.time()) + 3600}
    ),
    "no expiry": lambda said: {k: said[k] for k in said if k != "exp"},
    "subject": _changed(sub="somebody-else"),
    "other key": lambda said: said,
    "none": lambda said: said,
    "shared secret": lambda said: said,
}


def spoilt(written: str, key: Any) -> str:
    """The identity token as the test wants it."""
    said = CHANGES[spoiling](_payload(written))
    header = {"alg": "RS256", "kid": key.thumbprint()}
    if spoiling == "none":
        return f"{_part({'alg': 'none'})}.{_part(said)}."
    if spoiling == "shared secret":
        # The public key taken for a shared secret: a classic.
        unsigned = f"{_part(header | {'alg': 'HS256'})}.{_part(said)}"
        secret = key.as_pem(is_private=False)
        digest = hmac.digest(secret, unsigned.encode(), "sha256")
        signature = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return f"{unsigned}.{signature}"
    signed_by = FOREIGN_KEY if spoiling == "other key" else key
    return str(jwt.encode(header, said, signed_by).decode())


def _payload(written: str) -> Said:
    middle = written.split(".")[1]
    said: Said = json.loads(base64.urlsafe_b64decode(middle + "=="))
    return said


def _part(said: Said) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def application() -> flask.Flask:
    app: flask.Flask = oidc_provider_mock.app()
    app.debug = False

    @app.post("/spoil")
    def spoil() -> tuple[str, int]:
        global spoiling
        spoiling = flask.request.get_data(as_text=True)
        return "", 204

    @app.after_request
    def spoil_token(answer: flask.Response) -> flask.Response:
        if flask.request.path != "/oauth2/token" or not spoiling:
            return answer
        said = answer.get_json()
        key = flask.g.oidc_provider_mock_storage.jwk
        said["id_token"] = spoilt(said["id_token"], key)
        answer.set_data(json.dumps(said))
        return answer

    return app


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), application(), threaded=True)
