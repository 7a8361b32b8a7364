"""The fix-ups that make a program smaller and cheaper without a change of what it does."""

from __future__ import annotations

import re

Parts = dict[str, str]  # path under src/ -> Rust text

_CELLS = re.compile(
    r"^    pub struct Mutable<T>\(Rc<RefCell<T>>\);\n.*?(?=^    impl<T: Default> Default for Mutable<T>)", re.M | re.S
)
_PLAIN_CELLS = """\
    // A value that its copies share, as in Python: no count of owners, because the VM's heap frees nothing, and none of
    // borrows, because the generated code ends each within its statement.
    pub struct Mutable<T>(*mut T);

    impl<T> Mutable<T> {
        pub fn new(obj: T) -> Self {
            Self(Box::into_raw(Box::new(obj)))
        }

        pub fn borrow(&self) -> &T {
            unsafe { &*self.0 }
        }

        #[allow(clippy::mut_from_ref)]
        pub fn borrow_mut(&self) -> &mut T {
            unsafe { &mut *self.0 }
        }
    }

    impl<T> Clone for Mutable<T> {
        fn clone(&self) -> Self {
            Self(self.0)
        }
    }

    impl<T: PartialEq> PartialEq for Mutable<T> {
        fn eq(&self, other: &Self) -> bool {
            self.borrow() == other.borrow()
        }
    }

    impl<T: Debug> Debug for Mutable<T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("RefCell").field("value", self.borrow()).finish()
        }
    }

"""
_MAP = "pub struct ProgramsMap<'info>(pub HashMap<&'static str, AccountInfo<'info>>);\n"
_LIST = """\
pub struct ProgramsMap<'info>(pub Programs<'info>);

    // The few programs of one instruction, by parameter name.
    #[derive(Clone, Debug)]
    pub struct Programs<'info>(Vec<(&'static str, AccountInfo<'info>)>);

    impl<'info> Programs<'info> {
        pub fn new() -> Self {
            Self(Vec::new())
        }

        #[inline(never)]
        pub fn insert(&mut self, name: &'static str, program: AccountInfo<'info>) {
            self.0.push((name, program));
        }

        #[inline(never)]
        pub fn get(&self, name: &str) -> Option<&AccountInfo<'info>> {
            self.0.iter().find(|(known, _)| *known == name).map(|(_, program)| program)
        }
    }
"""
_ASSERT = re.compile(r'panic!\((?P<sentence>"[A-Z]\w*: (?:[^"\\{}]|\\.)*")\)')
_UTIL = "pub mod seahorse_util {\n    use super::*;\n"
REFUSE = """
    // Logs the sentence and ends the transaction; what `panic!` does, without its message's and its place's plumbing.
    #[cold]
    #[inline(never)]
    pub fn refuse(sentence: &'static str) -> ! {
        anchor_lang::solana_program::log::sol_log(sentence);
        std::process::abort()
    }
"""


def plain_cells(parts: Parts) -> Parts:
    """Values behind a pointer in the place of `Rc<RefCell<T>>`."""
    return {**parts, "lib.rs": _CELLS.sub(lambda _: _PLAIN_CELLS, parts["lib.rs"], count=1)}


def program_list(parts: Parts) -> Parts:
    """A list in the place of the hash map of programs."""
    library = parts["lib.rs"]
    if _MAP not in library:
        return parts
    library = library.replace(_MAP, _LIST, 1).replace("programs = HashMap::new();", "programs = Programs::new();")
    return {**parts, "lib.rs": library}


def refusals(parts: Parts) -> Parts:
    """One function that refuses, called with the sentence, in the place of a panic at every place."""
    if _UTIL not in parts["lib.rs"]:
        return parts
    fixed = {path: _ASSERT.sub(r"refuse(\g<sentence>)", text) for path, text in parts.items()}
    return {**fixed, "lib.rs": fixed["lib.rs"].replace(_UTIL, _UTIL + REFUSE, 1)}
