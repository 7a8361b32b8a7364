"""A copy of Rust's standard library that knows `target_os = "solana"`.

One thread and no thread-local storage, no entropy (hash keys are fixed, so results are the same on every validator),
and a panic that logs its text and stops. The copy is compiled for the Solana VM only, so edits need no `cfg`.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from mai_build.errors import BuildError


@dataclass(frozen=True)
class Edit:
    """Replace `anchor`, which must occur exactly once in `file` (under library/), by `text`."""

    file: str
    why: str
    anchor: str
    text: str


def _also_solana(file: str, why: str, before: str, after: str = "", separator: str = "        ") -> Edit:
    """Name solana after the last of the systems that `before` ends with."""
    line = f'{separator}target_os = "solana",\n'
    return Edit(file, why, before + after, before + line + after)


_ALLOCATOR = """\
use crate::alloc::{GlobalAlloc, Layout, System};

#[stable(feature = "alloc_system_type", since = "1.28.0")]
unsafe impl GlobalAlloc for System {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
"""

_PANIC = """\
fn panic_with_hook(
    payload: &mut dyn PanicPayload,
    location: &Location<'_>,
    _can_unwind: bool,
    _force_no_backtrace: bool,
) -> ! {
    unsafe extern "C" {
        fn sol_log_(message: *const u8, len: u64);
        fn sol_panic_(file: *const u8, len: u64, line: u64, column: u64) -> !;
    }
    let mut text = String::new();
    let _ = fmt::Write::write_fmt(&mut text, format_args!("{payload}"));
    let file = location.file();
    unsafe {
        sol_log_(text.as_ptr(), text.len() as u64);
        sol_panic_(file.as_ptr(), file.len() as u64, location.line() as u64, location.column() as u64)
    }
}

#[allow(dead_code)]
fn panic_with_hook_of_other_systems(
"""

_HASH_KEYS = """\
        thread_local!(static KEYS: Cell<(u64, u64)> = {
            Cell::new(hashmap_random_keys())
        });

        KEYS.with(|keys| {
            let (k0, k1) = keys.get();
            keys.set((k0.wrapping_add(1), k1));
            RandomState { k0, k1 }
        })
"""

_SYS = "std/src/sys"

EDITS = (
    Edit(
        "std/build.rs",
        "the target is a supported one: no `restricted_std` gate",
        '        || target_os == "vexos"\n',
        '        || target_os == "vexos"\n        || target_os == "solana"\n',
    ),
    _also_solana(
        f"{_SYS}/thread_local/mod.rs",
        "one thread: a thread-local is a plain static",
        '        target_os = "vexos",\n',
        "    ) => {\n        mod no_threads;",
    ),
    _also_solana(
        f"{_SYS}/thread_local/mod.rs",
        "one thread: no destructor guard",
        '            target_os = "vexos",\n',
        "        ) => {\n            pub(crate) fn enable()",
        separator=" " * 12,
    ),
    _also_solana(
        f"{_SYS}/random/mod.rs",
        "no entropy: the module for systems without it",
        '        target_os = "xous",\n        target_os = "vexos",\n',
        "    ) => {",
    ),
    _also_solana(
        f"{_SYS}/random/mod.rs",
        "no entropy: the same list once more, negated",
        '    target_os = "xous",\n    target_os = "vexos",\n',
        ")))]",
        separator="    ",
    ),
    _also_solana(f"{_SYS}/io/error/mod.rs", "generic input and output errors", '        target_os = "vexos",\n'),
    Edit(
        f"{_SYS}/alloc/mod.rs",
        "`System` has to exist; the program's own #[global_allocator] is used",
        "        mod zkvm;\n    }\n",
        '        mod zkvm;\n    }\n    target_os = "solana" => {\n        mod solana;\n    }\n',
    ),
    Edit(
        f"{_SYS}/alloc/mod.rs",
        "alignment that an allocator may assume",
        '    target_arch = "xtensa",\n)) {\n    8',
        '    target_arch = "xtensa",\n    target_arch = "bpf",\n)) {\n    8',
    ),
    Edit(
        "std/src/panicking.rs",
        "a panic logs its message and stops: no hook, no lock, no writable static",
        "fn panic_with_hook(\n",
        _PANIC,
    ),
    Edit(
        "std/src/alloc.rs",
        "out of memory aborts",
        "pub fn rust_oom(layout: Layout) -> ! {\n",
        "pub fn rust_oom(_: Layout) -> ! {\n"
        '    unsafe extern "C" {\n        fn abort() -> !;\n    }\n    unsafe { abort() }\n}\n\n'
        "#[allow(dead_code)]\nfn rust_oom_of_other_systems(layout: Layout) -> ! {\n",
    ),
    Edit(
        "std/src/hash/random.rs",
        "fixed hash keys: the same results on every validator",
        _HASH_KEYS,
        "        RandomState { k0: 0, k1: 0 }\n",
    ),
)


def apply(library: Path, edits: tuple[Edit, ...] = EDITS) -> None:
    """Edit the copy at `library` in place. Raises BuildError naming the first anchor that is not found."""
    for edit in edits:
        path = library / edit.file
        text = path.read_text() if path.is_file() else ""
        if text.count(edit.anchor) != 1:
            raise BuildError(
                f"Rust's standard library is not the one this build knows: {edit.file} has {text.count(edit.anchor)} "
                f"places like {edit.anchor.strip().splitlines()[0]!r} instead of 1 ({edit.why}). "
                "Run `apt-get install 'rustc-web=1.96.*' 'cargo-web=1.96.*' 'rust-web-src=1.96.*'`, "
                "or adapt programs/build/mai_build/std_patch.py"
            )
        path.write_text(text.replace(edit.anchor, edit.text))
    (library / _SYS / "alloc" / "solana.rs").write_text(_ALLOCATOR)


def copy_patched(source: Path, destination: Path) -> None:
    """Copy the library from `source` into the empty folder `destination` and edit the copy."""
    shutil.copytree(source, destination, dirs_exist_ok=True, symlinks=False)
    apply(destination)
