// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{
    governance::{PROPOSE_CALIBRATION, PROPOSE_COLLECTION, PROPOSE_MODEL, PROPOSE_PARAMETER},
    nfts::{collection_tier, NftRegistry, NFT_AIRDROP, NFT_NONE},
    parameters::{
        check_deterrence, check_parameter, parameter_risk, FULL_BPS, RISK_HIGH, RISK_MEDIUM,
    },
};

use crate::dot::governance::*;
use crate::dot::nfts::*;
use crate::dot::parameters::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

pub fn check_changes(mut changes: bool) -> () {
    if !changes {
        refuse("NothingChanges: the proposal would change nothing");
    }
}

pub fn check_form(
    mut kind: u8,
    mut index: u32,
    mut target: Pubkey,
    mut value: u64,
    mut nobody: Pubkey,
) -> () {
    if (kind == PROPOSE_PARAMETER!()) || (kind == PROPOSE_CALIBRATION!()) {
        if !(target == nobody) {
            refuse("TargetNotUsed: a number that changes has no target");
        }
    } else {
        if kind == PROPOSE_COLLECTION!() {
            if !(value == 0) {
                refuse("ValueNotUsed: a collection that changes has no value");
            }
        } else {
            if !(index == 0) {
                refuse("IndexNotUsed: a model or a payment has no index");
            }
        }
    }
}

pub fn check_model_value(mut value: u64) -> () {
    if !(value <= 1) {
        refuse("NotYesOrNo: a model is admitted (1) or withdrawn (0)");
    }
}

pub fn check_new_collection<'info>(
    mut nfts: Mutable<LoadedNftRegistry<'info, '_>>,
    mut tier: u32,
    mut collection: Pubkey,
) -> () {
    let mut exists = (tier > <u32 as TryFrom<_>>::try_from(NFT_NONE!()).unwrap())
        && (tier <= <u32 as TryFrom<_>>::try_from(NFT_AIRDROP!()).unwrap());

    if !exists {
        refuse("UnknownTier: the tiers of collections are 1 to 5");
    }

    let mut taken = collection_tier(nfts.clone(), collection.clone());
    let mut free =
        (taken == NFT_NONE!()) || (<u32 as TryFrom<_>>::try_from(taken.clone()).unwrap() == tier);

    if !free {
        refuse("CollectionTaken: the collection is that of another tier");
    }
}

pub fn check_new_parameter(
    mut parameters: Mutable<[u64; 32]>,
    mut index: u32,
    mut value: u64,
) -> () {
    check_parameter(
        <u8 as TryFrom<_>>::try_from(index.min(255)).unwrap(),
        value.clone(),
    );

    let mut moved = Mutable::new(vec![]);

    for mut at in 0..32 {
        moved
            .borrow_mut()
            .push(parameters.borrow()[parameters.wrapped_index(at as i128)].clone());
    }

    index_assign!(
        moved.borrow_mut(),
        moved.wrapped_index((index as i128) as i128),
        value
    );

    check_deterrence(Mutable::new(
        <_ as TryInto<[_; 32]>>::try_into(
            moved
                .borrow()
                .iter()
                .map(|elem| elem.clone())
                .collect::<Vec<_>>(),
        )
        .unwrap(),
    ));
}

pub fn check_present(mut present: bool) -> () {
    if !present {
        panic ! ("StaleProposal: what the proposal changes is no longer what it was when it was proposed");
    }
}

pub fn check_spending(mut value: u64, mut balance: u64, mut spend_bps: u64) -> () {
    let mut within = (<u128 as TryFrom<_>>::try_from(value.clone()).unwrap() * FULL_BPS!())
        <= (<u128 as TryFrom<_>>::try_from(balance.clone()).unwrap()
            * <u128 as TryFrom<_>>::try_from(spend_bps.clone()).unwrap());

    if !within {
        refuse("SpendsTooMuch: one proposal spends at most its share of the treasury");
    }
}

pub fn risk_of(mut kind: u8, mut index: u32, mut value: u64) -> u8 {
    if !(kind <= PROPOSE_COLLECTION!()) {
        refuse("UnknownKind: the kind of a proposal is 0 to 4");
    }

    if kind == PROPOSE_PARAMETER!() {
        return parameter_risk(<u8 as TryFrom<_>>::try_from(index.min(31)).unwrap());
    } else {
        if kind == PROPOSE_CALIBRATION!() {
            return RISK_MEDIUM!();
        } else {
            if (kind == PROPOSE_MODEL!()) && (value == 0) {
                return RISK_MEDIUM!();
            }
        }
    }

    return RISK_HIGH!();
}
