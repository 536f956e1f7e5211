"""Comments of clinicians are patient data: encrypted (Fernet), and only kept when there is a key."""

from __future__ import annotations

from dataclasses import dataclass, field

from cds_service.store.errors import StoreError


@dataclass(frozen=True, slots=True)
class CommentKey:
    """The key: 32 bytes in URL-safe base64, as `Fernet.generate_key` makes them."""

    secret: str = field(repr=False)

    def hidden(self, comment: str) -> bytes:
        """A comment, encrypted."""
        from cryptography.fernet import Fernet

        return Fernet(self.secret).encrypt(comment.encode())

    def shown(self, hidden: bytes) -> str:
        """A comment in clear; StoreError when another key hid it."""
        from cryptography.fernet import Fernet, InvalidToken

        try:
            return Fernet(self.secret).decrypt(hidden).decode()
        except InvalidToken:
            raise StoreError("a comment was encrypted with another key (OSTEO_CDS_COMMENT_KEY)") from None
