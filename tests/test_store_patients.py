"""The keyed hash of a patient, and the key."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cds_service.settings import Settings, SettingsError, load_settings
from cds_service.store.errors import StoreError
from cds_service.store.memory import open_memory
from cds_service.store.patients import PatientKey, kept_key

KEY = PatientKey(b"k" * 40)
EHR = "https://ehr.example.org/fhir"


def test_a_patient_is_the_same_at_one_place_and_another_elsewhere() -> None:
    here = KEY.patient("iss", EHR, "1")
    assert here == KEY.patient("iss", f"{EHR}/", "1")
    others = [
        KEY.patient("iss", EHR, "2"),
        KEY.patient("iss", "https://other.example.org/fhir", "1"),
        KEY.patient("iss", None, "1"),
        KEY.patient("other", EHR, "1"),
        KEY.patient("", f"iss\0{EHR}", "1"),
        PatientKey(b"x" * 40).patient("iss", EHR, "1"),
    ]
    assert len({here, *others}) == 7
    assert len(here) == 64


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    database = tmp_path / "memory.sqlite"
    key = kept_key(database)
    assert kept_key(database) == key
    assert len(key.secret) >= 64
    assert stat.S_IMODE((tmp_path / "memory.sqlite.key").stat().st_mode) == 0o600
    assert key.secret.decode() not in repr(key)


def test_processes_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from cds_service.store.patients import kept_key; "
        "print(kept_key(Path(sys.argv[1])).secret.decode())"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "memory.sqlite")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["memory.sqlite.key"]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    database = tmp_path / "memory.sqlite"
    kept_key(database)
    (tmp_path / "memory.sqlite.key").chmod(0o644)
    with pytest.raises(StoreError, match="chmod 600"):
        kept_key(database)


def test_a_key_that_is_too_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite.key"
    path.touch(0o600)
    path.write_text("short\n", encoding="ascii")
    with pytest.raises(StoreError, match="no key of at least 32"):
        kept_key(tmp_path / "memory.sqlite")
    with pytest.raises(SettingsError, match=r"OSTEO_CDS_PATIENT_KEY: expected a secret"):
        load_settings({"OSTEO_CDS_PATIENT_KEY": "short"})


def test_the_key_may_be_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "patient.key"
    path.write_text("a" * 40 + "\n", encoding="utf-8")
    assert load_settings({"OSTEO_CDS_PATIENT_KEY_FILE": str(path)}).patient_key == "a" * 40
    config = tmp_path / "osteo.toml"
    config.write_text('patient_key_file = "patient.key"', encoding="utf-8")
    assert load_settings({"OSTEO_CDS_CONFIG": str(config)}).patient_key == "a" * 40
    for environ in (
        {"OSTEO_CDS_PATIENT_KEY_FILE": str(tmp_path / "none")},
        {"OSTEO_CDS_PATIENT_KEY_FILE": str(path), "OSTEO_CDS_PATIENT_KEY": "b" * 40},
    ):
        with pytest.raises(SettingsError, match="expected"):
            load_settings(environ)


def test_secrets_are_not_in_the_words_of_the_settings() -> None:
    settings = Settings(database_url="postgresql://u:hunter2@h/d", patient_key="s" * 32, comment_key="c" * 44)
    assert not any(secret in repr(settings) for secret in ("hunter2", "sss", "ccc"))


def test_postgresql_needs_a_given_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cds_service.store.database.Database.prepare", lambda _: None)
    with pytest.raises(StoreError, match="OSTEO_CDS_PATIENT_KEY is missing"):
        open_memory(Settings(database_url="postgresql://cds@127.0.0.1:1/cds"))


def test_a_comment_key_has_the_form_of_fernet() -> None:
    from cryptography.fernet import Fernet

    key = Fernet.generate_key().decode()
    assert load_settings({"OSTEO_CDS_COMMENT_KEY": key}).comment_key == key
    for wrong in ("short", key[:-4], "æ" * 44):
        with pytest.raises(SettingsError, match="OSTEO_CDS_COMMENT_KEY"):
            load_settings({"OSTEO_CDS_COMMENT_KEY": wrong})
