"""The vault: what is in it is owed, to the unit; and the sums that the network keeps are those of its accounts."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mai.audit.check import Book, check
from mai.program import registry, slashing, tasks

OWED = ("matured", "pending", "unstaking", "verifier", "escrowed")


@check(
    "stakes",
    proves=(
        "the vault holds every stake, fee and appeal bond, the stake that votes is the sum of all stakes, and "
        "devices, power and waiting works are counted right"
    ),
    trusts="nothing: only the accounts as they are now, and the vault's balance",
    covers=("open_stake", "deposit_stake", "unstake", "withdraw_stake", "designate_verifier", "undesignate_verifier"),
    refused="stake movement that the rules refuse",
    differs="stake off",
)
def stakes(book: Book) -> None:
    audit = book.audit

    def each(kind: str) -> Any:
        layout = audit.interface.kinds[kind]
        for _, account in audit.source.accounts(audit.program, [(0, layout.mark)]):
            book.count()
            yield layout.decode(bytes(account.data), exact=False)

    @book.at_end
    def end() -> None:
        sums: Counter[str] = Counter()
        for stake in each("Stake"):
            sums["owed"] += sum(stake[name] for name in OWED)
            sums["staked"] += stake["matured"] + stake["pending"]
            sums["verifiers"] += stake["is_verifier"]
        for task in each("Task"):
            sums["owed"] += task["fee"]
        for offence in each("Offence"):
            if offence["status"] == slashing.OFFENCE_APPEALED:
                sums["owed"] += offence["appeal_bond"]
        for miner in each("Miner"):
            if miner["status"] == registry.MINER_ACTIVE:
                sums["miners"] += 1
                sums["power"] += miner["power"]
        for work in each("Work"):
            sums["pending"] += work["status"] == tasks.WORK_COMMITTED
        _vault(book, sums["owed"])
        for name, at, field in (
            ("governance", "staked", "staked"),
            ("governance", "verifiers", "verifiers"),
            ("emission", "miners", "miners"),
            ("emission", "power", "power"),
            ("emission", "pending", "pending"),
        ):
            kept = audit.kept(audit.single(name)) or {}
            if kept.get(at) != sums[field]:
                book.find("sum off", f"{name}.{at}", kept.get(at), sums[field])


def _vault(book: Book, owed: int) -> None:
    audit = book.audit
    vault = audit.single("vault")
    account = audit.source.account(vault)
    held = int.from_bytes(bytes(account.data)[64:72], "little") if account is not None else 0
    if held < owed:
        book.find("vault short", f"vault {vault}", held, owed)
    elif held > owed:
        book.notice("more in the vault than is owed", f"vault {vault}", f"{held - owed:,}: somebody sent it there")
