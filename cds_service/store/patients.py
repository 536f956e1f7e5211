"""The keyed hash that stands for a patient: always the same, and nobody without the key can tell whose it is.

Two hospitals may both have a patient "1", so who asks and on which FHIR server is hashed with the id.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cds_service.store.errors import StoreError
from hooks.extensions import CARD_EXTENSION

#: Characters of the key: fewer could be guessed.
LEAST: Final = 32


@dataclass(frozen=True, slots=True)
class PatientKey:
    """The secret of the hashes. Who has it and the database can try patient ids."""

    secret: bytes = field(repr=False)
    #: The keyed hash of nothing yet: to copy it is cheaper than to take in the secret anew.
    _begun: hmac.HMAC = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_begun", hmac.new(self.secret, digestmod="sha256"))

    def patient(self, issuer: str, fhir_server: str | None, patient_id: str) -> str:
        """The hash of a patient. `issuer`: of the client, "" when nobody is authenticated."""
        return self._hash("patient", issuer, (fhir_server or "").rstrip("/"), patient_id)

    def content(self, card: Mapping[str, Any]) -> str:
        """The hash of what a card says and offers: the same advice on the same values in one language."""
        labels = [suggestion["label"] for suggestion in card.get("suggestions", ())]
        return self._hash("content", card["extension"][CARD_EXTENSION]["key"], *labels)

    def _hash(self, *parts: str) -> str:
        text = "\0".join(parts)
        if text.count("\0") >= len(parts):  # one of them holds what stands between them
            text = "\0".join([part.replace("\0", "\0\0") for part in parts])
        keyed = self._begun.copy()
        keyed.update(text.encode())
        return keyed.hexdigest()


def kept_key(database: Path) -> PatientKey:
    """The key in the file beside an SQLite database, made on first use; StoreError when it cannot be trusted.

    Any number of processes may ask at once: one makes the file, all read it.
    """
    path = Path(f"{database}.key")
    try:
        if not path.exists():
            _make(path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise StoreError(f"{path} can be read by others: chmod 600 it, or set OSTEO_CDS_PATIENT_KEY")
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path} cannot be read or made: {type(error).__name__}") from error
    if len(secret) < LEAST:
        raise StoreError(f"{path} holds no key of at least {LEAST} characters")
    return PatientKey(secret.encode())


def _make(path: Path) -> None:
    """A new key, whole or not at all: written aside, then linked to its name, which only one process can do."""
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
