"""Which exact tools made the outputs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from mai_build import platform_tools, seahorse
from mai_build.layout import Layout
from mai_build.process import run
from mai_build.tools import DEBIAN_PACKAGES, DebianTools, rustfmt

Versions = dict[str, str]


def locked_version(lock: Path, crate: str) -> str:
    """The version of `crate` that a Cargo.lock names."""
    found = re.search(rf'name = "{re.escape(crate)}"\nversion = "([^"]+)"', lock.read_text())
    return found[1] if found else "?"


def debian_packages() -> Versions:
    """The installed versions of the packages that the Debian route uses; empty where there is no dpkg."""
    command = ["dpkg-query", "--show", "--showformat=${Package} ${Version}\n", *DEBIAN_PACKAGES]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return {}
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


def installed(layout: Layout, route: str) -> Versions:
    """The tools that a build by `route` uses now. Raises BuildError when one is missing."""
    common = {
        "route": route,
        "seahorse": run([seahorse.seahorse_command(), "--version"], "asking seahorse for its version").split()[-1],
        "rustfmt": run([rustfmt(), "--version"], "asking rustfmt for its version").strip(),
        "anchor-lang": locked_version(layout.root / "Cargo.lock", "anchor-lang"),
        "anchor-syn": locked_version(layout.build / "idl" / "Cargo.lock", "anchor-syn"),
    }
    if route == platform_tools.COMMAND:
        tool = platform_tools.installed() or Path(platform_tools.COMMAND)
        lines = run([tool, "--version"], f"asking {platform_tools.COMMAND} for its version").splitlines()
        return common | {platform_tools.COMMAND: "; ".join(lines)}
    tools = DebianTools()
    return common | {
        "rustc": run([tools.rustc, "--version"], "asking rustc for its version").strip(),
        "cargo": run([tools.cargo, "--version"], "asking cargo for its version").strip(),
        "llvm": run([tools.llvm("llvm-config"), "--version"], "asking LLVM for its version").strip(),
        "sbpf-linker": locked_version(layout.build / "relink" / "Cargo.lock", "sbpf-linker"),
        **{f"package {name}": version for name, version in debian_packages().items()},
    }
