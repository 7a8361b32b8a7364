# Stake: in, out after a cooldown, and aside as a verifier's.
from seahorse.prelude import *
from checks import count_verifier
from config import Config, check_vault, check_wallet
from governance import Governance
from parameters import VERIFIER_STAKE
from staking import (
    MOVED_FROM_VERIFIER, MOVED_IN, MOVED_OUT, MOVED_TO_UNSTAKING, MOVED_TO_VERIFIER, Stake, StakeOpened,
    begin_unstaking, check_undisputed, deposit, moved, remove_free
)


# Opens the signer's stake, empty. Whoever works, votes or checks needs one.
@instruction
def open_stake(owner: Signer, stake: Empty[Stake]):
    bump = stake.bump()
    stake = stake.init(payer=owner, seeds=['stake', owner])
    stake.owner = owner.key()
    stake.bump = bump
    opened = StakeOpened(stake.key(), owner.key())
    opened.emit()


# Puts MAI into the vault. It backs work at once and votes after the warm-up.
@instruction
def deposit_stake(
    owner: Signer, config: Config, governance: Governance, stake: Stake, token_account: TokenAccount,
    vault: TokenAccount, clock: Clock, amount: u64
):
    assert stake.owner == owner.key(), 'NotDepositor: only its owner can add to a stake'
    check_vault(config, vault.key())
    check_wallet(config, token_account.mint(), token_account.authority(), owner.key())
    assert amount >= 1, 'NothingToStake: a deposit is at least one base unit'
    token_account.transfer(authority=owner, to=vault, amount=amount)
    deposit(stake, amount, clock.unix_timestamp())
    governance.staked += amount
    told = moved(stake, stake.key(), MOVED_IN, amount, governance.staked)
    told.emit()


# Starts the cooldown; until it is over the amount can still be slashed, but neither votes nor backs anything.
@instruction
def unstake(owner: Signer, config: Config, governance: Governance, stake: Stake, clock: Clock, amount: u64):
    now = clock.unix_timestamp()
    assert stake.owner == owner.key(), 'NotUnstaker: only its owner can unstake'
    check_undisputed(stake)
    assert now >= stake.locked_until_ts, 'StakeVoted: stake stays until the votes it was cast in are over'
    remove_free(stake, amount, now)
    begin_unstaking(stake, amount, now)
    governance.staked -= amount
    told = moved(stake, stake.key(), MOVED_TO_UNSTAKING, amount, governance.staked)
    told.emit()


# Pays out everything that has cooled down.
@instruction
def withdraw_stake(
    owner: Signer, config: Config, governance: Governance, stake: Stake, vault: TokenAccount,
    token_account: TokenAccount, clock: Clock
):
    assert stake.owner == owner.key(), 'NotWithdrawer: only its owner can withdraw a stake'
    check_vault(config, vault.key())
    check_wallet(config, token_account.mint(), token_account.authority(), owner.key())
    check_undisputed(stake)
    assert stake.unstaking >= 1, 'NothingToWithdraw: nothing is leaving this stake'
    assert clock.unix_timestamp() >= stake.unlock_ts, 'StakeCoolingDown: the cooldown of 14 days is not over'
    amount = stake.unstaking
    stake.unstaking = 0
    bump = config.bump
    vault.transfer(authority=config, to=token_account, amount=amount, signer=['config', bump])
    told = moved(stake, stake.key(), MOVED_OUT, amount, governance.staked)
    told.emit()


# Sets stake aside to back challenges and decisions. It neither votes nor backs work any more.
@instruction
def designate_verifier(owner: Signer, config: Config, governance: Governance, stake: Stake, clock: Clock, amount: u64):
    now = clock.unix_timestamp()
    assert stake.owner == owner.key(), 'NotDesignator: only its owner can designate a stake'
    remove_free(stake, amount, now)
    stake.verifier += amount
    stake.verifier_ts = now
    governance.staked -= amount
    count_verifier(governance, stake, config.parameters[VERIFIER_STAKE])
    told = moved(stake, stake.key(), MOVED_TO_VERIFIER, amount, governance.staked)
    told.emit()


# Lets verifier stake leave, through the same cooldown.
@instruction
def undesignate_verifier(owner: Signer, config: Config, governance: Governance, stake: Stake, clock: Clock, amount: u64):
    assert stake.owner == owner.key(), 'NotUndesignator: only its owner can take verifier stake back'
    check_undisputed(stake)
    assert amount >= 1, 'NothingToUndesignate: the amount is at least one base unit'
    assert amount <= stake.verifier, 'VerifierTooLow: there is not so much verifier stake'
    stake.verifier -= amount
    begin_unstaking(stake, amount, clock.unix_timestamp())
    count_verifier(governance, stake, config.parameters[VERIFIER_STAKE])
    told = moved(stake, stake.key(), MOVED_FROM_VERIFIER, amount, governance.staked)
    told.emit()
