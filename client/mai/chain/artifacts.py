"""Where the built programs, their interfaces and their development ids are."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from solders.keypair import Keypair

from mai.chain import layout
from mai.errors import MaiError

if TYPE_CHECKING:
    from mai.chain.program import Program

OUT_VARIABLE = "MAI_PROGRAMS_OUT"
"""Names another folder of built programs, such as a fresh build that differs from the checked-in one."""
_RECORDED = "programs/build/out/"


def programs_folder() -> Path:
    """The checkout's ``programs`` folder, or its copy inside the installed package.

    Raises:
        MaiError: neither is there.
    """
    here = Path(__file__).resolve()
    for folder in (here.parents[3] / "programs", here.parents[1] / "programs"):
        if (folder / "keys").is_dir():
            return folder
    raise MaiError("the programs are missing: reinstall the package, or work in a checkout of the repository")


def out_folder() -> Path:
    """The folder of shared objects and interfaces."""
    chosen = os.environ.get(OUT_VARIABLE)
    return Path(chosen) if chosen else programs_folder() / "build" / "out"


def checked_in() -> bool:
    """Whether the programs in use are the repository's (or the package's) own, not a fresh build elsewhere."""
    return out_folder().resolve() == (programs_folder() / "build" / "out").resolve()


def shared_object(name: str) -> Path:
    """The path of program ``name``'s shared object, checked against the digest that its build recorded.

    Raises:
        MaiError: it is missing, or its bytes are not the recorded ones.
    """
    path = out_folder() / f"{name}.so"
    if not path.is_file():
        raise MaiError(f"the program {path} is missing: run `mai program build`")
    record = out_folder() / "toolchain.json"
    try:
        digest = json.loads(record.read_text())["sha256"][_RECORDED + path.name]
    except (OSError, ValueError, KeyError, TypeError):
        raise MaiError(f"the build record {record} is missing or unreadable: run `mai program build`") from None
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise MaiError(f"{path} is not what the build recorded: run `mai program build`")
    return path


def program_keypair(name: str) -> Keypair:
    """The development keypair whose public key is program ``name``'s id on local clusters."""
    path = programs_folder() / "keys" / f"{name}-dev.json"
    try:
        return Keypair.from_bytes(bytes(json.loads(path.read_text())))
    except (OSError, ValueError) as error:
        raise MaiError(f"the program keypair {path} is missing or corrupt") from error


def program(name: str) -> Program:
    """Program ``name`` at its development id."""
    from mai.chain.program import Program  # anchorpy takes half a second to import; a localnet does without

    return Program(program_keypair(name).pubkey(), out_folder() / f"{name}.json")


def interface(name: str) -> layout.Interface:
    """Program ``name``'s IDL as codecs, read once."""
    return layout.interface(out_folder() / f"{name}.json")
