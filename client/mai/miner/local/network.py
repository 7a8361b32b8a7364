"""Founding a network whose people already hold MAI: a presale's mint, adopted, handed over, and opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mai_zk.language.model import ProvableModel
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import CreateAccountParams, create_account
from spl.token.constants import MINT_LEN, MULTISIG_LEN, TOKEN_PROGRAM_ID
from spl.token.instructions import (
    AuthorityType,
    InitializeMintParams,
    InitializeMultisigParams,
    MintToParams,
    SetAuthorityParams,
    create_idempotent_associated_token_account,
    get_associated_token_address,
    initialize_mint,
    initialize_multisig,
    mint_to,
    set_authority,
)

from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL, Cluster
from mai.chain.economy import Economy
from mai.chain.genesis import Genesis, Terms
from mai.chain.signer import Signer
from mai.chain.trace import Traces
from mai.chain.verifier import Verifier
from mai.miner.desk import verifier_of
from mai.miner.models import terms_of
from mai.money import DECIMALS

CHAIN_ID = 901
RATE_FLOOR = 59_049
FOUNDERS, NEEDED = 3, 2
PEOPLE_AT_ONCE = 4
FUNDS = 100 * LAMPORTS_PER_SOL


@dataclass(frozen=True)
class Founded:
    """A network that is open, and the models that it pays for, in the order in which they were given."""

    economy: Economy
    models: tuple[Pubkey, ...]

    @property
    def model(self) -> Pubkey:
        """The first."""
        return self.models[0]


def found(
    cluster: Cluster, authority: Signer, model: ProvableModel, holdings: Mapping[Pubkey, int], *others: ProvableModel
) -> Founded:
    """Create a network with the traces program, register models, give people MAI and SOL, and open mining.

    Args:
        authority: may replace the programs until mining opens, where these can be replaced at all.
        holdings: base units of MAI for each wallet, from the presale.

    Raises:
        MaiError: a model's runs cannot be settled by a trace, or the chain refuses.
    """
    policy, verifier = artifacts.program("mai"), artifacts.program_keypair("traces").pubkey()
    registered = [terms_of(one) for one in (model, *others)]
    manifest = registered[0][1]
    for wallet in [authority.pubkey(), *holdings]:
        if cluster.balance(wallet) < FUNDS:
            cluster.airdrop(wallet, FUNDS)
    founders = [Keypair() for _ in range(FOUNDERS)]
    mint, multisig = _presale(cluster, authority, founders, holdings)
    genesis = Genesis(cluster, policy, verifier)
    genesis.adopt(authority, mint, multisig, Terms(verifier, CHAIN_ID, RATE_FLOOR, manifest.srs, 0))
    economy = Economy(cluster, policy)
    for terms, _ in registered:
        economy.register_model(authority, terms)
    genesis.hand_over(authority, founders)
    genesis.open(authority, final=True)
    traces = Traces(Verifier(cluster, authority, verifier_of(economy)))
    for _, one in registered:
        traces.upload_manifest(one)
    return Founded(economy, tuple(economy.model_address(terms) for terms, _ in registered))


def _presale(
    cluster: Cluster, seller: Signer, founders: Sequence[Keypair], holdings: Mapping[Pubkey, int]
) -> tuple[Pubkey, Pubkey]:
    """A mint whose supply people hold, frozen in the hands of a multisig; both addresses."""
    mint, multisig, owner = Keypair(), Keypair(), seller.pubkey()

    def made(account: Keypair, size: int, then: Instruction) -> None:
        lamports = cluster.rent(size)
        create = create_account(
            CreateAccountParams(
                from_pubkey=owner, to_pubkey=account.pubkey(), lamports=lamports, space=size, owner=TOKEN_PROGRAM_ID
            )
        )
        cluster.send([create, then], [seller, account])

    members = [key.pubkey() for key in founders]
    made(multisig, MULTISIG_LEN, initialize_multisig(
        InitializeMultisigParams(TOKEN_PROGRAM_ID, multisig.pubkey(), NEEDED, members)
    ))  # fmt: skip
    made(mint, MINT_LEN, initialize_mint(InitializeMintParams(DECIMALS, TOKEN_PROGRAM_ID, mint.pubkey(), owner, owner)))
    given = [
        [
            create_idempotent_associated_token_account(owner, wallet, mint.pubkey()),
            mint_to(MintToParams(
                TOKEN_PROGRAM_ID, mint.pubkey(), get_associated_token_address(wallet, mint.pubkey()), owner, amount
            )),
        ]
        for wallet, amount in holdings.items()
        if amount
    ]  # fmt: skip
    for start in range(0, len(given), PEOPLE_AT_ONCE):
        cluster.send([one for pair in given[start : start + PEOPLE_AT_ONCE] for one in pair], [seller])
    kinds = (AuthorityType.MINT_TOKENS, AuthorityType.FREEZE_ACCOUNT)
    cluster.send(
        [
            set_authority(SetAuthorityParams(TOKEN_PROGRAM_ID, mint.pubkey(), kind, owner, [], multisig.pubkey()))
            for kind in kinds
        ],
        [seller],
    )
    return mint.pubkey(), multisig.pubkey()
