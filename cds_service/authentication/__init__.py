"""Who calls: each call brings a JSON Web Token signed by its client (CDS Hooks 2.0.1, "Trusting CDS Clients").

`Authenticator` is the one door. Importing this package loads no cryptography; making an
Authenticator does, so an open service does without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from cds_service.authentication.rejection import RejectedError, UnauthenticatedError, UncheckedError
from cds_service.authentication.used_tokens import StoreError, UsedTokens, UsedTokensInMemory
from cds_service.clients import Client

if TYPE_CHECKING:
    from cds_service.authentication.keys import KeyCache

__all__ = [
    "Authenticator",
    "StoreError",
    "UnauthenticatedError",
    "UncheckedError",
    "UsedTokens",
    "UsedTokensInMemory",
]


class Authenticator:
    """Tells the client by the token of a call, or refuses it.

    `audience`: the base URL that clients call (OSTEO_CDS_PUBLIC_URL). `clock`: the time, in UTC.
    """

    def __init__(
        self,
        clients: Iterable[Client],
        keys: KeyCache,
        used_tokens: UsedTokens,
        audience: str,
        clock: Callable[[], datetime],
    ) -> None:
        from cds_service.authentication import tokens  # here: it needs cryptography

        self.keys = keys
        self._tokens = tokens
        self._by_iss = {client.iss: client for client in clients}
        self._used_tokens = used_tokens
        self._audience = audience
        self._clock = clock

    def client(self, authorization: str | None, path_called: str) -> Client:
        """The client that makes a call, by the Authorization header and the path it is made to.

        UnauthenticatedError (401), whatever is wrong with the token; UncheckedError (503) when
        nobody can say whether it was used before. The token counts as used only if nothing
        else is wrong with it.
        """
        claimed = ""
        try:
            token = self._tokens.read_token(authorization)
            iss = token.claims.get("iss")
            client = self._by_iss.get(iss) if isinstance(iss, str) else None
            if client is None:
                raise RejectedError("issuer")
            claimed = client.name
            kid = self._tokens.check_origin(token, client)
            self._tokens.check_signature(token, self.keys.key(client, kid, token.algorithm))
            jti, expires = self._tokens.check_claims(token, self._audience + path_called, self._clock())
            if not self._used_tokens.use(client.iss, jti, expires):
                raise RejectedError("replay")
        except RejectedError as rejected:
            raise UnauthenticatedError(rejected.reason, claimed) from None
        except StoreError:
            raise UncheckedError(claimed) from None
        return client
