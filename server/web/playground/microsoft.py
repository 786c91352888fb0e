"""Microsoft's part: an Entra ID that publishes keys and signs the access tokens which Outlook hands to the pane."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from server.web.playground.agents import Agent
from server.web.playground.signing import SigningKey

TOKEN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Microsoft:
    """Signs and answers as Microsoft Entra ID under `entra_url`; `clock` is the time in seconds."""

    key: SigningKey
    entra_url: str
    client_id: str
    clock: Callable[[], float]

    def keys(self) -> Mapping[str, object]:
        """The key set; every key names the issuer it speaks for, here any tenant."""
        return {"keys": [{**self.key.public_jwk(), "issuer": f"{self.entra_url}/{{tenantid}}/v2.0"}]}

    def configuration(self, tenant: str) -> Mapping[str, object]:
        """OpenID Connect discovery."""
        issuer = "{tenantid}" if tenant in ("common", "organizations") else tenant
        return {
            "issuer": f"{self.entra_url}/{issuer}/v2.0",
            "authorization_endpoint": f"{self.entra_url}/{tenant}/oauth2/v2.0/authorize",
            "token_endpoint": f"{self.entra_url}/{tenant}/oauth2/v2.0/token",
            "jwks_uri": f"{self.entra_url}/{tenant}/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def access_token(self, agent: Agent) -> str:
        """What nested app authentication brings the pane: a v2 token for our API with its one scope."""
        now = int(self.clock())
        return self.key.sign(
            {
                "iss": f"{self.entra_url}/{agent.tenant}/v2.0",
                "aud": self.client_id,
                "iat": now,
                "nbf": now,
                "exp": now + TOKEN_SECONDS,
                "ver": "2.0",
                "tid": agent.tenant,
                "oid": agent.entra_object,
                "sub": f"playground-{agent.id}",
                "preferred_username": agent.email,
                "name": agent.name,
                "scp": "access_as_user",
                "azp": self.client_id,
                "azpacr": "0",
            }
        )
