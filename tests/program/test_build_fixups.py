"""The fix-ups of Seahorse's output, one by one, and the splitting of that output into files. Nothing is compiled."""

from __future__ import annotations

import pytest
from mai_build import fixups, read_only, seahorse, slim
from mai_build.errors import BuildError


def fix_up(name: str) -> fixups.FixUp:
    (found,) = [f for f in fixups.FIX_UPS if f.name == name]
    return found


# Fix-ups


def test_every_fix_up_has_a_name_and_a_reason() -> None:
    assert [f.name for f in fixups.FIX_UPS] == [
        "glob-imports",
        "public-emit",
        "absent-authority",
        "read-only",
        "list-arguments",
        "plain-cells",
        "program-list",
        "refusals",
    ]
    assert all(len(f.why) > 20 for f in fixups.FIX_UPS)


def test_glob_imports_brings_the_loaded_companion_of_each_imported_module() -> None:
    imports = "use crate::dot::{\n    config::{Config, DECIMALS},\n    tasks::Task,\n};\n\n"
    text = imports + "use crate::{id, seahorse_util::*};\n"
    fixed = fix_up("glob-imports").apply({"dot/program.rs": text})["dot/program.rs"]
    assert fixed == text.replace(
        "use crate::{id", "use crate::dot::config::*;\nuse crate::dot::tasks::*;\nuse crate::{id"
    )


def test_glob_imports_leaves_a_file_without_imports() -> None:
    parts = {"dot/rewards.rs": "use crate::{id, seahorse_util::*};\nfn f() {}\n"}
    assert fix_up("glob-imports").apply(parts) == parts


def test_public_emit_opens_only_the_emit_method() -> None:
    text = "impl A {\n    fn __emit__(&self) {\n    }\n    fn other(&self) {}\n}\n"
    fixed = fix_up("public-emit").apply({"dot/events.rs": text})["dot/events.rs"]
    assert fixed == text.replace("    fn __emit__", "    pub fn __emit__")
    assert fix_up("public-emit").apply({"dot/events.rs": fixed}) == {"dot/events.rs": fixed}


def test_absent_authority_reads_as_the_zero_key() -> None:
    text = "mint.freeze_authority.unwrap() == x; mint\n    .mint_authority\n    .unwrap()"
    fixed = fix_up("absent-authority").apply({"dot/program.rs": text})["dot/program.rs"]
    assert fixed == "mint.freeze_authority.unwrap_or_default() == x; mint\n    .mint_authority.unwrap_or_default()"
    assert fix_up("absent-authority").apply({"a.rs": "other.unwrap()"}) == {"a.rs": "other.unwrap()"}


def test_read_only_unlocks_what_a_handler_never_writes_and_nothing_else() -> None:
    handler = "pub fn pay_handler() {\n    task.borrow_mut().status = 1;\n    let a = config.borrow().bump;\n}\n"
    account = "    #[account(mut)]\n    pub {name}: Box<Account<'info, dot::m::{type}>>,\n"
    lib = (
        "#[derive(Accounts)]\npub struct Pay<'info> {\n"
        + account.replace("{name}", "task").replace("{type}", "Task")
        + account.replace("{name}", "config").replace("{type}", "Config")
        + "    #[account(mut)]\n    pub verifier_program: UncheckedAccount<'info>,\n}\n"
        "    pay_handler();\n    dot::m::Task::store(task);\n    dot::m::Config::store(config);\n"
    )
    fixed = fix_up("read-only").apply({"dot/program.rs": handler, "lib.rs": lib})["lib.rs"]
    assert "#[account(mut)]\n    pub task" in fixed and "Task::store(task)" in fixed
    assert "#[account()]\n    pub config" in fixed and "store(config)" not in fixed
    assert "#[account()]\n    pub verifier_program" in fixed


HELPERS = """pub fn nonce_of<'info>(mut job: Mutable<LoadedTask<'info, '_>>) -> u64 {
    return job.borrow().nonce;
}

pub fn finish<'info>(mut job: Mutable<LoadedTask<'info, '_>>, mut at: u64) -> () {
    assign!(job.borrow_mut().closed, at);
}

pub fn through<'info>(mut at: u64, mut job: Mutable<LoadedTask<'info, '_>>) -> () {
    if at > 0 {
        finish(
            job.clone(),
            sum(at.clone(), at.clone()),
        );
    }
}

pub fn kept<'info>(mut job: Mutable<LoadedTask<'info, '_>>) -> () {
    let mut other = job;
}

pub fn countdown<'info>(mut job: Mutable<LoadedTask<'info, '_>>, mut at: u64) -> u64 {
    if at == 0 {
        return nonce_of(job.clone());
    }

    return countdown(job.clone(), at - 1);
}

pub fn longest<'info>(
    mut job: Mutable<LoadedTask<'info, '_>>,
    mut pair: (u64, u64),
) -> (u64, u64) {
    return (job.borrow().nonce, at);
}

pub fn append(mut data: Mutable<Vec<u8>>, mut digest: Mutable<[u8; 32]>) -> () {
    for mut b in (digest.borrow().iter().map(|element| element.clone())) {
        data.borrow_mut().push(b.clone());
    }
}

pub fn copied(mut digest: Mutable<[u8; 32]>) -> Mutable<[u8; 32]> {
    return digest;
}

pub fn clear(mut digest: Mutable<[u8; 32]>) -> () {
    index_assign!(digest.borrow_mut(), digest.wrapped_index(0 as i128), 0);
}

pub fn peek<'info>(mut account: UncheckedAccount<'info>, mut at: u64) -> Pubkey {
    return account.key();
}

pub fn call<'info>(mut account: UncheckedAccount<'info>) -> () {
    invoke(account.clone().to_account_info());
}
"""


def unlocked(handler: str, declared: str) -> bool:
    """Whether the account `it`, of the type `declared`, is read-only in the `handler`, and so not stored."""
    body = f"pub fn pay_handler<'info>(\n    mut x: u64,\n) -> () {{\n    {handler}\n}}\n"
    lib = (
        "#[derive(Accounts)]\npub struct Pay<'info> {\n    #[account(mut)]\n"
        f"    pub it: {declared},\n}}\n    pay_handler();\n    dot::m::Task::store(it);\n"
    )
    parts = {"dot/rules.rs": HELPERS, "dot/program.rs": body, "lib.rs": lib}
    fixed = fix_up("read-only").apply(parts)["lib.rs"]
    assert ("#[account()]" in fixed) != ("#[account(mut)]" in fixed)
    assert ("store(it)" in fixed) == ("#[account(mut)]" in fixed)
    return "#[account()]" in fixed


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("nonce_of(it.clone());", True),
        ("nonce_of(\n        it.clone(),\n    );", True),
        ("let mut n = sum(1, nonce_of(it.clone()));", True),
        ("countdown(it.clone(), 3);", True),
        ("longest(it.clone(), (1, 2));", True),
        ("nonce_of(it\n        .clone());", True),
        ("finish(it.clone(), 3);", False),
        ("through(3, it.clone());", False),
        ("nonce_of(it.clone()); through(\n        3,\n        it.clone(),\n    );", False),
        ("kept(it.clone());", False),
        ("nonce_of(it);", False),
        ("nonce_of(it.clone(), 3);", False),  # not the function that is known
        ("unknown(it.clone());", False),
        ("m::nonce_of(it.clone());", False),
        ("let mut other = it.clone();", False),
        ("append(data.clone(), it.borrow().input.clone());", True),
        ("assign!(x.borrow_mut().input, copied(it.borrow().input.clone()));", True),
        (
            "append(\n        it\n            .borrow()\n            .input\n            .clone(),\n        y,\n    );",
            False,
        ),
        ("clear(it.borrow().input.clone());", False),
        ("**it.borrow().__account__.to_account_info().try_borrow_mut_lamports().unwrap() -= n;", False),
        ("invoke(it.borrow().__account__.to_account_info());", True),
        ("append(it.borrow().input.clone());", False),
        ("finish(x.clone(), it.borrow().nonce.clone());", True),
        ("invoke(it.borrow().__account__.to_account_info());", True),
        ("**it.borrow().__account__.to_account_info().try_borrow_mut_lamports().unwrap() -= amount;", False),
        ("**it\n    .borrow()\n    .__account__\n    .to_account_info()\n    .try_borrow_mut_lamports();", False),
    ],
)
def test_read_only_looks_into_the_helpers_that_an_account_is_given_to(handler: str, expected: bool) -> None:
    assert unlocked(handler, "Box<Account<'info, dot::m::Task>>") is expected


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("", True),
        ("if it.key() == x { }", True),
        ("peek(it.clone(), 3);", True),
        ("peek(\n        it.clone(),\n        sum(it.key(), 3),\n    );", True),
        ("let program = it; let cpi_accounts = 3;", True),
        ("peek(3, it.clone());", False),
        ("call(it.clone());", False),
        ("peek(it.clone(), 3); let mut a = CpiAccount { account_info: it.clone().to_account_info() };", False),
        ("invoke(&[it.to_account_info()]);", False),
        ("let mut other = it;", False),
        ("let program = it; let other = 3;", False),
        ("let program = it; let cpi_accounts = it.clone();", False),
    ],
)
def test_read_only_unlocks_an_unchecked_account_that_is_only_looked_at(handler: str, expected: bool) -> None:
    assert unlocked(handler, "UncheckedAccount<'info>") is expected


def test_read_only_leaves_token_accounts_alone() -> None:
    assert not unlocked("", "Box<Account<'info, TokenAccount>>")


def test_one_of_two_helpers_of_a_name_that_writes_is_enough() -> None:
    both = {"dot/rules.rs": HELPERS, "dot/other.rs": HELPERS.replace("finish", "nonce_of")}
    for parts, expected in ((both, False), ({"dot/rules.rs": HELPERS}, True)):
        program = "pub fn pay_handler() -> () {\n    nonce_of(it.clone());\n}\n"
        functions = read_only.Functions([*parts.values(), program])
        assert functions.only_reads("pay_handler", "it", "Box<Account<'info, dot::m::Task>>") is expected


LISTS = """
    #[derive(Accounts)]
    # [instruction (number : u64 , terms : Mutable < [u8 ; 128] > , data : Mutable < Vec < u8 > >)]
    pub struct Ask<'info> {
        pub asker: Signer<'info>,
    }

    pub fn ask(
        ctx: Context<Ask>,
        number: u64,
        terms: Mutable<[u8; 128]>,
        data: Mutable<Vec<u8>>,
    ) -> Result<()> {
        ask_handler(number, terms, data);
    }
"""


def test_list_arguments_arrive_as_plain_bytes_and_are_wrapped_for_the_handler() -> None:
    fixed = fix_up("list-arguments").apply({"lib.rs": LISTS})["lib.rs"]
    plain = LISTS.replace("Mutable < [u8 ; 128] >", "[u8 ; 128]").replace("Mutable < Vec < u8 > >", "Vec < u8 >")
    plain = plain.replace("terms : [", "terms: [").replace("data : V", "data: V")
    plain = plain.replace("Mutable<[u8; 128]>", "[u8; 128]").replace("Mutable<Vec<u8>>", "Vec<u8>")
    wrapped = "        let terms = Mutable::new(terms);\n        let data = Mutable::new(data);\n"
    assert fixed == plain.replace("        ask_handler", wrapped + "        ask_handler")


def test_list_arguments_leaves_other_arguments_and_other_functions_alone() -> None:
    helper = "    pub fn other(list: Mutable<Vec<u8>>) {\n    }\n"
    entry = "    pub fn ask(ctx: Context<Ask>, number: u64) -> Result<()> {\n    }\n"
    parts = {"lib.rs": helper + entry, "dot/program.rs": LISTS}
    assert fix_up("list-arguments").apply(parts) == parts


# As Seahorse 0.2.7 writes it.
UTIL = """\
pub mod seahorse_util {
    use super::*;
    use std::{collections::HashMap, fmt::Debug, ops::Deref};

    pub struct Mutable<T>(Rc<RefCell<T>>);

    impl<T> Mutable<T> {
        pub fn new(obj: T) -> Self {
            Self(Rc::new(RefCell::new(obj)))
        }
    }

    impl<T> Deref for Mutable<T> {
        type Target = Rc<RefCell<T>>;
    }

    impl<T: Default> Default for Mutable<T> {
    }

    #[derive(Clone, Debug)]
    pub struct ProgramsMap<'info>(pub HashMap<&'static str, AccountInfo<'info>>);

    impl<'info> ProgramsMap<'info> {
        pub fn get(&self, name: &'static str) -> AccountInfo<'info> {
            self.0.get(name).unwrap().clone()
        }
    }
}

        let mut programs = HashMap::new();
"""


def test_plain_cells_replaces_the_cell_and_keeps_what_it_can_do() -> None:
    fixed = fix_up("plain-cells").apply({"lib.rs": UTIL})["lib.rs"]
    before, _, rest = UTIL.partition("    pub struct Mutable<T>")
    after = rest[rest.index("    impl<T: Default>") :]
    assert fixed.startswith(before)
    assert fixed.endswith(after)
    middle = fixed[len(before) : -len(after)]
    assert "Rc" not in middle
    for each in ("Clone for", "PartialEq> PartialEq for", "Debug> Debug for"):
        assert f"{each} Mutable<T>" in middle
    for each in ("new(obj: T) -> Self", "borrow(&self) -> &T", "borrow_mut(&self) -> &mut T"):
        assert f"pub fn {each}" in middle


def test_program_list_replaces_the_map_where_it_is_declared_and_where_it_is_made() -> None:
    fixed = fix_up("program-list").apply({"lib.rs": UTIL})["lib.rs"]
    assert "HashMap<" not in fixed
    assert "HashMap::new" not in fixed
    assert fixed.count("Programs::new()") == 1
    assert "self.0.get(name).unwrap().clone()" in fixed


def test_refusals_turns_a_panic_with_a_name_into_a_call_and_leaves_others() -> None:
    named = 'panic!("TooLate: it is \\"over\\"");'
    others = 'panic!("TooLate: after {}", now); panic!("no name"); panic!("Braces: {{}}");'
    fixed = fix_up("refusals").apply({"lib.rs": UTIL, "dot/program.rs": f"{named} {others}"})
    assert fixed["dot/program.rs"] == f'refuse("TooLate: it is \\"over\\""); {others}'
    assert fixed["lib.rs"].count("pub fn refuse(sentence: &'static str) -> !") == 1
    assert fixed["lib.rs"].replace(slim.REFUSE, "") == UTIL


@pytest.mark.parametrize("name", ["plain-cells", "program-list", "refusals"])
def test_what_is_not_as_seahorse_writes_it_is_left_alone(name: str) -> None:
    parts = {"lib.rs": "pub mod dot;\n", "dot/program.rs": 'panic!("TooLate: over");\n'}
    assert fix_up(name).apply(parts) == parts


def test_the_header_says_where_the_source_is() -> None:
    parts = fixups.apply({"lib.rs": "pub mod dot;\n", "dot/program.rs": ""}, "programs/mai/*.py")
    assert parts["lib.rs"].startswith("// Generated from programs/mai/*.py")
    assert parts["lib.rs"].endswith("pub mod dot;\n")


# Seahorse's output


def test_split_parts_reads_every_file() -> None:
    output = "// ===== dot/mod.rs =====\n\npub mod program;\n\n// ===== lib.rs =====\n\npub mod dot;\n\n"
    assert seahorse.split_parts(output) == {"dot/mod.rs": "pub mod program;\n", "lib.rs": "pub mod dot;\n"}


@pytest.mark.parametrize("output", ["", "error", "// ===== ../../x.rs =====\nx\n// ===== lib.rs =====\ny\n"])
def test_split_parts_refuses_what_is_no_program(output: str) -> None:
    with pytest.raises(BuildError, match="seahorse printed no Rust program"):
        seahorse.split_parts(output)
