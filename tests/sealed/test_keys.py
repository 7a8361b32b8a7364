"""The engine's keys on the disk: made once, private, rotated with an overlap; and whose they are."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from mai.engine.enginekeys import DAY, FILE, EngineKeys, FilePlace, KeychainPlace
from mai.engine.identity import Identity, sign_identity
from mai.engine.sealing import Sealer, SealError, prompt_info, seal
from mai.errors import MaiError
from solders.keypair import Keypair

INFO = prompt_info(bytes(32), "tiny")
DEVICE = bytes(range(32))


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    first = EngineKeys(FilePlace(tmp_path / "engine")).public
    assert EngineKeys(FilePlace(tmp_path / "engine")).public == first
    assert (tmp_path / "engine" / FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "engine").stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    EngineKeys(FilePlace(tmp_path))
    (tmp_path / FILE).chmod(0o640)
    with pytest.raises(MaiError, match="chmod 600"):
        EngineKeys(FilePlace(tmp_path))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys": []}', '{"keys": [{"secret": "AAAA"}]}', "x" * 70_000])
def test_what_is_no_key_file_is_never_overwritten(tmp_path: Path, content: str) -> None:
    path = tmp_path / FILE
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(MaiError, match="unreadable"):
        EngineKeys(FilePlace(tmp_path))
    assert path.read_text() == content


def test_after_a_rotation_the_old_key_opens_for_the_days_of_the_overlap(tmp_path: Path, clock: Clock) -> None:
    keys = EngineKeys(FilePlace(tmp_path), overlap_days=7, clock=clock)
    old = keys.public
    envelope = seal(old, INFO, b"sealed before")
    assert keys.rotate() == keys.public != old
    clock.now += 7 * DAY - 1
    assert keys.open(INFO, envelope).reveal() == b"sealed before"
    anew = EngineKeys(FilePlace(tmp_path), overlap_days=7, clock=clock)
    assert anew.open(INFO, envelope).reveal() == b"sealed before"
    clock.now += 1
    with pytest.raises(SealError, match="has no more"):
        keys.open(INFO, envelope)
    assert EngineKeys(FilePlace(tmp_path), overlap_days=7, clock=clock).public == keys.public
    assert len(json.loads((tmp_path / FILE).read_text())["keys"]) == 1  # the secret is gone from the disk


def test_an_old_key_is_followed_by_itself_at_the_next_start(tmp_path: Path, clock: Clock) -> None:
    first = EngineKeys(FilePlace(tmp_path), rotate_days=30, clock=clock).public
    clock.now += 30 * DAY - 1
    assert EngineKeys(FilePlace(tmp_path), rotate_days=30, clock=clock).public == first
    clock.now += 1
    second = EngineKeys(FilePlace(tmp_path), rotate_days=30, clock=clock)
    assert second.public != first and len(second.keys) == 2


def test_what_another_process_rotated_is_noticed(tmp_path: Path, clock: Clock) -> None:
    served = EngineKeys(FilePlace(tmp_path), clock=clock)
    public = EngineKeys(FilePlace(tmp_path), clock=clock).rotate()
    assert served.open(INFO, seal(public, INFO, b"text")).reveal() == b"text"


def test_a_rotation_that_cannot_be_kept_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = FilePlace(tmp_path)
    keys = EngineKeys(place)
    before, public = (tmp_path / FILE).read_bytes(), keys.public

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MaiError, match="No space left"):
        keys.rotate()
    assert keys.public == public and (tmp_path / FILE).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".part") == []


def test_keys_are_not_shown(tmp_path: Path) -> None:
    keys = EngineKeys(FilePlace(tmp_path))
    (key,) = keys.keys
    secret = key.secret.raw()
    assert secret.hex() not in repr(key) and str(list(secret)) not in repr(key) and "not shown" in repr(key)


class Memory(KeyringBackend):
    """A keychain in memory, as keyring's backends are."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password


def test_keys_can_live_in_the_keychain() -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        keys = EngineKeys(KeychainPlace())
        sealed = Sealer(keys, "journal").seal(b"text")
        assert Sealer(EngineKeys(KeychainPlace()), "journal").open(sealed) == b"text"
    finally:
        keyring.set_keyring(before)


def test_a_requester_checks_whose_key_it_is(tmp_path: Path) -> None:
    owner, keys = Keypair(), EngineKeys(FilePlace(tmp_path))
    sign = lambda message: bytes(owner.sign_message(message))  # noqa: E731
    made = sign_identity(keys.public, bytes(owner.pubkey()), DEVICE, sign)
    told = Identity.from_json(json.loads(json.dumps(made.json())))
    assert told == made and told.check(bytes(owner.pubkey()), DEVICE) == keys.public
    assert made.message[0] == 0xFF  # no version of a transaction begins so


def test_a_statement_that_does_not_hold_is_refused() -> None:
    owner, thief = Keypair(), Keypair()
    key, wallet = bytes(Keypair().pubkey()), bytes(owner.pubkey())
    made = sign_identity(key, wallet, DEVICE, lambda text: bytes(owner.sign_message(text)), days=2, now=1_000)
    assert made.check(wallet, DEVICE, now=1_000) == key
    wrong = {
        "another owner": lambda: made.check(bytes(thief.pubkey()), DEVICE, now=1_000),
        "another owner or device": lambda: made.check(wallet, bytes(32), now=1_000),
        "not valid now": lambda: made.check(wallet, DEVICE, now=1_000 + 2 * DAY),
        "not valid": lambda: made.check(wallet, DEVICE, now=600),
        "not signed": lambda: dataclasses.replace(made, key=bytes(32)).check(wallet, DEVICE, now=1_000),
        "signed by": lambda: dataclasses.replace(made, ends=made.ends + 1).check(wallet, DEVICE, now=1_000),
    }
    for sentence, check in wrong.items():
        with pytest.raises(SealError, match=sentence):
            check()
    with pytest.raises(SealError, match="not signed"):
        sign_identity(key, wallet, DEVICE, lambda text: bytes(thief.sign_message(text)))


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"key": "AA=="}, {"owner": 3}, {"begins": "now"}, {"ends": True}, {"signature": "!"}]
)
def test_what_is_no_identity_is_refused(change: dict[str, object]) -> None:
    owner = Keypair()
    made = sign_identity(bytes(32), bytes(owner.pubkey()), DEVICE, lambda text: bytes(owner.sign_message(text)))
    with pytest.raises(SealError, match="no engine's identity"):
        Identity.from_json({**made.json(), **change})


def test_secrets_that_a_kill_left_half_written_are_removed(tmp_path: Path) -> None:
    left = tmp_path / f".{FILE}.4711.part"
    left.write_text("half a secret")
    EngineKeys(FilePlace(tmp_path))
    assert not left.exists()
