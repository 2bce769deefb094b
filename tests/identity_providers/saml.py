"""A SAML identity provider: pysaml2 with Debian's xmlsec1, whose answers can be spoiled.
``python -m tests.identity_providers.saml PORT FOLDER SP_METADATA_URL``

It signs in whoever is written in the form, without a password.
"""

import base64
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flask
from saml2 import BINDING_HTTP_REDIRECT, server
from saml2 import xmldsig as ds
from saml2.config import IdPConfig
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_TRANSIENT, NameID
from werkzeug.serving import run_simple

from quadline.accounts.single_sign_on.our_key import make_key
from tests.identity_providers import wrapping

FORM = """<form method="post"><input name="user" aria-label="User"><button>Sign in</button>
<button name="cancel">Cancel</button></form>"""
POSTING = """<body onload="document.forms[0].submit()"><form method="post" action="{acs}">
<input type="hidden" name="SAMLResponse" value="{answer}">
<input type="hidden" name="RelayState" value="{state}"><button>Go on</button></form></body>"""
ENVELOPE_SIGNED = ("sign response", "XSW1", "XSW2")
people: dict[str, dict[str, Any]] = {}
spoiling = ""
last_answer = ""


def keys_in(folder: Path, name: str) -> tuple[str, str]:
    """Files of a key and its certificate."""
    key, certificate = make_key(host=name, now=datetime.now(UTC))
    files = folder / f"{name}.key", folder / f"{name}.crt"
    for file, written in zip(files, (key, certificate), strict=True):
        file.write_text(written)
    return str(files[0]), str(files[1])


def provider(url: str, folder: Path, name: str, sp_metadata: str) -> server.Server:
    key, certificate = keys_in(folder, name)
    endpoints = [(f"{url}/sso", BINDING_HTTP_REDIRECT)]
    told = {
        "entityid": f"{url}/metadata",
        "xmlsec_binary": "/usr/bin/xmlsec1",
        "key_file": key,
        "cert_file": certificate,
        "metadata": {"inline": [sp_metadata]},
        "service": {
            "idp": {
                "endpoints": {"single_sign_on_service": endpoints},
                "policy": {"default": {"lifetime": {"minutes": 5}}},
                "sign_assertion": True,
                "sign_response": False,
                "signing_algorithm": ds.SIG_RSA_SHA256,
                "digest_algorithm": ds.DIGEST_SHA256,
                "name_id_format": [NAMEID_FORMAT_PERSISTENT],
            }
        },
    }
    return server.Server(config=IdPConfig().load(told))


class Answers:
    def __init__(self, url: str, folder: Path, sp_metadata: str) -> None:
        self.url = url
        self.true = provider(url, folder, "true", sp_metadata)
        self.foreign = provider(url, folder, "foreign", sp_metadata)

    def answer(self, request: Any, user: str) -> str:
        """Base64, as it is posted."""
        signer = self.foreign if spoiling == "other key" else self.true
        asked = request.id if request else ""
        is_unsolicited = spoiling == "unsolicited"
        acs = request.assertion_consumer_service_url if request else _acs
        persistent = NameID(format=NAMEID_FORMAT_PERSISTENT, text=user)
        if spoiling == "transient":
            persistent = NameID(format=NAMEID_FORMAT_TRANSIENT, text="t-1")
        audience = "https://other.example/sp" if spoiling == "audience" else _sp
        made = signer.create_authn_response(
            identity=people[user],
            in_response_to=None if is_unsolicited else asked,
            destination=acs,
            sp_entity_id=audience,
            name_id=persistent,
            authn={"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"},
            sign_assertion=spoiling not in ("unsigned", "XSW1", "XSW2"),
            sign_response=spoiling in ENVELOPE_SIGNED,
            sign_alg=ds.SIG_RSA_SHA1 if spoiling == "SHA-1" else ds.SIG_RSA_SHA256,
            digest_alg=ds.DIGEST_SHA256,
        )
        return base64.b64encode(_late(str(made), signer).encode()).decode()


def _late(written: str, signer: server.Server) -> str:
    """With other times, signed again where the signature should hold."""
    if spoiling == "other issuer":
        renamed = wrapping.of_another_issuer(written)
        return wrapping.signed_again(renamed, signer)
    if spoiling in wrapping.ATTACKS:
        return wrapping.ATTACKS[spoiling](written)
    if spoiling in ("expired", "early"):
        hours = -2 if spoiling == "expired" else 2
        moved = wrapping.moved(written, timedelta(hours=hours))
        return wrapping.signed_again(moved, signer)
    return written


_acs = _sp = ""


def application(url: str, folder: Path, sp_metadata_url: str) -> flask.Flask:
    global _acs, _sp
    with urllib.request.urlopen(sp_metadata_url) as answer:
        sp_metadata = answer.read().decode()
    _sp = sp_metadata_url
    _acs = sp_metadata_url.replace("/metadata/", "/acs/")
    answers = Answers(url, folder, sp_metadata)
    app = flask.Flask(__name__)

    @app.get("/metadata")
    def metadata() -> flask.Response:
        from saml2.metadata import entity_descriptor

        written = str(entity_descriptor(answers.true.config))
        return flask.Response(written, mimetype="application/samlmetadata+xml")

    @app.post("/control")
    def control() -> tuple[str, int]:
        global spoiling
        said = flask.request.get_json()
        spoiling = said.get("spoil", spoiling)
        people.update(said.get("people", {}))
        return "", 204

    @app.get("/last")
    def last() -> str:
        return last_answer

    @app.route("/sso", methods=["GET", "POST"])
    def sso() -> str:
        global last_answer
        if flask.request.method == "GET":
            return FORM
        asked = answers.true.parse_authn_request(
            flask.request.args["SAMLRequest"], BINDING_HTTP_REDIRECT
        ).message
        if "cancel" in flask.request.form:
            made = answers.true.create_error_response(
                asked.id,
                asked.assertion_consumer_service_url,
                ("urn:oasis:names:tc:SAML:2.0:status:AuthnFailed", "Canceled"),
                sign=True,
            )
            written = base64.b64encode(str(made).encode()).decode()
        else:
            written = answers.answer(asked, flask.request.form["user"])
        last_answer = written
        state = "https://evil.example/" if spoiling == "relay state" else ""
        acs = asked.assertion_consumer_service_url
        return POSTING.format(acs=acs, answer=written, state=state)

    @app.get("/unsolicited")
    def unsolicited() -> str:
        return POSTING.format(acs=_acs, answer=answers.answer(None, "maya"), state="")

    return app


if __name__ == "__main__":
    port, folder, sp_url = sys.argv[1:]
    made = application(f"http://127.0.0.1:{port}", Path(folder), sp_url)
    run_simple("127.0.0.1", int(port), made, threaded=True)
