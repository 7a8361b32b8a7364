"""What is done of a network's genesis, and who has to do what next, from what the chain says."""

from __future__ import annotations

from dataclasses import dataclass

from solders.pubkey import Pubkey

from mai.chain.genesis import PHASE_HANDED_OVER, PHASE_OPEN, State
from mai.chain.multisig import Multisig


@dataclass(frozen=True)
class Step:
    """One step: whether it is done, and if not who has to do what."""

    name: str
    done: bool
    who: str
    action: str


def steps(state: State) -> list[Step]:
    """Every step in order; the first that is not done is the next."""
    adopted = state.config is not None and bool(state.config.adopted)
    policy = state.programs["mai"]
    creator = "anyone" if policy is None else str(policy.authority or "anyone: the program was never upgradeable")
    authority = "nobody" if state.config is None else str(state.config.authority)
    again = "mai genesis adopt" if adopted else "mai genesis create"
    lacking = [name for name, found in state.programs.items() if found is None]
    keepers = {str(found.authority) for found in state.programs.values() if found and found.authority}
    must = "" if adopted else " (a new network may open without it, and says so for ever)"
    rows = [
        ("programs deployed", not lacking, "anyone", f"mai program deploy {' '.join(lacking)}"),
        ("network created", state.phase > 0, creator, "mai genesis create, or mai genesis adopt for a presale's mint"),
        ("accounts open", not state.missing, "anyone", again),
        ("mint handed over", state.phase >= PHASE_HANDED_OVER, _holder(state), "mai genesis hand-over"),
        ("programs final", state.immutable, " and ".join(sorted(keepers)), f"mai genesis open --final{must}"),
        ("mining open", state.phase == PHASE_OPEN, authority, "mai genesis open"),
    ]
    return [Step(name, done, "" if done else who, "" if done else action) for name, done, who, action in rows]


def _holder(state: State) -> str:
    """Who can give the mint away."""
    if state.multisig:
        return f"{state.multisig.required} of the {len(state.multisig.keys)} keys of the multisig"
    return "nobody" if state.mint is None else str(state.mint.mint_authority or "nobody")


def hand_over_commands(state: State, config: Pubkey) -> list[str]:
    """The same hand-over with Solana's own tool; every signer is a keypair file."""
    if state.config is None or state.mint is None or state.phase >= PHASE_HANDED_OVER:
        return []
    made = []
    for kind, current, new in (
        ("freeze", state.mint.freeze_authority, "--disable"),
        ("mint", state.mint.mint_authority, str(config)),
    ):
        if current not in (None, config):
            made.append(f"spl-token authorize {state.config.mint} {kind} {new} {_signing(current, state.multisig)}")
    return made


def _signing(current: Pubkey | None, multisig: Multisig | None) -> str:
    if multisig is None or multisig.address != current:
        return f"--authority {current}.json"
    keys = " ".join(f"--multisig-signer {key}.json" for key in multisig.keys[: multisig.required])
    return f"--authority {current} {keys}"
