# Who could still change the network while it is being made: the upgrade authorities of its programs, the presale's
# multisig and the mint's authorities. Every check of genesis is here, by what the chain itself says; so are its events.
from seahorse.prelude import *
from config import Config
from native import (
    executable, final_loader_id, key_at, loader_id, owner_of, program_id, size_of, token_program_id, u8_at, u32_at
)

# SPL Token's multisig: how many must sign, how many there are, whether it is initialised, then eleven keys.
MULTISIG_BYTES = 355
MULTISIG_KEYS = 3
MOST_SIGNERS = 11
# The upgradeable loader's state of a program: a tag, then where its code is. There: a tag, the slot, the authority.
PROGRAM_TAG = 2


@dataclass
class NetworkCreated(Event):
    authority: Pubkey
    mint: Pubkey
    verifier: Pubkey
    chain_id: u32
    month_s: u32
    rate_floor: u64
    adopted: bool
    supply: u64


@dataclass
class StateOpened(Event):
    calibration: Pubkey
    emission: Pubkey


@dataclass
class GovernanceOpened(Event):
    governance: Pubkey
    nfts: Pubkey


@dataclass
class VaultOpened(Event):
    vault: Pubkey


@dataclass
class TreasuryOpened(Event):
    treasury: Pubkey


@dataclass
class CollectionSet(Event):
    tier: u8
    collection: Pubkey


@dataclass
class MintHandedOver(Event):
    mint: Pubkey
    frozen_supply: u64
    supply: u64


@dataclass
class MiningOpened(Event):
    genesis_ts: i64
    mint: Pubkey
    supply: u64
    adopted: bool
    immutable: bool


# Who can replace a program's code; nobody, the zero key, if it is final. The account of the code is the one that the
# loader itself wrote into the program's account, so it needs no other check.
def upgrade_authority(program: UncheckedAccount, data: UncheckedAccount, nobody: Pubkey) -> Pubkey:
    if owner_of(program) == final_loader_id():
        runs = executable(program)
        assert runs, 'NotExecutable: this account of the final loader is not a program'
        return nobody
    assert owner_of(program) == loader_id(), 'NotAProgram: this account is not a program of a known loader'
    assert u32_at(program, 0) == PROGRAM_TAG, 'NotDeployed: this account of the upgradeable loader is not a program'
    assert key_at(program, 4) == data.key(), 'WrongProgramData: the loader keeps the code of the program elsewhere'
    if u8_at(data, 12) == 0:
        return nobody
    return key_at(data, 13)


# Genesis is for whoever deployed the program: nobody else can be first. A program that was never upgradeable tells
# nothing about who that is, so there anybody may.
def check_creator(signer: Pubkey, program: UncheckedAccount, data: UncheckedAccount, nobody: Pubkey):
    assert program.key() == program_id(), 'WrongProgram: this is not the account of the policy program'
    authority = upgrade_authority(program, data, nobody)
    if owner_of(program) == loader_id():
        assert authority == signer, 'NotUpgradeAuthority: only the upgrade authority of the program can do this'


# A multisig that at least two different keys must sign for. A repeated key would count twice for one signature.
def check_multisig(multisig: UncheckedAccount):
    assert owner_of(multisig) == token_program_id(), 'NotTokenProgram: the multisig must be of the SPL token program'
    assert size_of(multisig) == MULTISIG_BYTES, 'NotMultisig: this account of the token program is not a multisig'
    assert u8_at(multisig, 2) == 1, 'MultisigNotInitialized: the multisig is not initialised'
    required = u8_at(multisig, 0)
    signers = u8_at(multisig, 1)
    assert required >= 2, 'OneSignerSuffices: the multisig must require at least two signers'
    assert signers >= required, 'TooFewSigners: the multisig has fewer signers than it requires'
    assert signers <= MOST_SIGNERS, 'TooManySigners: a multisig has at most eleven signers'
    for i in range(u64(signers)):
        for j in range(i):
            assert key_at(multisig, MULTISIG_KEYS + 32 * i) != key_at(multisig, MULTISIG_KEYS + 32 * j), \
                'RepeatedSigner: a key is in the multisig twice'


def check_mint_address(config: Config, mint: Pubkey):
    assert mint == config.mint, 'NotTheMint: this is not the mint of the network'


# Nobody but this program can mint, nobody can freeze, and nobody has minted since the freeze (a new mint has none).
def check_mint(config: Config, owner: Pubkey, mint_authority: Pubkey, freeze_authority: Pubkey, supply: u64):
    assert mint_authority == owner, 'WrongMintAuthority: the mint authority must be the config account'
    assert freeze_authority == config.nobody, 'FreezeAuthorityPresent: the mint must have no freeze authority'
    assert supply <= config.frozen_supply, 'MintedSinceFreeze: there are more tokens than when the presale was frozen'


# The zero key cannot sign, so from the opening on this refuses everybody.
def check_authority(config: Config, signer: Pubkey):
    assert signer == config.authority, 'NotAuthority: only the authority of genesis can do this, until mining opens'
