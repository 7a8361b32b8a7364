# The network's one configuration account, PDA ['config']: what genesis fixed for ever, and the parameters that the DAO
# may move. Almost every instruction reads it and none but genesis and the DAO writes it.
from seahorse.prelude import *
from parameters import RATE_FLOOR, check_parameter, default_parameter, check_deterrence

DECIMALS = 9

# Steps of genesis, each checked on chain, none of them ever taken back.
PHASE_FROZEN = 1
PHASE_HANDED_OVER = 2
PHASE_OPEN = 3


class Config(Account):
    # Who may register models and collections until mining opens; the zero key from then on.
    authority: Pubkey
    mint: Pubkey
    verifier: Pubkey
    # PDA ['claim', verifier]: Seahorse's Program has no key(), but it can be a seed, so this pins the program.
    verifier_tag: Pubkey
    vault: Pubkey
    treasury: Pubkey
    # keccak256 of the SRS point that every proof's key must use.
    srs: Array[u8, 32]
    chain_id: u32
    phase: u8
    # An existing mint was adopted; else genesis made a new one.
    adopted: bool
    # At the opening neither this program nor the verifier could be changed by anybody any more.
    immutable: bool
    # The supply when the presale was frozen; nothing may have been minted between that and the hand-over.
    frozen_supply: u64
    # Length of a month of early access for NFT holders in seconds; 0 opens everything to everybody at once.
    month_s: u32
    # When mining opened: the halving, the weeks and early access count from here.
    genesis_ts: i64
    parameters: Array[u64, 32]
    # Always the zero key: Seahorse has no Pubkey literal, and an absent authority reads as this.
    nobody: Pubkey
    bump: u8


# Fills the new configuration; both ways of genesis end here.
def configure(
    config: Config, authority: Pubkey, mint: Pubkey, verifier: Pubkey, chain_id: u32, month_s: u32, rate_floor: u64,
    srs: Array[u8, 32], bump: u8
):
    check_parameter(RATE_FLOOR, rate_floor)
    assert month_s <= 2_592_000, 'MonthTooLong: a month of early access is at most 30 days'
    tag, tag_bump = Pubkey.find_program_address(['claim', verifier])
    config.authority = authority
    config.mint = mint
    config.verifier = verifier
    config.verifier_tag = tag
    config.srs = srs
    config.chain_id = chain_id
    config.month_s = month_s
    for index in range(32):
        config.parameters[index] = default_parameter(u8(index))
    config.parameters[RATE_FLOOR] = rate_floor
    check_deterrence(config.parameters)
    config.bump = bump


def check_open(config: Config):
    assert config.phase == PHASE_OPEN, 'MiningNotOpen: mining has not been opened yet'


# Full weeks since mining opened.
def week_at(genesis_ts: i64, now: i64) -> u32:
    assert now >= genesis_ts, 'BeforeOpening: the chain clock is earlier than the opening of mining'
    return u32((now - genesis_ts) // 604_800)


def check_vault(config: Config, vault: Pubkey):
    assert vault == config.vault, 'WrongVault: this is not the vault of the network'


# A token account that pays or is paid: of MAI, and of this wallet.
def check_wallet(config: Config, mint: Pubkey, authority: Pubkey, owner: Pubkey):
    assert mint == config.mint, 'NotMai: the token account does not hold MAI'
    assert authority == owner, 'NotWalletOwner: the token account belongs to somebody else'


# Seahorse's Program has no key(), but it can be a seed.
def check_verifier_program(config: Config, tag: Pubkey):
    assert tag == config.verifier_tag, 'NotVerifier: this is not the verifier program of the network'
