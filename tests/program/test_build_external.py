"""Python programs outside programs/: which files can be one, and how they join the workspace. Nothing is compiled."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from mai_build import external, pipeline, stage
from mai_build.errors import BuildError
from mai_build.layout import EXAMPLES, Layout
from solders.keypair import Keypair

EXAMPLE = EXAMPLES[0]
CARGO = Layout.here().root / "Cargo.toml"


def test_the_example_is_found_with_its_outputs_beside_it() -> None:
    layout = Layout.here()
    found = external.find(layout, layout.root / EXAMPLE)
    assert (found.name, found.shown) == ("escrow", EXAMPLE)
    assert found.output(".so") == EXAMPLE.replace(".py", ".so")


def test_a_program_outside_the_checkout_is_named_by_its_whole_path(tmp_path: Path) -> None:
    path = tmp_path / "vault.py"
    path.touch()
    found = external.find(Layout.here(), path)
    assert (found.name, found.shown, found.output(".json")) == ("vault", str(path), str(tmp_path / "vault.json"))


@pytest.mark.parametrize("name", ["Vault.py", "my-vault.py", "program.py", "mai.py", "serde.py", "anchor_lang.py"])
def test_a_name_that_is_no_programs_or_is_taken_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    with pytest.raises(BuildError, match="cannot be a program's name: rename"):
        external.find(Layout.here(), path)


def test_what_is_no_python_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="there is no file"):
        external.find(Layout.here(), tmp_path / "vault.py")
    (tmp_path / "vault.rs").touch()
    for path in (tmp_path / "vault.rs", Layout.here().programs / "mai" / "tasks.py"):
        with pytest.raises(BuildError, match="is not a Python program outside programs/"):
            external.find(Layout.here(), path)


@pytest.mark.parametrize("name", ["aaa", "escrow", "zzz"])
def test_the_lock_has_one_more_package_in_cargos_own_order(name: str) -> None:
    text = (CARGO.parent / "Cargo.lock").read_text()
    before, after = tomllib.loads(text)["package"], tomllib.loads(external.lock(text, name))["package"]
    (entry,) = [package for package in after if package not in before]
    (host,) = [package for package in before if package["name"] == external.HOST]
    assert entry == {**host, "name": name}
    names = [package["name"] for package in after]
    assert names == sorted(names)
    assert len(after) == len(before) + 1


def test_manifests_are_those_of_the_other_seahorse_program() -> None:
    layout = Layout.here()
    text = (layout.programs / external.HOST / "Cargo.toml").read_text()
    host, made = tomllib.loads(text), tomllib.loads(external.manifest(text, "vault"))
    assert made["package"].pop("name") == "vault"
    assert host["package"].pop("name") == external.HOST
    assert made == host
    members = tomllib.loads(external.workspace(CARGO.read_text(), "vault"))["workspace"]["members"]
    assert sorted(members) == ["programs/mai", "programs/traces", "programs/vault", "programs/verifier"]
    with pytest.raises(BuildError, match=r"restore Cargo\.toml"):
        external.workspace("[workspace]\n", "vault")


def test_a_program_is_staged_and_leaves_with_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Layout, "cache", tmp_path)
    layout = Layout.here()
    folder = stage.stage_workspace(layout, "vault", {"lib.rs": b"// vault"})
    assert (folder / "programs" / "vault" / "src" / "lib.rs").read_bytes() == b"// vault"
    assert "programs/vault" in (folder / "Cargo.toml").read_text()
    stage.stage_workspace(layout, "verifier")
    for name in ("Cargo.toml", "Cargo.lock"):
        assert (folder / name).read_bytes() == (layout.root / name).read_bytes()


# What a build of one does; the compilers are left out


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A program file whose build makes the same two files again."""
    monkeypatch.setattr(Layout, "cache", tmp_path / "cache")
    path = tmp_path / "vault.py"
    path.touch()

    def make(layout: Layout, found: external.External, *_: object) -> pipeline.Files:
        return {found.output(".so"): b"\x7fELF", found.output(".json"): b"{}"}

    monkeypatch.setattr(pipeline, "_external_files", make)
    return path


def test_an_external_program_is_built_beside_its_source_and_checked(program: Path) -> None:
    with pytest.raises(BuildError, match=r"vault\.json\n.*vault\.so"):
        pipeline.build_external(program, check=True)
    assert not program.with_suffix(".so").exists()
    outcome = pipeline.build_external(program)
    assert outcome.out == program.parent
    assert sorted(outcome.changed) == [str(program.with_suffix(suffix)) for suffix in (".json", ".so")]
    assert program.with_suffix(".so").read_bytes() == b"\x7fELF"
    assert pipeline.build_external(program, check=True).changed == ()
    program.with_suffix(".so").write_bytes(b"edited")
    with pytest.raises(BuildError, match=r"vault\.so$"):
        pipeline.build_external(program, check=True)


# What is checked in


@pytest.mark.parametrize("example", EXAMPLES)
def test_one_address_in_source_idl_and_keypair(example: str) -> None:
    source = Layout.here().root / example
    secret = json.loads(source.with_name(f"{source.stem}-keypair.json").read_text())
    address = str(Keypair.from_bytes(bytes(secret)).pubkey())
    assert f"declare_id('{address}')" in source.read_text()
    assert json.loads(source.with_suffix(".json").read_text())["metadata"]["address"] == address


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_record_and_the_check_cover_the_example(example: str) -> None:
    layout = Layout.here()
    made = {example.replace(".py", ".so"), example.replace(".py", ".json")}
    assert made <= pipeline.checked_in(layout).keys()
    assert made <= json.loads((layout.root / pipeline.RECORD).read_text())["sha256"].keys()
