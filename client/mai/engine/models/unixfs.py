"""Blocks of IPFS: checked against their CID, and read as UnixFS (dag-pb), https://specs.ipfs.tech/unixfs/."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cid
import multihash
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from mai.errors import MaiError

MAX_BLOCK = 4 * 1024 * 1024
"""Twice the 2 MiB that gateways carry."""
IDENTITY = 0
RAW, DAG_PB = "raw", "dag-pb"
_TYPE_RAW, _TYPE_DIRECTORY, _TYPE_FILE = 0, 1, 2
_HASHES: dict[str, Callable[[bytes], bytes]] = {
    "sha2-256": lambda data: hashlib.sha256(data).digest(),
    "sha2-512": lambda data: hashlib.sha512(data).digest(),
    "blake2b-256": lambda data: hashlib.blake2b(data, digest_size=32).digest(),
}


class Unverifiable(MaiError):
    """What lies behind a CID cannot be compared with it here."""


@dataclass(frozen=True)
class Link:
    """A child of a node.

    Attributes:
        cid: of the child's block.
        name: in a folder.
        size: bytes of the file under it; -1 in a folder, where nobody says.
    """

    cid: str
    name: str
    size: int


@dataclass(frozen=True)
class Node:
    """A block that was checked: a file's bytes, a file's parts, or a folder.

    Attributes:
        data: bytes that stand before those of the children.
        folder: whether it is one.
        size: of the file under it in bytes.
    """

    data: bytes
    links: tuple[Link, ...]
    folder: bool
    size: int


def codec(text: str) -> str:
    """How a CID's block is to be read.

    Raises:
        MaiError: it is no CID.
    """
    return str(_parse(text).codec)


def read_block(text: str, block: bytes) -> Node:
    """The block of a CID, checked and read.

    Raises:
        MaiError: it is another block, or contradicts itself.
        Unverifiable: its hash or its form is unknown here.
    """
    found = _parse(text)
    _check(found, text, block)
    if found.codec == RAW:
        return Node(block, (), False, len(block))
    if found.codec != DAG_PB:
        raise Unverifiable(f"the CID {text} is of {found.codec}, not of a file")
    return _unixfs(text, block)


def inline(text: str) -> bytes | None:
    """The bytes of a CID that is its own block; None of any other."""
    digest = _digest(_parse(text), text)
    return bytes(digest.digest) if digest.code == IDENTITY else None


def _parse(text: str) -> Any:
    try:
        return cid.make_cid(text)
    except (ValueError, TypeError, KeyError) as error:
        raise MaiError(f"{text} is no CID") from error


def _digest(found: Any, text: str) -> Any:
    try:
        return multihash.decode(found.multihash)
    except (ValueError, TypeError, KeyError) as error:
        raise MaiError(f"{text} is no CID") from error


def _check(found: Any, text: str, block: bytes) -> None:
    if len(block) > MAX_BLOCK:
        raise MaiError(f"a block of IPFS is larger than {MAX_BLOCK:,} bytes: refused")
    digest = _digest(found, text)
    if digest.code == IDENTITY:
        right = bytes(digest.digest) == block
    elif digest.name in _HASHES:
        right = _HASHES[digest.name](block) == bytes(digest.digest)
    else:
        raise Unverifiable(f"the CID {text} has a hash of a kind that is not checked here: {digest.name}")
    if not right:
        raise MaiError(f"the gateway gave other bytes than those of the CID {text}: refused")


def _unixfs(text: str, block: bytes) -> Node:
    node, data = _NODE(), _DATA()
    try:
        node.ParseFromString(block)
        data.ParseFromString(node.Data)
        links = [(_cid_text(link.Hash), str(link.Name)) for link in node.Links]
    except (DecodeError, ValueError, TypeError, KeyError) as error:
        raise Unverifiable(f"the block of {text} is no UnixFS file or folder") from error
    if data.Type == _TYPE_DIRECTORY:
        return Node(b"", tuple(Link(child, name, -1) for child, name in links), True, 0)
    if data.Type not in (_TYPE_RAW, _TYPE_FILE):
        raise Unverifiable(f"the block of {text} is a link or a folder in many pieces, which is not read here")
    sizes = list(data.blocksizes)
    size = len(data.Data) + sum(sizes)
    if len(sizes) != len(links) or (data.HasField("filesize") and data.filesize != size):
        raise MaiError(f"the block of {text} contradicts itself: refused")
    children = tuple(Link(child, "", length) for (child, _), length in zip(links, sizes, strict=True))
    return Node(bytes(data.Data), children, False, size)


def _cid_text(raw: bytes) -> str:
    found = cid.from_bytes(raw)
    encoded: bytes = found.encode() if found.version == 0 else found.encode("base32")
    return encoded.decode()


def _message(name: str, *fields: tuple[str, int, int, bool]) -> Any:
    """A message of protobuf (proto2) by its fields: name, number, type, repeated."""
    file = descriptor_pb2.FileDescriptorProto(name=f"mai/{name}.proto", package="mai.ipfs", syntax="proto2")
    message = file.message_type.add(name=name)
    for field, number, kind, repeated in fields:
        made = message.field.add(name=field, number=number, type=kind, label=3 if repeated else 1)
        if kind == _F.TYPE_MESSAGE:
            made.type_name = ".mai.ipfs.PBLink"
            file.dependency.append("mai/PBLink.proto")
    _POOL.Add(file)
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"mai.ipfs.{name}"))


_F = descriptor_pb2.FieldDescriptorProto
_POOL = descriptor_pool.DescriptorPool()
_LINK = _message(
    "PBLink",
    ("Hash", 1, _F.TYPE_BYTES, False),
    ("Name", 2, _F.TYPE_STRING, False),
    ("Tsize", 3, _F.TYPE_UINT64, False),
)
_NODE = _message("PBNode", ("Data", 1, _F.TYPE_BYTES, False), ("Links", 2, _F.TYPE_MESSAGE, True))
_DATA = _message(
    "Data",
    ("Type", 1, _F.TYPE_UINT32, False),
    ("Data", 2, _F.TYPE_BYTES, False),
    ("filesize", 3, _F.TYPE_UINT64, False),
    ("blocksizes", 4, _F.TYPE_UINT64, True),
)
