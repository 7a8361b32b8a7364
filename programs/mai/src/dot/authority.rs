// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{
    config::Config,
    native::{
        executable, final_loader_id, key_at, loader_id, owner_of, program_id, size_of,
        token_program_id, u32_at, u8_at,
    },
};

use crate::dot::config::*;
use crate::dot::native::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { MOST_SIGNERS , 11 }

seahorse_const! { MULTISIG_BYTES , 355 }

seahorse_const! { MULTISIG_KEYS , 3 }

seahorse_const! { PROGRAM_TAG , 2 }

#[event]
#[derive(Clone, Debug, Default)]
pub struct CollectionSet {
    pub tier: u8,
    pub collection: Pubkey,
}

impl Mutable<CollectionSet> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(CollectionSet {
            tier: e.tier,
            collection: e.collection.clone()
        })
    }
}

impl CollectionSet {
    pub fn __new__(tier: u8, collection: Pubkey) -> Mutable<Self> {
        let obj = CollectionSet { tier, collection };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct GovernanceOpened {
    pub governance: Pubkey,
    pub nfts: Pubkey,
}

impl Mutable<GovernanceOpened> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(GovernanceOpened {
            governance: e.governance.clone(),
            nfts: e.nfts.clone()
        })
    }
}

impl GovernanceOpened {
    pub fn __new__(governance: Pubkey, nfts: Pubkey) -> Mutable<Self> {
        let obj = GovernanceOpened { governance, nfts };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct MiningOpened {
    pub genesis_ts: i64,
    pub mint: Pubkey,
    pub supply: u64,
    pub adopted: bool,
    pub immutable: bool,
}

impl Mutable<MiningOpened> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(MiningOpened {
            genesis_ts: e.genesis_ts,
            mint: e.mint.clone(),
            supply: e.supply,
            adopted: e.adopted.clone(),
            immutable: e.immutable.clone()
        })
    }
}

impl MiningOpened {
    pub fn __new__(
        genesis_ts: i64,
        mint: Pubkey,
        supply: u64,
        adopted: bool,
        immutable: bool,
    ) -> Mutable<Self> {
        let obj = MiningOpened {
            genesis_ts,
            mint,
            supply,
            adopted,
            immutable,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct MintHandedOver {
    pub mint: Pubkey,
    pub frozen_supply: u64,
    pub supply: u64,
}

impl Mutable<MintHandedOver> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(MintHandedOver {
            mint: e.mint.clone(),
            frozen_supply: e.frozen_supply,
            supply: e.supply
        })
    }
}

impl MintHandedOver {
    pub fn __new__(mint: Pubkey, frozen_supply: u64, supply: u64) -> Mutable<Self> {
        let obj = MintHandedOver {
            mint,
            frozen_supply,
            supply,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct NetworkCreated {
    pub authority: Pubkey,
    pub mint: Pubkey,
    pub verifier: Pubkey,
    pub chain_id: u32,
    pub month_s: u32,
    pub rate_floor: u64,
    pub adopted: bool,
    pub supply: u64,
}

impl Mutable<NetworkCreated> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(NetworkCreated {
            authority: e.authority.clone(),
            mint: e.mint.clone(),
            verifier: e.verifier.clone(),
            chain_id: e.chain_id,
            month_s: e.month_s,
            rate_floor: e.rate_floor,
            adopted: e.adopted.clone(),
            supply: e.supply
        })
    }
}

impl NetworkCreated {
    pub fn __new__(
        authority: Pubkey,
        mint: Pubkey,
        verifier: Pubkey,
        chain_id: u32,
        month_s: u32,
        rate_floor: u64,
        adopted: bool,
        supply: u64,
    ) -> Mutable<Self> {
        let obj = NetworkCreated {
            authority,
            mint,
            verifier,
            chain_id,
            month_s,
            rate_floor,
            adopted,
            supply,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct StateOpened {
    pub calibration: Pubkey,
    pub emission: Pubkey,
}

impl Mutable<StateOpened> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(StateOpened {
            calibration: e.calibration.clone(),
            emission: e.emission.clone()
        })
    }
}

impl StateOpened {
    pub fn __new__(calibration: Pubkey, emission: Pubkey) -> Mutable<Self> {
        let obj = StateOpened {
            calibration,
            emission,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct TreasuryOpened {
    pub treasury: Pubkey,
}

impl Mutable<TreasuryOpened> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(TreasuryOpened {
            treasury: e.treasury.clone()
        })
    }
}

impl TreasuryOpened {
    pub fn __new__(treasury: Pubkey) -> Mutable<Self> {
        let obj = TreasuryOpened { treasury };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct VaultOpened {
    pub vault: Pubkey,
}

impl Mutable<VaultOpened> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(VaultOpened {
            vault: e.vault.clone()
        })
    }
}

impl VaultOpened {
    pub fn __new__(vault: Pubkey) -> Mutable<Self> {
        let obj = VaultOpened { vault };

        return Mutable::new(obj);
    }
}

pub fn check_authority<'info>(
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut signer: Pubkey,
) -> () {
    if !(signer == config.borrow().authority) {
        refuse("NotAuthority: only the authority of genesis can do this, until mining opens");
    }
}

pub fn check_creator<'info>(
    mut signer: Pubkey,
    mut program: UncheckedAccount<'info>,
    mut data: UncheckedAccount<'info>,
    mut nobody: Pubkey,
) -> () {
    if !(program.key() == program_id()) {
        refuse("WrongProgram: this is not the account of the policy program");
    }

    let mut authority = upgrade_authority(program.clone(), data.clone(), nobody.clone());

    if owner_of(program.clone()) == loader_id() {
        if !(authority == signer) {
            refuse("NotUpgradeAuthority: only the upgrade authority of the program can do this");
        }
    }
}

pub fn check_mint<'info>(
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut owner: Pubkey,
    mut mint_authority: Pubkey,
    mut freeze_authority: Pubkey,
    mut supply: u64,
) -> () {
    if !(mint_authority == owner) {
        refuse("WrongMintAuthority: the mint authority must be the config account");
    }

    if !(freeze_authority == config.borrow().nobody) {
        refuse("FreezeAuthorityPresent: the mint must have no freeze authority");
    }

    if !(supply <= config.borrow().frozen_supply) {
        refuse("MintedSinceFreeze: there are more tokens than when the presale was frozen");
    }
}

pub fn check_mint_address<'info>(
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut mint: Pubkey,
) -> () {
    if !(mint == config.borrow().mint) {
        refuse("NotTheMint: this is not the mint of the network");
    }
}

pub fn check_multisig<'info>(mut multisig: UncheckedAccount<'info>) -> () {
    if !(owner_of(multisig.clone()) == token_program_id()) {
        refuse("NotTokenProgram: the multisig must be of the SPL token program");
    }

    if !(size_of(multisig.clone()) == MULTISIG_BYTES!()) {
        refuse("NotMultisig: this account of the token program is not a multisig");
    }

    if !(u8_at(multisig.clone(), 2) == 1) {
        refuse("MultisigNotInitialized: the multisig is not initialised");
    }

    let mut required = u8_at(multisig.clone(), 0);
    let mut signers = u8_at(multisig.clone(), 1);

    if !(required >= 2) {
        refuse("OneSignerSuffices: the multisig must require at least two signers");
    }

    if !(signers >= required) {
        refuse("TooFewSigners: the multisig has fewer signers than it requires");
    }

    if !(signers <= MOST_SIGNERS!()) {
        refuse("TooManySigners: a multisig has at most eleven signers");
    }

    for mut i in 0..<u64 as TryFrom<_>>::try_from(signers.clone()).unwrap() {
        for mut j in 0..i.clone() {
            if !(key_at(multisig.clone(), (MULTISIG_KEYS!() + (32 * i)))
                != key_at(multisig.clone(), (MULTISIG_KEYS!() + (32 * j))))
            {
                refuse("RepeatedSigner: a key is in the multisig twice");
            }
        }
    }
}

pub fn upgrade_authority<'info>(
    mut program: UncheckedAccount<'info>,
    mut data: UncheckedAccount<'info>,
    mut nobody: Pubkey,
) -> Pubkey {
    if owner_of(program.clone()) == final_loader_id() {
        let mut runs = executable(program.clone());

        if !runs {
            refuse("NotExecutable: this account of the final loader is not a program");
        }

        return nobody;
    }

    if !(owner_of(program.clone()) == loader_id()) {
        refuse("NotAProgram: this account is not a program of a known loader");
    }

    if !(u32_at(program.clone(), 0) == PROGRAM_TAG!()) {
        refuse("NotDeployed: this account of the upgradeable loader is not a program");
    }

    if !(key_at(program.clone(), 4) == data.key()) {
        refuse("WrongProgramData: the loader keeps the code of the program elsewhere");
    }

    if u8_at(data.clone(), 12) == 0 {
        return nobody;
    }

    return key_at(data.clone(), 13);
}
