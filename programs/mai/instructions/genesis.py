# Creating the network, once.
from seahorse.prelude import *
from config import DECIMALS, Config, configure
from digests import digest
from events import NetworkCreated


# Creates the network with a new mint: 9 decimals, mint authority the config PDA, no freeze authority. Once.
@instruction
def genesis(
    authority: Signer, config: Empty[Config], mint: Empty[TokenMint], verifier_program: UncheckedAccount, clock: Clock,
    chain_id: u32, rate_floor: u64, srs0: u64, srs1: u64, srs2: u64, srs3: u64
):
    bump = config.bump()
    config = config.init(payer=authority, seeds=['config'])
    mint = mint.init(payer=authority, seeds=['mint'], decimals=9, authority=config)
    srs = digest(srs0, srs1, srs2, srs3)
    now = clock.unix_timestamp()
    configure(config, authority.key(), mint.key(), verifier_program.key(), chain_id, now, rate_floor, srs, bump)
    created = NetworkCreated(authority.key(), mint.key(), verifier_program.key(), chain_id, now, rate_floor, 0)
    created.emit()


# Creates the network with an existing mint that the config PDA already controls. Once.
@instruction
def genesis_adopt(
    authority: Signer, config: Empty[Config], mint: TokenMint, verifier_program: UncheckedAccount, clock: Clock,
    chain_id: u32, rate_floor: u64, srs0: u64, srs1: u64, srs2: u64, srs3: u64
):
    bump = config.bump()
    config = config.init(payer=authority, seeds=['config'])
    assert mint.decimals() == DECIMALS, 'WrongDecimals: the mint must have 9 decimals'
    assert mint.authority() == config.key(), 'WrongMintAuthority: the mint authority must be the config account'
    assert mint.freeze_authority() == config.nobody, 'FreezeAuthorityPresent: the mint must have no freeze authority'
    srs = digest(srs0, srs1, srs2, srs3)
    now = clock.unix_timestamp()
    configure(config, authority.key(), mint.key(), verifier_program.key(), chain_id, now, rate_floor, srs, bump)
    created = NetworkCreated(
        authority.key(), mint.key(), verifier_program.key(), chain_id, now, rate_floor, mint.supply()
    )
    created.emit()
