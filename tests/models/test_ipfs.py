"""Files of IPFS from a gateway that may lie: every block is compared with its CID."""

from __future__ import annotations

import base64
import hashlib

import pytest
from mai.engine.models import part as parts
from mai.engine.models.sources import parse_source
from mai.engine.models.store import Store, Wish
from mai.engine.models.unixfs import MAX_BLOCK, Unverifiable, codec, inline, read_block
from mai.errors import MaiError
from models.conftest import gguf
from models.servers import Server

# Blocks and CIDs as kubo makes them, that anybody can look up.
HELLO = ("QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o", b"\x0a\x12\x08\x02\x12\x0chello world\n\x18\x0c")
EMPTY_FOLDER = ("QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn", b"\x0a\x02\x08\x01")
RAW_HELLO = ("bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq", b"hello")
RAW, DAG_PB, DAG_CBOR = 0x55, 0x70, 0x71
LEAF = 100_000


def varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def field(number: int, value: bytes | int) -> bytes:
    """A field of protobuf; written out here, so that the reader is not tested against itself."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def binary_cid(kind: int, block: bytes) -> bytes:
    return bytes([1, kind, 0x12, 32]) + hashlib.sha256(block).digest()


def text_cid(kind: int, block: bytes) -> str:
    return "b" + base64.b32encode(binary_cid(kind, block)).decode().lower().rstrip("=")


class Dag:
    """Blocks by CID, as a gateway has them."""

    def __init__(self) -> None:
        self.blocks: dict[str, bytes] = {}

    def put(self, kind: int, block: bytes) -> tuple[str, bytes]:
        cid = text_cid(kind, block)
        self.blocks[cid] = block
        return cid, binary_cid(kind, block)

    def node(self, children: list[tuple[bytes, str, int]], data: bytes) -> tuple[str, bytes]:
        links = [field(1, cid) + field(2, name.encode()) + field(3, size) for cid, name, size in children]
        return self.put(DAG_PB, b"".join(field(2, link) for link in links) + field(1, data))

    def file(self, content: bytes, width: int = 5) -> tuple[str, bytes]:
        """A balanced tree with raw leaves, as kubo makes it from version 1 on."""
        level = [(self.put(RAW, piece)[1], len(piece)) for piece in pieces(content)]
        while len(level) > 1 or not level:
            groups = [level[at : at + width] for at in range(0, len(level), width)]
            level = [(self.parent(group)[1], sum(size for _, size in group)) for group in groups]
        root = level[0][0]
        return next(cid for cid, block in self.blocks.items() if binary_cid(self.kind(cid), block) == root), root

    def parent(self, group: list[tuple[bytes, int]], sizes: list[int] | None = None) -> tuple[str, bytes]:
        lengths = sizes if sizes is not None else [size for _, size in group]
        data = field(1, 2) + field(3, sum(lengths)) + b"".join(field(4, size) for size in lengths)
        return self.node([(cid, "", size) for cid, size in group], data)

    def folder(self, entries: dict[str, bytes]) -> tuple[str, bytes]:
        return self.node([(cid, name, 1) for name, cid in entries.items()], field(1, 1))

    @staticmethod
    def kind(cid: str) -> int:
        return base64.b32decode(cid[1:].upper() + "=" * (-(len(cid) - 1) % 8))[1]


def pieces(content: bytes) -> list[bytes]:
    return [content[at : at + LEAF] for at in range(0, len(content), LEAF)]


@pytest.fixture
def dag(server: Server) -> Dag:
    dag = Dag()
    server.blocks = dag.blocks
    return dag


def pull(store: Store, cid: str, path: str = "", **wish: object) -> bytes:
    source = parse_source(f"ipfs:{cid}{f'/{path}' if path else ''}")
    store.pull(source, Wish(name="m", kind="gguf", **wish))  # type: ignore[arg-type]
    return store.use("m").read_bytes()


def test_known_blocks_are_read() -> None:
    assert read_block(*HELLO).data == b"hello world\n" and read_block(*RAW_HELLO).data == b"hello"
    assert read_block(*EMPTY_FOLDER).folder and codec(RAW_HELLO[0]) == "raw" and codec(HELLO[0]) == "dag-pb"


@pytest.mark.parametrize("known", [HELLO, EMPTY_FOLDER, RAW_HELLO])
def test_another_block_is_refused(known: tuple[str, bytes]) -> None:
    with pytest.raises(MaiError, match="other bytes"):
        read_block(known[0], known[1] + b"\0")
    with pytest.raises(MaiError, match="larger than"):
        read_block(known[0], bytes(MAX_BLOCK + 1))


def test_a_cid_that_is_its_own_block() -> None:
    cid = "b" + base64.b32encode(bytes([1, RAW, 0, 4]) + b"GGUF").decode().lower().rstrip("=")
    assert inline(cid) == b"GGUF" and inline(RAW_HELLO[0]) is None


@pytest.mark.parametrize("text", ["Qm", "bafy", "zz", "b" * 128, "f0155", "12345678"])
def test_what_is_no_cid_is_refused(text: str) -> None:
    with pytest.raises(MaiError, match="is no CID"):
        codec(text)


def test_a_file_of_many_blocks_comes_out_as_it_was(store: Store, dag: Dag) -> None:
    content = gguf()
    assert pull(store, dag.file(content)[0]) == content
    model = store.find("m")
    assert model.sha256_from == "cid" and model.sha256 == hashlib.sha256(content).hexdigest()


def test_a_file_in_a_folder(store: Store, dag: Dag) -> None:
    content = gguf(250_000)
    inner, _ = dag.folder({"weights": dag.folder({"a b.gguf": dag.file(content)[1]})[1]})
    assert pull(store, inner, "weights/a b.gguf") == content
    with pytest.raises(MaiError, match="there is no 'nothing'"):
        pull(store, inner, "weights/nothing")
    with pytest.raises(MaiError, match="is a folder"):
        pull(store, inner, "weights")


def test_a_gateway_that_changes_one_byte_of_one_block_is_caught(store: Store, server: Server, dag: Dag) -> None:
    cid, _ = dag.file(gguf())
    victim = sorted(server.blocks)[3]
    right = server.blocks[victim]
    server.blocks[victim] = right[:-1] + bytes([right[-1] ^ 1])
    with pytest.raises(MaiError, match="other bytes"):
        pull(store, cid)
    assert store.catalogue.find("m") is None
    server.blocks[victim] = right
    assert pull(store, cid) == gguf()


def test_a_pull_goes_on_after_the_blocks_that_were_checked(
    store: Store, server: Server, dag: Dag, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "CHECKPOINT", 300_000)
    content = gguf()
    cid, _ = dag.file(content)
    lost = text_cid(RAW, pieces(content)[20])
    held = server.blocks.pop(lost)
    with pytest.raises(MaiError, match="has no block"):
        pull(store, cid)
    server.blocks[lost] = held
    before = len(server.asked)
    # What a kill leaves behind the last forced byte is not believed.
    with (store.parts / "m.part").open("ab") as file:
        file.write(b"garbage")
    assert pull(store, cid) == content
    leaves = {text_cid(RAW, piece) for piece in pieces(content)}
    asked = [cid for cid in (one.path.partition("?")[0][6:] for one in server.asked[before:]) if cid in leaves]
    assert len(asked) == len(pieces(content)) - 20


def test_dropped_blocks_are_asked_for_again(store: Store, server: Server, dag: Dag) -> None:
    cid, _ = dag.file(gguf(350_000))
    server.plan = ["drop 10", "status 500", "well", "drop 99"]
    assert pull(store, cid) == gguf(350_000)


def test_a_parent_that_lies_about_its_childs_length_is_caught(store: Store, dag: Dag) -> None:
    leaf = dag.put(RAW, b"GGUF" + bytes(96))[1]
    for sizes in ([50], [1_000_000]):
        with pytest.raises(MaiError, match="not of the length"):
            pull(store, dag.parent([(leaf, 100)], sizes)[0])


def test_a_block_that_contradicts_itself_is_refused(store: Store, dag: Dag) -> None:
    leaf = dag.put(RAW, b"GGUF" + bytes(96))[1]
    more_sizes = dag.node([(leaf, "", 100)], field(1, 2) + field(4, 100) + field(4, 100))[0]
    wrong_sum = dag.node([(leaf, "", 100)], field(1, 2) + field(3, 7) + field(4, 100))[0]
    for cid in (more_sizes, wrong_sum):
        with pytest.raises(MaiError, match="contradicts itself"):
            pull(store, cid)


def test_a_tree_that_is_too_deep_is_refused(store: Store, dag: Dag) -> None:
    child = dag.put(RAW, b"GGUF" + bytes(96))
    for _ in range(14):
        child = dag.parent([(child[1], 100)])
    with pytest.raises(MaiError, match="deeper than"):
        pull(store, child[0])


def test_what_cannot_be_compared_with_its_cid_needs_a_hash(store: Store, server: Server, dag: Dag) -> None:
    cid, _ = dag.put(DAG_CBOR, b"\xa0")
    with pytest.raises(Unverifiable):
        read_block(cid, b"\xa0")
    with pytest.raises(MaiError, match="give --sha256"):
        pull(store, cid)
    assert pull(store, cid, sha256=server.sha256) == server.content
    assert store.find("m").sha256_from == "option"


def test_the_budget_is_looked_at_before_the_leaves_are_fetched(store: Store, server: Server, dag: Dag) -> None:
    cid, _ = dag.file(gguf())
    store.set_budget(1_000_000)
    with pytest.raises(MaiError, match="the budget leaves"):
        pull(store, cid)
    assert len(server.asked) == 1
