"""Downloads from a server that drops, lies, changes its mind and ignores what it is asked."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mai.engine.models.catalogue import GOOD
from mai.engine.models.sources import parse_source
from mai.engine.models.store import Store, Wish
from mai.errors import MaiError
from models.conftest import SIZE, gguf
from models.servers import COMMIT, Server
from patience import WAIT_SECONDS

HUB = parse_source("hf:someone/something/model.gguf")
NAME = "model"


def content_of(store: Store, name: str = NAME) -> bytes:
    return store.use(name).read_bytes()


def leftovers(store: Store) -> list[str]:
    return sorted(path.name for path in store.parts.iterdir())


def test_a_file_of_the_hub_is_pulled_at_the_commit_and_hash_that_the_hub_states(store: Store, server: Server) -> None:
    model, removed = store.pull(HUB)
    assert (model.name, model.kind, model.size, model.sha256) == (NAME, "gguf", SIZE, server.sha256)
    assert (model.sha256_from, model.revision, model.state, removed) == ("hub", COMMIT, GOOD, [])
    assert content_of(store) == server.content and leftovers(store) == []
    assert server.gets[0].path == f"/someone/something/resolve/{COMMIT}/model.gguf"


def test_dropped_connections_go_on_where_they_ended(store: Store, server: Server) -> None:
    server.plan = ["drop 1000000", "drop 700000", "status 503", "drop 1"]
    store.pull(HUB)
    assert content_of(store) == server.content
    ranges = [asked.range for asked in server.gets]
    assert ranges == [None, "bytes=1000000-", "bytes=1700000-", "bytes=1700000-", "bytes=1700001-"]
    assert {asked.if_range for asked in server.gets[1:]} == {'"first"'}


def test_a_server_that_never_gets_further_is_given_up_and_nothing_is_lost(store: Store, server: Server) -> None:
    server.plan = ["drop 500000", *["drop 0"] * 50]
    with pytest.raises(MaiError, match="without anything new"):
        store.pull(HUB)
    assert len(server.gets) < 10 and leftovers(store) == ["model.json", "model.part"]
    server.plan = []
    store.pull(HUB)
    assert server.gets[-1].range == "bytes=500000-" and content_of(store) == server.content


def test_kill_9_amid_a_download(store: Store, server: Server, tmp_path: Path) -> None:
    server.plan = ["stall 2000000"]
    code = f"from mai.engine.models import sources, store; store.Store().pull(sources.parse_source({str(HUB)!r}))"
    pulling = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    part, ends = store.parts / "model.part", time.monotonic() + WAIT_SECONDS
    while not part.exists() or part.stat().st_size < 1_000_000:
        assert pulling.poll() is None and time.monotonic() < ends
        time.sleep(0.02)
    pulling.send_signal(signal.SIGKILL)
    pulling.wait(WAIT_SECONDS)
    assert [model.name for model in store.models() if model.owned] == [] and list(store.files.iterdir()) == []
    kept = part.stat().st_size
    store.pull(HUB)
    assert server.gets[-1].range == f"bytes={kept}-" and kept > 0
    assert content_of(store) == server.content and leftovers(store) == []


def test_an_etag_that_changes_midway_begins_anew(store: Store, server: Server) -> None:
    other = gguf(seed=2)
    server.plan, server.linked = ["drop 1000000"], hashlib.sha256(other).hexdigest()
    server.on_get = lambda told: told.change(other) if len(told.gets) == 2 else None
    store.pull(HUB)
    assert content_of(store) == other and server.gets[1].if_range == '"first"'


def test_a_server_that_ignores_ranges_serves_from_the_beginning(store: Store, server: Server) -> None:
    server.plan = ["drop 1000000", "ignore"]
    store.pull(HUB)
    assert content_of(store) == server.content and len(server.gets) == 2


def test_another_range_than_was_asked_for_is_not_taken(store: Store, server: Server) -> None:
    server.plan = ["drop 1000000", "shifted"]
    store.pull(HUB)
    assert content_of(store) == server.content
    assert [asked.range for asked in server.gets] == [None, "bytes=1000000-", None]


def test_more_than_was_announced_is_refused(store: Store, server: Server) -> None:
    server.plan = ["longer 10"]
    with pytest.raises(MaiError, match=r"announces 3,158,083 bytes, not the 3,158,073"):
        store.pull(HUB)
    server.linked, server.plan = None, ["drop 1000000", "overlong 500"]
    # The second answer claims a smaller whole than the first: the part is not mixed with it.
    model, _ = store.pull(HUB, Wish(sha256=server.sha256))
    assert content_of(store) == server.content and model.sha256_from == "option"


def test_what_was_not_asked_for_compressed_is_refused(store: Store, server: Server) -> None:
    server.plan = ["gzip"]
    with pytest.raises(MaiError, match="compressed"):
        store.pull(HUB)


@pytest.mark.parametrize(("status", "sentence"), [(403, "HF_TOKEN"), (404, "no such file"), (418, "answered 418")])
def test_a_refusal_is_one_sentence(store: Store, server: Server, status: int, sentence: str) -> None:
    server.plan = [f"status {status}"]
    with pytest.raises(MaiError, match=sentence):
        store.pull(HUB)


def test_nobody_is_followed_to_an_unencrypted_place(store: Store, server: Server) -> None:
    server.plan = ["elsewhere"]
    with pytest.raises(MaiError, match=r"example\.com unencrypted"):
        store.pull(HUB)


def test_the_token_goes_to_the_hub(store: Store, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    store.pull(HUB)
    assert {asked.authorization for asked in server.asked} == {"Bearer hf_secret"}
    monkeypatch.setenv("HF_TOKEN", "two\nlines")
    with pytest.raises(MaiError, match="no token"):
        store.pull(HUB, Wish(name="other"))


def test_other_bytes_than_stated_are_thrown_away_and_the_old_model_stays(store: Store, server: Server) -> None:
    store.pull(HUB)
    before = server.content
    server.change(gguf(seed=3))
    server.linked = "0" * 64
    with pytest.raises(MaiError, match="thrown away"):
        store.pull(HUB)
    assert content_of(store) == before and leftovers(store) == []


def test_a_hash_of_ones_own_beats_the_hubs(store: Store, server: Server) -> None:
    with pytest.raises(MaiError, match="another hash than yours"):
        store.pull(HUB, Wish(sha256="0" * 64))
    assert server.gets == []
    with pytest.raises(MaiError, match="64 hexadecimal digits"):
        store.pull(HUB, Wish(sha256="abc"))


def test_a_part_that_a_power_cut_tore_is_fetched_again(store: Store, server: Server) -> None:
    server.plan = ["drop 1000000", *["drop 0"] * 9]
    with pytest.raises(MaiError):
        store.pull(HUB)
    part = store.parts / "model.part"
    part.write_bytes(bytes(part.stat().st_size))
    server.plan = []
    store.pull(HUB)
    assert content_of(store) == server.content
    assert [asked.range for asked in server.gets[-2:]] == ["bytes=1000000-", None]


def test_a_part_of_something_else_is_not_used(store: Store, server: Server) -> None:
    server.plan = ["drop 1000000", *["drop 0"] * 9]
    with pytest.raises(MaiError):
        store.pull(HUB)
    server.plan = []
    store.pull(parse_source("hf:someone/other/model.gguf"))
    assert server.gets[-1].range is None and content_of(store) == server.content


def test_without_a_hash_nothing_is_taken_but_on_trust(store: Store, server: Server) -> None:
    server.linked = None
    with pytest.raises(MaiError, match="--trust-first-use"):
        store.pull(HUB)
    assert server.gets == []
    model, _ = store.pull(HUB, Wish(trust_first_use=True))
    assert (model.sha256, model.sha256_from) == (server.sha256, "first use")
    Path(model.path).unlink()
    server.change(gguf(seed=4))
    with pytest.raises(MaiError, match="thrown away"):
        store.pull(HUB, Wish(trust_first_use=True))
    store.remove(NAME)
    assert store.pull(HUB, Wish(trust_first_use=True))[0].sha256 == server.sha256


def test_on_trust_a_file_without_a_length_is_not_taken(store: Store, server: Server) -> None:
    server.linked, server.plan = None, ["chunked"]
    with pytest.raises(MaiError, match="does not say how long"):
        store.pull(HUB, Wish(trust_first_use=True))
    server.plan = ["chunked"]
    store.pull(HUB, Wish(sha256=server.sha256))
    assert content_of(store) == server.content


def test_what_is_here_already_is_not_downloaded_again(store: Store, server: Server) -> None:
    first, _ = store.pull(HUB)
    again, _ = store.pull(HUB)
    assert again == first and len(server.gets) == 1


def test_a_new_version_takes_the_place_of_the_old_one(store: Store, server: Server) -> None:
    old, _ = store.pull(HUB)
    server.change(gguf(seed=5))
    new, _ = store.pull(HUB)
    assert content_of(store) == server.content and old.path != new.path and not Path(old.path).exists()


def test_a_kill_between_the_last_rename_and_the_listing(
    store: Store, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(store.catalogue, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            store.pull(HUB)
    model, _ = store.pull(HUB)
    assert content_of(store) == server.content and leftovers(store) == []
    assert server.gets[-1].range == f"bytes={SIZE}-" and model.state == GOOD  # nothing was fetched twice


def test_a_file_that_is_no_gguf_is_not_taken(store: Store, server: Server) -> None:
    server.change(b"<html>not found</html>" * 100)
    with pytest.raises(MaiError, match="no GGUF file"):
        store.pull(HUB)
    assert store.catalogue.find(NAME) is None
