# Creating the network: one step after the other, each once and none taken back. An adopted mint passes through
# genesis_adopt and hand_over, a new one through genesis; then both open.
from seahorse.prelude import *
from authority import (
    CollectionSet, GovernanceOpened, MiningOpened, MintHandedOver, NetworkCreated, StateOpened, TreasuryOpened,
    VaultOpened, check_authority, check_creator, check_mint, check_mint_address, check_multisig, upgrade_authority
)
from calibration import Calibration, default_calibration
from config import DECIMALS, PHASE_FROZEN, PHASE_HANDED_OVER, PHASE_OPEN, Config, configure
from digests import digest
from emission import Emission
from governance import Governance
from native import program_id
from nfts import NFT_AIRDROP, NFT_BRONZE, NftRegistry
from rewards import ONE


# Creates the network with a new mint: 9 decimals, mint authority the config PDA, no freeze authority.
@instruction
def genesis(
    authority: Signer, config: Empty[Config], mint: Empty[TokenMint], verifier_program: UncheckedAccount,
    program_account: UncheckedAccount, program_data: UncheckedAccount, chain_id: u32, month_s: u32, rate_floor: u64,
    srs0: u64, srs1: u64, srs2: u64, srs3: u64
):
    bump = config.bump()
    config = config.init(payer=authority, seeds=['config'])
    check_creator(authority.key(), program_account, program_data, config.nobody)
    mint = mint.init(payer=authority, seeds=['mint'], decimals=9, authority=config)
    srs = digest(srs0, srs1, srs2, srs3)
    configure(config, authority.key(), mint.key(), verifier_program.key(), chain_id, month_s, rate_floor, srs, bump)
    config.phase = PHASE_HANDED_OVER
    created = NetworkCreated(
        authority.key(), mint.key(), verifier_program.key(), chain_id, month_s, rate_floor, False, 0
    )
    created.emit()


# Creates the network with the presale's mint, which its multisig must own by now: the presale mints no more.
@instruction
def genesis_adopt(
    authority: Signer, config: Empty[Config], mint: TokenMint, multisig: UncheckedAccount,
    verifier_program: UncheckedAccount, program_account: UncheckedAccount, program_data: UncheckedAccount,
    chain_id: u32, month_s: u32, rate_floor: u64, srs0: u64, srs1: u64, srs2: u64, srs3: u64
):
    bump = config.bump()
    config = config.init(payer=authority, seeds=['config'])
    check_creator(authority.key(), program_account, program_data, config.nobody)
    check_multisig(multisig)
    assert mint.decimals() == DECIMALS, 'WrongDecimals: the mint must have 9 decimals'
    assert mint.authority() == multisig.key(), 'NotFrozenYet: the mint authority must be the multisig'
    srs = digest(srs0, srs1, srs2, srs3)
    configure(config, authority.key(), mint.key(), verifier_program.key(), chain_id, month_s, rate_floor, srs, bump)
    config.phase = PHASE_FROZEN
    config.adopted = True
    config.frozen_supply = mint.supply()
    created = NetworkCreated(
        authority.key(), mint.key(), verifier_program.key(), chain_id, month_s, rate_floor, True, mint.supply()
    )
    created.emit()


# Creates the accounts that all miners share. Anyone, once.
@instruction
def open_state(payer: Signer, config: Config, calibration: Empty[Calibration], emission: Empty[Emission]):
    calibration_bump = calibration.bump()
    emission_bump = emission.bump()
    calibration = calibration.init(payer=payer, seeds=['calibration'])
    emission = emission.init(payer=payer, seeds=['emission'])
    for entry in range(42):
        calibration.entries[entry] = default_calibration(u32(entry))
    calibration.bump = calibration_bump
    emission.task_difficulty = ONE
    emission.sampling = ONE
    emission.multiplier = ONE
    emission.bump = emission_bump
    opened = StateOpened(calibration.key(), emission.key())
    opened.emit()


# Creates the accounts that all voters and NFT holders share. Anyone, once.
@instruction
def open_governance(payer: Signer, config: Config, governance: Empty[Governance], nfts: Empty[NftRegistry]):
    governance_bump = governance.bump()
    nfts_bump = nfts.bump()
    governance = governance.init(payer=payer, seeds=['governance'])
    nfts = nfts.init(payer=payer, seeds=['nfts'])
    governance.bump = governance_bump
    nfts.bump = nfts_bump
    opened = GovernanceOpened(governance.key(), nfts.key())
    opened.emit()


# Creates the account that holds stakes, fees and bonds. Anyone, once.
@instruction
def open_vault(payer: Signer, config: Config, mint: TokenMint, vault: Empty[TokenAccount]):
    check_mint_address(config, mint.key())
    vault = vault.init(payer=payer, seeds=['vault'], mint=mint, authority=config)
    config.vault = vault.key()
    opened = VaultOpened(vault.key())
    opened.emit()


# Creates the account of the DAO's money. Anyone, once.
@instruction
def open_treasury(payer: Signer, config: Config, mint: TokenMint, treasury: Empty[TokenAccount]):
    check_mint_address(config, mint.key())
    treasury = treasury.init(payer=payer, seeds=['treasury'], mint=mint, authority=config)
    config.treasury = treasury.key()
    opened = TreasuryOpened(treasury.key())
    opened.emit()


# Names the NFT collection of a tier, until mining opens; then only the DAO can.
@instruction
def set_collection(authority: Signer, config: Config, nfts: NftRegistry, tier: u8, collection: Pubkey):
    check_authority(config, authority.key())
    assert tier >= NFT_BRONZE, 'NoTier: the tiers with a collection begin at 1'
    assert tier <= NFT_AIRDROP, 'TierOutOfRange: there are five tiers with a collection'
    nfts.collections[tier] = collection
    named = CollectionSet(tier, collection)
    named.emit()


# Takes note that the multisig has given the mint to this program and the freeze authority to nobody. Anyone.
@instruction
def hand_over(caller: Signer, config: Config, mint: TokenMint):
    assert config.phase == PHASE_FROZEN, 'NotFrozen: only a mint that genesis_adopt took is handed over, once'
    check_mint_address(config, mint.key())
    check_mint(config, config.key(), mint.authority(), mint.freeze_authority(), mint.supply())
    config.phase = PHASE_HANDED_OVER
    handed = MintHandedOver(mint.key(), config.frozen_supply, mint.supply())
    handed.emit()


# Opens mining for ever: from here on nobody has authority over anything but the DAO over what it may move. That
# emission and governance exist is shown by their types.
@instruction
def open_mining(
    authority: Signer, config: Config, emission: Emission, governance: Governance, mint: TokenMint,
    mai_program: UncheckedAccount, mai_data: UncheckedAccount, verifier_program: UncheckedAccount,
    verifier_data: UncheckedAccount, clock: Clock
):
    assert config.phase != PHASE_OPEN, 'AlreadyOpen: mining has been opened'
    assert config.phase == PHASE_HANDED_OVER, 'NotHandedOver: the mint has not been handed over yet'
    check_authority(config, authority.key())
    assert config.vault != config.nobody, 'NoVault: the vault is not opened yet'
    assert config.treasury != config.nobody, 'NoTreasury: the treasury is not opened yet'
    check_mint_address(config, mint.key())
    check_mint(config, config.key(), mint.authority(), mint.freeze_authority(), mint.supply())
    assert mai_program.key() == program_id(), 'WrongPolicyProgram: this is not the account of the policy program'
    assert verifier_program.key() == config.verifier, 'NotTheVerifier: this is not the verifier of the network'
    nobody = config.nobody
    policy_authority = upgrade_authority(mai_program, mai_data, nobody)
    verifier_authority = upgrade_authority(verifier_program, verifier_data, nobody)
    immutable = policy_authority == nobody and verifier_authority == nobody
    if config.adopted:
        assert immutable, 'StillUpgradeable: both programs must be final before an adopted mint is mined'
    now = clock.unix_timestamp()
    config.immutable = immutable
    config.genesis_ts = now
    config.authority = nobody
    config.phase = PHASE_OPEN
    emission.period_start_ts = now
    opened = MiningOpened(now, mint.key(), mint.supply(), config.adopted, immutable)
    opened.emit()
