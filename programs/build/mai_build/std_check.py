"""The crate that shows what std can do on the Solana VM; only tests use it."""

from __future__ import annotations

from pathlib import Path

from mai_build import cache, sbf, stage, toolchain
from mai_build.layout import Layout
from mai_build.process import Report, silent

NAME = "std_check"


def build(layout: Layout | None = None, report: Report = silent) -> Path:
    """Compile programs/build/std_check by the Debian route; returns the shared object, which stays in the cache.

    Raises BuildError when a tool is missing.
    """
    layout = layout or Layout.here()
    with cache.locked(layout.cache):
        made = toolchain.prepare(layout, layout.stage / toolchain.LIBRARY, report=report)
        workspace = stage.stage_crate(layout, NAME, made.library)
        content = sbf.build(made, workspace, layout.cache / f"target-{NAME}", NAME, report)
        path = layout.cache / f"{NAME}.so"
        cache.write_if_changed(path, content)
    return path
