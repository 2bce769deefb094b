"""A passkey in software, for tests without a browser: it answers what a server asks, as
a device would.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

PRESENT_AND_VERIFIED = (
    AuthenticatorData.FLAG.USER_PRESENT | AuthenticatorData.FLAG.USER_VERIFIED
)


@dataclass
class SoftwarePasskey:
    origin: str = "http://localhost"
    flags: AuthenticatorData.FLAG = PRESENT_AND_VERIFIED
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    user_handle: str = ""

    def create(self, asked: dict[str, Any]) -> str:
        """What a browser sends after ``navigator.credentials.create``."""
        self.user_handle = asked["user"]["id"]
        public_key = ES256.from_cryptography_key(  # type: ignore[no-untyped-call]
            self.key.public_key()
        )
        made = AttestedCredentialData.create(
            Aaguid(bytes(16)), self.credential_id, public_key
        )
        flags = self.flags | AuthenticatorData.FLAG.ATTESTED
        data = AuthenticatorData.create(_id_of(asked["rp"]["id"]), flags, 0, made)
        attestation = AttestationObject.create("none", data, {})
        said = self._said(CollectedClientData.TYPE.CREATE, asked["challenge"])
        return self._written(
            clientDataJSON=websafe_encode(said),
            attestationObject=websafe_encode(attestation),
        )

    def get(self, asked: dict[str, Any]) -> str:
        """What a browser sends after ``navigator.credentials.get``."""
        data = AuthenticatorData.create(_id_of(asked["rpId"]), self.flags, 1)
        said = self._said(CollectedClientData.TYPE.GET, asked["challenge"])
        signed = bytes(data) + hashlib.sha256(said).digest()
        return self._written(
            clientDataJSON=websafe_encode(said),
            authenticatorData=websafe_encode(data),
            signature=websafe_encode(self.key.sign(signed, ec.ECDSA(SHA256()))),
            userHandle=self.user_handle,
        )

    def kept(self, rp_id: str = "localhost", user_id: int = 0) -> dict[str, Any]:
        """What the house keeps of it, without the pages on which it is added."""
        asked = {
            "rp": {"id": rp_id},
            "user": {"id": websafe_encode(str(user_id).encode())},
            "challenge": websafe_encode(b"any"),
        }
        credential: dict[str, Any] = json.loads(self.create(asked))
        return credential

    def _said(self, kind: str, challenge: str) -> bytes:
        return CollectedClientData.create(kind, websafe_decode(challenge), self.origin)

    def _written(self, **response: str) -> str:
        own_id = websafe_encode(self.credential_id)
        return json.dumps(
            {
                "id": own_id,
                "rawId": own_id,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )


def _id_of(rp_id: str) -> bytes:
    return hashlib.sha256(rp_id.encode()).digest()
