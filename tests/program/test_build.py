"""How programs are built: missing tools, --check, reproducible bytes. About 2 s; nothing is compiled."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

import pytest
from mai_build import cache, idl, link, pipeline, platform_tools, sbf, seahorse, stage, std_patch, tools
from mai_build.errors import BuildError
from mai_build.layout import EXAMPLES, PROGRAMS, Layout
from mai_build.process import clean_environment, run
from solders.keypair import Keypair

OUT = Layout.here().out
MACHINE_PATH = re.compile(rb"/(root|home|tmp|work|usr|var|opt|Users)/")


def command(folder: Path, name: str, script: str) -> Path:
    """An executable shell script, for a tool that is not the real one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


# Missing tools


def test_missing_seahorse_names_the_install_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CARGO_HOME", str(tmp_path))
    with pytest.raises(BuildError, match=r"cargo install seahorse-lang --version 0\.2\.7 --locked"):
        seahorse.seahorse_command()


def test_another_seahorse_is_refused_and_the_right_one_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CARGO_HOME", str(tmp_path))
    command(tmp_path / "bin", "seahorse", "echo Seahorse 0.2.6")
    with pytest.raises(BuildError, match=r"seahorse 0\.2\.6 is installed, 0\.2\.7 is needed"):
        seahorse.seahorse_command()
    right = command(tmp_path / "bin", "seahorse", "echo Seahorse 0.2.7")
    assert seahorse.seahorse_command() == right


def test_missing_rustfmt_names_the_install_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CARGO_HOME", str(tmp_path))
    command(tmp_path / "bin", "seahorse", "echo Seahorse 0.2.7")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools, "DEBIAN_RUSTFMT", tmp_path / "none")
    with pytest.raises(BuildError, match="apt-get install rustfmt-web"):
        seahorse.compile_program(Layout.here().programs / "mai" / "mai.py", "programs/mai/mai.py")


def debian_tree(root: Path) -> Path:
    """A folder with every file that the Debian route looks for."""
    llvm = [
        f"lib/llvm-22/bin/{name}" for name in ("opt", "llc", "llvm-link", "llvm-ar", "llvm-nm", "clang", "llvm-config")
    ]
    for name in ("bin/rustc", "bin/cargo", "lib/rustlib/src/rust/library/std/Cargo.toml", *llvm):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.mark.parametrize(
    ("file", "package"),
    [
        ("bin/rustc", "rustc-web"),
        ("bin/cargo", "cargo-web"),
        ("lib/rustlib/src/rust/library/std/Cargo.toml", "rust-web-src"),
        ("lib/llvm-22/bin/llc", "llvm-22"),
        ("lib/llvm-22/bin/llvm-config", "llvm-22-dev"),
        ("lib/llvm-22/bin/clang", "clang-22"),
    ],
)
def test_missing_package_names_the_install_command(tmp_path: Path, file: str, package: str) -> None:
    debian = tools.DebianTools(debian_tree(tmp_path))
    command(tmp_path / "bin", "g++", "true")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(tmp_path / "bin"))
        debian.require()  # the control: complete
        (tmp_path / file).unlink()
        with pytest.raises(
            BuildError, match=rf"\(package {package}\): run `apt-get install rustc-web .*clang-22 g\+\+`"
        ):
            debian.require()


def test_missing_cxx_names_the_install_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=r"`g\+\+` is not on PATH: run `apt-get install"):
        tools.DebianTools(debian_tree(tmp_path)).require()


def test_a_command_that_cannot_start_or_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="compiling x: cannot start"):
        run([tmp_path / "nothing"], "compiling x")
    failing = command(tmp_path, "failing", "echo out of cheese >&2; exit 3")
    with pytest.raises(BuildError, match=r"compiling x failed \(failing ended with 3\):\nout of cheese"):
        run([failing], "compiling x")
    failing = command(tmp_path, "failing", "echo no such attribute; exit 1")
    with pytest.raises(BuildError, match=r"compiling x failed \(failing ended with 1\):\nno such attribute$"):
        run([failing], "compiling x")


# The standard library's edits


def library_with(root: Path, edits: tuple[std_patch.Edit, ...]) -> Path:
    """A stand-in for Rust's library that holds just the anchors."""
    texts: dict[str, str] = {}
    for edit in edits:
        texts[edit.file] = texts.get(edit.file, "") + edit.anchor + "\n// next\n"
    for file, text in texts.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)
    return root


@pytest.mark.parametrize("edit", std_patch.EDITS, ids=lambda edit: edit.why)
def test_a_changed_std_is_refused_by_the_edit_that_no_longer_fits(tmp_path: Path, edit: std_patch.Edit) -> None:
    (tmp_path / "std" / "src" / "sys" / "alloc").mkdir(parents=True)
    std_patch.apply(library_with(tmp_path, (edit,)), (edit,))  # the control
    assert edit.text in (tmp_path / edit.file).read_text()
    (tmp_path / edit.file).write_text("// rewritten\n")
    with pytest.raises(BuildError, match=r"has 0 places like .* Run `apt-get install 'rustc-web=1\.96\.\*'"):
        std_patch.apply(tmp_path, (edit,))


# cargo-build-sbf


def test_cargo_build_sbf_command_and_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    workspace, log = tmp_path / "ws", tmp_path / "log"
    (workspace / "programs" / "verifier").mkdir(parents=True)
    script = f'echo "$@" > {log}; echo "$CARGO_TARGET_DIR $RUSTFLAGS" >> {log}; printf ELF > "$4/verifier.so"'
    tool = command(tmp_path / "bin", "cargo-build-sbf", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("RUSTFLAGS", "--cfg stray")
    assert platform_tools.installed() == tool
    assert pipeline.choose_route() == "cargo-build-sbf"
    assert platform_tools.build(workspace, tmp_path / "target", "verifier") == b"ELF"
    arguments, environment = log.read_text().splitlines()
    manifest = workspace / "programs" / "verifier" / "Cargo.toml"
    assert re.fullmatch(rf"--manifest-path {manifest} --sbf-out-dir \S+ -- --locked", arguments)
    assert environment.startswith(f"{tmp_path / 'target'} --remap-path-prefix=")
    assert "stray" not in environment


def test_without_cargo_build_sbf_the_debian_route_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pipeline.choose_route() == "debian"
    with pytest.raises(BuildError, match="`cargo-build-sbf` is not on PATH"):
        platform_tools.build(tmp_path, tmp_path, "verifier")
    with pytest.raises(BuildError, match="no build route 'other': use debian or cargo-build-sbf"):
        pipeline.choose_route("other")


# The linker


def test_linker_arguments() -> None:
    arguments = [
        "--export-symbols",
        "symbols",
        "a.o",
        "libb.rlib",
        "-L",
        "deps",
        "--cpu",
        "generic",
        "-o",
        "libmai.so",
        "-Os",
    ]
    assert link.parse_arguments(arguments) == ([Path("a.o"), Path("libb.rlib")], Path("libmai.so"))
    with pytest.raises(BuildError, match="rustc named no output file"):
        link.parse_arguments(["a.o"])


@pytest.mark.parametrize("name", ["libspl_token.so", "libspl_token-0a1b.so"])
def test_a_dependency_that_asks_for_a_shared_object_gets_an_empty_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    settings = link.Settings("", "", "", "", program="mai", level="Os")
    monkeypatch.setenv(link.SETTINGS_VARIABLE, settings.to_environment())
    assert link.main(["a.o", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_bytes() == b""


def test_the_linker_explains_itself_when_run_by_hand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(link.SETTINGS_VARIABLE, raising=False)
    assert link.main(["-o", "x"]) == 1
    assert "run by `mai program build`" in capsys.readouterr().err


# Environment, remaps, cache


def test_the_users_compiler_settings_do_not_reach_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    steering = ("RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_PROFILE_RELEASE_LTO", "CPATH")
    for name in steering:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("CARGO_NET_OFFLINE", "true")
    kept = clean_environment({"RUSTC": "/rustc"})
    assert not kept.keys() & set(steering)
    assert kept["CARGO_NET_OFFLINE"] == "true" and kept["RUSTC"] == "/rustc"


def test_every_folder_of_the_machine_is_remapped(tmp_path: Path) -> None:
    (tmp_path / "cargo" / "registry" / "src" / "some-registry-1").mkdir(parents=True)
    flags = sbf.remaps(tmp_path / "ws", tmp_path / "ws" / "library", tmp_path / "cargo")
    assert flags == [
        f"--remap-path-prefix={tmp_path}/cargo=cargo",
        f"--remap-path-prefix={tmp_path}/cargo/registry/src/some-registry-1=registry",
        f"--remap-path-prefix={tmp_path}/ws=.",
        f"--remap-path-prefix={tmp_path}/ws/library=rust",
        "--remap-path-prefix=/proc/self/cwd/library=library",
    ]


def test_cache_keeps_by_key_and_survives_an_interrupt(tmp_path: Path) -> None:
    def make(text: str) -> Path:
        return cache.kept(tmp_path / "part", cache.digest(text), lambda folder: void((folder / "x").write_text(text)))

    def interrupted(folder: Path) -> None:
        (folder / "x").write_text("half")
        raise KeyboardInterrupt

    assert (make("one") / "x").read_text() == "one"
    with pytest.raises(KeyboardInterrupt):
        cache.kept(tmp_path / "part", cache.digest("two"), interrupted)
    assert [path.name for path in tmp_path.iterdir()] == ["part"]
    assert (make("one") / "x").read_text() == "one"
    assert (make("two") / "x").read_text() == "two"


def void(_: object) -> None:
    """A statement as an expression."""


def test_digest_sees_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    first = cache.digest(tmp_path)
    (tmp_path / "a").write_text("2")
    second = cache.digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, cache.digest(tmp_path)}) == 3


def test_sync_touches_only_changes(tmp_path: Path) -> None:
    stage.sync(tmp_path, {"src/a.rs": b"a", "src/b.rs": b"b"})
    before = (tmp_path / "src" / "a.rs").stat().st_mtime_ns
    stage.sync(tmp_path, {"src/a.rs": b"a", "src/c.rs": b"c"})
    assert stage.read_tree(tmp_path) == {"src/a.rs": b"a", "src/c.rs": b"c"}
    assert (tmp_path / "src" / "a.rs").stat().st_mtime_ns == before


# Interface descriptions


def test_rust_errors_are_read_in_order() -> None:
    text = (
        "errors! {\n    // Group.\n    /// First thing.\n    One = 6000,\n    /// Second thing.\n    Two = 6001,\n}\n"
    )
    assert idl.rust_errors(text) == [
        {"code": 6000, "name": "One", "msg": "First thing."},
        {"code": 6001, "name": "Two", "msg": "Second thing."},
    ]
    assert [error["code"] for error in idl.rust_errors(text.replace("6001", "6005"))] == [6000, 6005]  # retired codes
    for wrong in (text.replace("6000", "6002"), text.replace("6001", "6000"), text.replace("6000", "6001"), ""):
        with pytest.raises(BuildError, match="must list its errors in order from 6000"):
            idl.rust_errors(wrong)


def test_the_verifiers_idl_must_agree_with_its_source(tmp_path: Path) -> None:
    folder = tmp_path / "programs" / "verifier"
    (folder / "src").mkdir(parents=True)
    (tmp_path / "Anchor.toml").write_text('[programs.localnet]\nverifier = "Verifier111"\n')
    (folder / "src" / "error.rs").write_text("/// First thing.\nOne = 6000,\n")
    (folder / "verifier.json").write_text('{"name": "verifier"}')
    described = json.loads(idl.of_verifier(Layout(tmp_path)))
    assert described["errors"][0]["name"] == "One" and described["metadata"] == {"address": "Verifier111"}
    (folder / "verifier.json").write_text('{"errors": [{"code": 6000, "name": "Uno", "msg": "First thing."}]}')
    with pytest.raises(BuildError, match="disagree about One, Uno"):
        idl.of_verifier(Layout(tmp_path))


# --check


FRESH = {"programs/mai/src/lib.rs": b"new", "programs/build/out/mai.so": b"\x7fELF"}
TOOLS = {"rustc": "1.96.0", "seahorse": "0.2.7"}


@pytest.fixture
def checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Layout:
    """A checkout with a build in it, where building again makes the same files by the same tools."""
    fresh = {**FRESH, pipeline.RECORD: pipeline.record(TOOLS, FRESH)}
    monkeypatch.setattr(pipeline, "make", lambda *_: fresh)
    layout = Layout(tmp_path)
    pipeline.publish(layout, fresh, {})
    return layout


def test_check_accepts_the_same_build(checkout: Layout) -> None:
    assert pipeline.build(checkout, check=True).changed == ()


@pytest.mark.parametrize("path", sorted(FRESH))
def test_check_names_a_changed_file(checkout: Layout, path: str) -> None:
    (checkout.root / path).write_bytes(b"edited")
    with pytest.raises(BuildError, match=rf"run `mai program build` and commit:\n  {re.escape(path)}$"):
        pipeline.build(checkout, check=True)
    assert (checkout.root / path).read_bytes() == b"edited"


def test_check_names_missing_and_surplus_files(checkout: Layout) -> None:
    (checkout.out / "mai.so").unlink()
    (checkout.root / "programs/mai/src/old.rs").write_text("old")
    with pytest.raises(BuildError, match=r"programs/build/out/mai\.so\n  programs/mai/src/old\.rs"):
        pipeline.build(checkout, check=True)


def test_check_with_other_tools_keeps_the_fresh_build(checkout: Layout) -> None:
    old = {**FRESH, "programs/build/out/mai.so": b"\x7fELF older"}
    for path, content in {**old, pipeline.RECORD: pipeline.record({**TOOLS, "rustc": "1.95.0"}, old)}.items():
        (checkout.root / path).write_bytes(content)
    outcome = pipeline.build(checkout, check=True)
    assert (outcome.out / "mai.so").read_bytes() == b"\x7fELF"
    assert outcome.out != checkout.out
    assert "rustc: 1.95.0 recorded, 1.96.0 installed" in outcome.notes[0]
    assert "programs/build/out/mai.so" in outcome.changed


def test_a_damaged_record_is_named(checkout: Layout) -> None:
    (checkout.root / pipeline.RECORD).write_text("{")
    with pytest.raises(BuildError, match=r"toolchain\.json is damaged"):
        pipeline.build(checkout, check=True)


def test_build_writes_changes_and_deletes_what_is_no_longer_generated(checkout: Layout) -> None:
    (checkout.root / "programs/mai/src/lib.rs").write_text("edited")
    (checkout.root / "programs/mai/src/old.rs").write_text("old")
    assert pipeline.build(checkout).changed == ("programs/mai/src/lib.rs", "programs/mai/src/old.rs")
    assert pipeline.checked_in(checkout) == {**FRESH, pipeline.RECORD: pipeline.record(TOOLS, FRESH)}


# What is checked in


SHARED_OBJECTS = [
    *(OUT / f"{program}.so" for program in PROGRAMS),
    *((Layout.here().root / example).with_suffix(".so") for example in EXAMPLES),
]


@pytest.mark.parametrize("path", SHARED_OBJECTS, ids=lambda path: path.stem)
def test_no_machine_path_in_the_shared_object(path: Path) -> None:
    content = path.read_bytes()
    assert content.startswith(b"\x7fELF")
    assert MACHINE_PATH.search(content) is None
    # The control: text is found; panic locations where there are any.
    assert (b"VerifierError: HintWrong" if path.stem in ("verifier", "traces") else b".rs") in content


def test_the_record_fits_the_checked_in_files() -> None:
    layout = Layout.here()
    files = pipeline.checked_in(layout)
    record = json.loads(files.pop(pipeline.RECORD))
    assert json.loads(pipeline.record(record["tools"], files)) == record
    assert {"route", "rustc", "llvm", "seahorse", "anchor-syn", "sbpf-linker"} <= record["tools"].keys()


@pytest.mark.parametrize("program", ["mai", "verifier"])  # traces.so is deployed in the verifier's place
def test_one_address_in_idl_anchor_toml_and_keypair(program: str) -> None:
    layout = Layout.here()
    anchor = (layout.root / "Anchor.toml").read_text()
    secret = json.loads((layout.programs / "keys" / f"{program}-dev.json").read_text())
    address = str(Keypair.from_bytes(bytes(secret)).pubkey())
    assert f'{program} = "{address}"' in anchor
    assert json.loads((OUT / f"{program}.json").read_text())["metadata"]["address"] == address
