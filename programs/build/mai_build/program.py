"""One program, from its source to programs/build/out/NAME.so."""

from __future__ import annotations

from pathlib import Path

from mai_build import cache, sbf, stage, toolchain
from mai_build.layout import Layout
from mai_build.process import Report, silent


def build_one(layout: Layout, name: str, report: Report = silent) -> Path:
    """Compile one program from the Rust source in the checkout; returns the shared object's path."""
    with cache.locked(layout.cache):
        workspace = stage.stage_workspace(layout, None)
        made = toolchain.prepare(layout, workspace / stage.LIBRARY, report=report)
        content = sbf.build(made, workspace, layout.cache / "target", name, report)
    path = layout.out / f"{name}.so"
    cache.write_atomically(path, content)
    return path
