"""`mai status`: the network at a glance."""

from __future__ import annotations

from typing import Any

from mai.chain import crank
from mai.chain.earnings import Earnings, config_rules
from mai.chain.economy import Economy
from mai.cli.connect import DEFAULT_URL, open_economy, show_facts
from mai.cli.format import count, ratio, share, until, when
from mai.cli.output import Output, OutputOption, print_json
from mai.cli.rewards import epoch_facts, epoch_rows
from mai.cli.wallet import UrlOption
from mai.money import fixed_mai

PHASES = {
    int(config_rules.PHASE_FROZEN): "presale frozen",
    int(config_rules.PHASE_HANDED_OVER): "mint handed over",
    int(config_rules.PHASE_OPEN): "open",
}


def status(
    url: UrlOption = DEFAULT_URL,
    output: OutputOption = Output.table,
) -> None:
    """Show the network: phase, epoch, supply, difficulty, miners, stake and treasury."""
    economy = open_economy(url)
    found, epoch = facts(economy), Earnings(economy).epoch()
    if output is Output.json:
        print_json(found)
        return
    now = economy.cluster.unix_time()

    def mai(name: str) -> str:
        return f"{fixed_mai(amounts[name])} MAI"

    amounts = _amounts(economy)
    genesis = when(found["genesis_ts"]) if found["genesis_ts"] else "not yet"
    due = found["crank_due_ts"]
    rows = {
        "phase": f"{found['phase']} (chain id {found['chain_id']})",
        "programs": "final: nobody can change them" if found["immutable"] else "can still be changed",
        "mining opened": genesis,
        "mint": f"{found['mint']}, {'adopted' if found['adopted'] else 'new'}",
        "supply": mai("supply"),
        **epoch_rows(epoch, now),
        "minted for work": mai("minted"),
        "burned": f"{mai('fees_burned')} of fees, {mai('slash_burned')} of slashes",
        "task difficulty": ratio(found["task_difficulty"]),
        "sampling": ratio(found["sampling"]),
        "multiplier": ratio(found["multiplier"]),
        "crank": f"due {until(due, now)}" if due else "-",
        "devices": f"{found['miners']:,}; waiting for their proof: {count(found['pending'], 'work')}",
        "power": f"{found['power']:,} work units a slot shown in {count(found['musters'], 'muster')}",
        "staked": f"{mai('staked')} ({share(amounts['staked'], amounts['supply'])} of the supply)",
        "verifiers": f"{found['verifiers']:,}",
        "treasury": mai("treasury"),
        "vault": mai("vault"),
        "proposals": f"{found['proposals']:,}",
    }
    show_facts(rows)


def _amounts(economy: Economy) -> dict[str, int]:
    emission, governance = economy.state("emission"), economy.state("governance")
    return {
        "supply": economy.supply(),
        "minted": emission.minted,
        "fees_burned": emission.fees_burned,
        "slash_burned": emission.slash_burned,
        "staked": governance.staked,
        "treasury": economy.tokens(economy.single("treasury")),
        "vault": economy.tokens(economy.single("vault")),
    }


def facts(economy: Economy) -> dict[str, Any]:
    """The network for programs; difficulty, sampling and multiplier in 1/10⁹."""
    config, emission, governance = (economy.state(name) for name in ("config", "emission", "governance"))
    opened = config.phase == config_rules.PHASE_OPEN
    return {
        "phase": PHASES[config.phase],
        "immutable": config.immutable,
        "adopted": config.adopted,
        "chain_id": config.chain_id,
        "mint": str(config.mint),
        "verifier": str(config.verifier),
        "genesis_ts": config.genesis_ts or None,
        "epoch": epoch_facts(Earnings(economy).epoch()),
        **{name: fixed_mai(units, grouped=False) for name, units in _amounts(economy).items()},
        "task_difficulty": emission.task_difficulty,
        "sampling": emission.sampling,
        "multiplier": emission.multiplier,
        "crank_due_ts": crank.due_ts(economy) if opened else None,
        "miners": emission.miners,
        "power": emission.power,
        "musters": emission.muster,
        "pending": emission.pending,
        "verifiers": governance.verifiers,
        "proposals": governance.proposals,
    }
