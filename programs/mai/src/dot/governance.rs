// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{
    parameters::{FULL_BPS, RISK_HIGH},
    staking::{voting_weight, Stake, ADVANCED_STAKE, BASIC_STAKE, STANDARD_STAKE},
};

use crate::dot::parameters::*;
use crate::dot::staking::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { DAY_S , 86400 }

seahorse_const! { EXECUTION_S , 1209600 }

seahorse_const! { PROPOSAL_ACTIVE , 1 }

seahorse_const! { PROPOSAL_EXECUTED , 2 }

seahorse_const! { PROPOSE_CALIBRATION , 1 }

seahorse_const! { PROPOSE_COLLECTION , 4 }

seahorse_const! { PROPOSE_MODEL , 2 }

seahorse_const! { PROPOSE_PARAMETER , 0 }

seahorse_const! { PROPOSE_TREASURY , 3 }

#[account]
#[derive(Debug)]
pub struct Governance {
    pub proposals: u64,
    pub staked: u64,
    pub verifiers: u32,
    pub bump: u8,
}

impl<'info, 'entrypoint> Governance {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedGovernance<'info, 'entrypoint>> {
        let proposals = account.proposals;
        let staked = account.staked;
        let verifiers = account.verifiers;
        let bump = account.bump;

        Mutable::new(LoadedGovernance {
            __account__: account,
            __programs__: programs_map,
            proposals,
            staked,
            verifiers,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedGovernance>) {
        let mut loaded = loaded.borrow_mut();
        let proposals = loaded.proposals;

        loaded.__account__.proposals = proposals;

        let staked = loaded.staked;

        loaded.__account__.staked = staked;

        let verifiers = loaded.verifiers;

        loaded.__account__.verifiers = verifiers;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedGovernance<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Governance>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub proposals: u64,
    pub staked: u64,
    pub verifiers: u32,
    pub bump: u8,
}

#[account]
#[derive(Debug)]
pub struct Proposal {
    pub id: u64,
    pub proposer: Pubkey,
    pub kind: u8,
    pub risk: u8,
    pub status: u8,
    pub index: u32,
    pub target: Pubkey,
    pub value: u64,
    pub old_value: u64,
    pub old_target: Pubkey,
    pub text: [u8; 32],
    pub created_ts: i64,
    pub voting_ends_ts: i64,
    pub denials_end_ts: i64,
    pub executable_ts: i64,
    pub expires_ts: i64,
    pub staked: u64,
    pub approved: u64,
    pub denied: u64,
    pub bump: u8,
}

impl<'info, 'entrypoint> Proposal {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedProposal<'info, 'entrypoint>> {
        let id = account.id;
        let proposer = account.proposer.clone();
        let kind = account.kind;
        let risk = account.risk;
        let status = account.status;
        let index = account.index;
        let target = account.target.clone();
        let value = account.value;
        let old_value = account.old_value;
        let old_target = account.old_target.clone();
        let text = Mutable::new(account.text.clone());
        let created_ts = account.created_ts;
        let voting_ends_ts = account.voting_ends_ts;
        let denials_end_ts = account.denials_end_ts;
        let executable_ts = account.executable_ts;
        let expires_ts = account.expires_ts;
        let staked = account.staked;
        let approved = account.approved;
        let denied = account.denied;
        let bump = account.bump;

        Mutable::new(LoadedProposal {
            __account__: account,
            __programs__: programs_map,
            id,
            proposer,
            kind,
            risk,
            status,
            index,
            target,
            value,
            old_value,
            old_target,
            text,
            created_ts,
            voting_ends_ts,
            denials_end_ts,
            executable_ts,
            expires_ts,
            staked,
            approved,
            denied,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedProposal>) {
        let mut loaded = loaded.borrow_mut();
        let id = loaded.id;

        loaded.__account__.id = id;

        let proposer = loaded.proposer.clone();

        loaded.__account__.proposer = proposer;

        let kind = loaded.kind;

        loaded.__account__.kind = kind;

        let risk = loaded.risk;

        loaded.__account__.risk = risk;

        let status = loaded.status;

        loaded.__account__.status = status;

        let index = loaded.index;

        loaded.__account__.index = index;

        let target = loaded.target.clone();

        loaded.__account__.target = target;

        let value = loaded.value;

        loaded.__account__.value = value;

        let old_value = loaded.old_value;

        loaded.__account__.old_value = old_value;

        let old_target = loaded.old_target.clone();

        loaded.__account__.old_target = old_target;

        let text = loaded.text.borrow().clone();

        loaded.__account__.text = text;

        let created_ts = loaded.created_ts;

        loaded.__account__.created_ts = created_ts;

        let voting_ends_ts = loaded.voting_ends_ts;

        loaded.__account__.voting_ends_ts = voting_ends_ts;

        let denials_end_ts = loaded.denials_end_ts;

        loaded.__account__.denials_end_ts = denials_end_ts;

        let executable_ts = loaded.executable_ts;

        loaded.__account__.executable_ts = executable_ts;

        let expires_ts = loaded.expires_ts;

        loaded.__account__.expires_ts = expires_ts;

        let staked = loaded.staked;

        loaded.__account__.staked = staked;

        let approved = loaded.approved;

        loaded.__account__.approved = approved;

        let denied = loaded.denied;

        loaded.__account__.denied = denied;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedProposal<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Proposal>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub id: u64,
    pub proposer: Pubkey,
    pub kind: u8,
    pub risk: u8,
    pub status: u8,
    pub index: u32,
    pub target: Pubkey,
    pub value: u64,
    pub old_value: u64,
    pub old_target: Pubkey,
    pub text: Mutable<[u8; 32]>,
    pub created_ts: i64,
    pub voting_ends_ts: i64,
    pub denials_end_ts: i64,
    pub executable_ts: i64,
    pub expires_ts: i64,
    pub staked: u64,
    pub approved: u64,
    pub denied: u64,
    pub bump: u8,
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct ProposalExecuted {
    pub proposal: Pubkey,
    pub id: u64,
    pub caller: Pubkey,
    pub kind: u8,
    pub index: u32,
    pub target: Pubkey,
    pub old_target: Pubkey,
    pub value: u64,
    pub old_value: u64,
    pub approved: u64,
    pub denied: u64,
    pub staked: u64,
}

impl Mutable<ProposalExecuted> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(ProposalExecuted {
            proposal: e.proposal.clone(),
            id: e.id,
            caller: e.caller.clone(),
            kind: e.kind,
            index: e.index,
            target: e.target.clone(),
            old_target: e.old_target.clone(),
            value: e.value,
            old_value: e.old_value,
            approved: e.approved,
            denied: e.denied,
            staked: e.staked
        })
    }
}

impl ProposalExecuted {
    pub fn __new__(
        proposal: Pubkey,
        id: u64,
        caller: Pubkey,
        kind: u8,
        index: u32,
        target: Pubkey,
        old_target: Pubkey,
        value: u64,
        old_value: u64,
        approved: u64,
        denied: u64,
        staked: u64,
    ) -> Mutable<Self> {
        let obj = ProposalExecuted {
            proposal,
            id,
            caller,
            kind,
            index,
            target,
            old_target,
            value,
            old_value,
            approved,
            denied,
            staked,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct ProposalMade {
    pub proposal: Pubkey,
    pub id: u64,
    pub proposer: Pubkey,
    pub kind: u8,
    pub risk: u8,
    pub index: u32,
    pub target: Pubkey,
    pub old_target: Pubkey,
    pub value: u64,
    pub old_value: u64,
    pub staked: u64,
    pub voting_ends_ts: i64,
    pub denials_end_ts: i64,
    pub executable_ts: i64,
    pub expires_ts: i64,
}

impl Mutable<ProposalMade> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(ProposalMade {
            proposal: e.proposal.clone(),
            id: e.id,
            proposer: e.proposer.clone(),
            kind: e.kind,
            risk: e.risk,
            index: e.index,
            target: e.target.clone(),
            old_target: e.old_target.clone(),
            value: e.value,
            old_value: e.old_value,
            staked: e.staked,
            voting_ends_ts: e.voting_ends_ts,
            denials_end_ts: e.denials_end_ts,
            executable_ts: e.executable_ts,
            expires_ts: e.expires_ts
        })
    }
}

impl ProposalMade {
    pub fn __new__(
        proposal: Pubkey,
        id: u64,
        proposer: Pubkey,
        kind: u8,
        risk: u8,
        index: u32,
        target: Pubkey,
        old_target: Pubkey,
        value: u64,
        old_value: u64,
        staked: u64,
        voting_ends_ts: i64,
        denials_end_ts: i64,
        executable_ts: i64,
        expires_ts: i64,
    ) -> Mutable<Self> {
        let obj = ProposalMade {
            proposal,
            id,
            proposer,
            kind,
            risk,
            index,
            target,
            old_target,
            value,
            old_value,
            staked,
            voting_ends_ts,
            denials_end_ts,
            executable_ts,
            expires_ts,
        };

        return Mutable::new(obj);
    }
}

#[account]
#[derive(Debug)]
pub struct Vote {
    pub proposal: Pubkey,
    pub stake: Pubkey,
    pub weight: u64,
    pub approves: bool,
    pub bump: u8,
}

impl<'info, 'entrypoint> Vote {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedVote<'info, 'entrypoint>> {
        let proposal = account.proposal.clone();
        let stake = account.stake.clone();
        let weight = account.weight;
        let approves = account.approves.clone();
        let bump = account.bump;

        Mutable::new(LoadedVote {
            __account__: account,
            __programs__: programs_map,
            proposal,
            stake,
            weight,
            approves,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedVote>) {
        let mut loaded = loaded.borrow_mut();
        let proposal = loaded.proposal.clone();

        loaded.__account__.proposal = proposal;

        let stake = loaded.stake.clone();

        loaded.__account__.stake = stake;

        let weight = loaded.weight;

        loaded.__account__.weight = weight;

        let approves = loaded.approves.clone();

        loaded.__account__.approves = approves;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedVote<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Vote>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub proposal: Pubkey,
    pub stake: Pubkey,
    pub weight: u64,
    pub approves: bool,
    pub bump: u8,
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct VoteCast {
    pub proposal: Pubkey,
    pub stake: Pubkey,
    pub weight: u64,
    pub approves: bool,
    pub turned: bool,
    pub approved: u64,
    pub denied: u64,
}

impl Mutable<VoteCast> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(VoteCast {
            proposal: e.proposal.clone(),
            stake: e.stake.clone(),
            weight: e.weight,
            approves: e.approves.clone(),
            turned: e.turned.clone(),
            approved: e.approved,
            denied: e.denied
        })
    }
}

impl VoteCast {
    pub fn __new__(
        proposal: Pubkey,
        stake: Pubkey,
        weight: u64,
        approves: bool,
        turned: bool,
        approved: u64,
        denied: u64,
    ) -> Mutable<Self> {
        let obj = VoteCast {
            proposal,
            stake,
            weight,
            approves,
            turned,
            approved,
            denied,
        };

        return Mutable::new(obj);
    }
}

pub fn carried(mut risk: u8, mut approved: u64, mut denied: u64) -> bool {
    return (<u128 as TryFrom<_>>::try_from(approved.clone()).unwrap() * FULL_BPS!())
        > (<u128 as TryFrom<_>>::try_from(majority_bps(risk.clone())).unwrap()
            * (<u128 as TryFrom<_>>::try_from(approved.clone()).unwrap()
                + <u128 as TryFrom<_>>::try_from(denied.clone()).unwrap()));
}

pub fn cast<'info>(
    mut vote: Mutable<LoadedVote<'info, '_>>,
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut turned: bool,
) -> Mutable<VoteCast> {
    return VoteCast::__new__(
        vote.borrow().proposal.clone(),
        vote.borrow().stake.clone(),
        vote.borrow().weight.clone(),
        vote.borrow().approves.clone(),
        turned.clone(),
        proposal.borrow().approved.clone(),
        proposal.borrow().denied.clone(),
    );
}

pub fn check_proposer(mut weight: u64, mut risk: u8) -> () {
    if !(weight >= STANDARD_STAKE!()) {
        refuse("CannotPropose: proposals need a Standard stake of 500,000 MAI");
    }

    if risk == RISK_HIGH!() {
        if !(weight >= ADVANCED_STAKE!()) {
            refuse("CannotProposeHighRisk: this proposal needs an Advanced stake of 2,000,000 MAI");
        }
    }
}

pub fn check_voter<'info>(mut stake: Mutable<LoadedStake<'info, '_>>, mut owner: Pubkey) -> () {
    if !(stake.borrow().owner == owner) {
        refuse("NotVotersStake: only its owner can vote with a stake");
    }
}

pub fn conclude<'info>(
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut kind: u8,
    mut now: i64,
) -> () {
    if !(proposal.borrow().kind == kind) {
        refuse("WrongKind: the proposal has another kind of effect");
    }

    if !(proposal.borrow().status == PROPOSAL_ACTIVE!()) {
        refuse("AlreadyExecuted: the proposal was executed before");
    }

    if !(now >= proposal.borrow().executable_ts) {
        refuse("NotYetExecutable: votes, denials and the delay are not over yet");
    }

    if !(now < proposal.borrow().expires_ts) {
        refuse("ProposalExpired: an approved proposal can be executed for 14 days");
    }

    if !quorate(
        proposal.borrow().risk.clone(),
        proposal.borrow().approved.clone(),
        proposal.borrow().denied.clone(),
        proposal.borrow().staked.clone(),
    ) {
        refuse("QuorumMissed: too little of the stake took part");
    }

    if !carried(
        proposal.borrow().risk.clone(),
        proposal.borrow().approved.clone(),
        proposal.borrow().denied.clone(),
    ) {
        refuse("NotApproved: the majority was not exceeded");
    }

    assign!(proposal.borrow_mut().status, PROPOSAL_EXECUTED!());
}

pub fn count_vote<'info>(
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut stake: Mutable<LoadedStake<'info, '_>>,
    mut vote: Mutable<LoadedVote<'info, '_>>,
    mut approves: bool,
    mut now: i64,
) -> () {
    let mut weight = voting_weight(stake.clone(), now.clone());

    if !(weight >= BASIC_STAKE!()) {
        refuse("CannotVote: voting needs a Basic stake of 100,000 MAI for 14 days");
    }

    if !(now < proposal.borrow().denials_end_ts) {
        refuse("VotingOver: the proposal can no longer be voted on");
    }

    if approves {
        if !(now < proposal.borrow().voting_ends_ts) {
            refuse("OnlyDenials: approvals are over, only denials are still counted");
        }

        assign!(
            proposal.borrow_mut().approved,
            proposal.borrow().approved + weight
        );
    } else {
        assign!(
            proposal.borrow_mut().denied,
            proposal.borrow().denied + weight
        );
    }

    assign!(vote.borrow_mut().weight, weight);

    assign!(vote.borrow_mut().approves, approves);

    assign!(
        stake.borrow_mut().locked_until_ts,
        stake
            .borrow()
            .locked_until_ts
            .max(proposal.borrow().denials_end_ts)
    );
}

pub fn delay_s(mut risk: u8) -> i64 {
    let mut days = Mutable::new([<i64 as TryFrom<_>>::try_from(1).unwrap(), 3, 7]);

    return days.borrow()[days.wrapped_index((risk as i128) as i128)] * DAY_S!();
}

pub fn denial_s(mut risk: u8) -> i64 {
    let mut days = Mutable::new([<i64 as TryFrom<_>>::try_from(1).unwrap(), 2, 3]);

    return days.borrow()[days.wrapped_index((risk as i128) as i128)] * DAY_S!();
}

pub fn executed<'info>(
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut key: Pubkey,
    mut caller: Pubkey,
) -> Mutable<ProposalExecuted> {
    return ProposalExecuted::__new__(
        key.clone(),
        proposal.borrow().id.clone(),
        caller.clone(),
        proposal.borrow().kind.clone(),
        proposal.borrow().index.clone(),
        proposal.borrow().target.clone(),
        proposal.borrow().old_target.clone(),
        proposal.borrow().value.clone(),
        proposal.borrow().old_value.clone(),
        proposal.borrow().approved.clone(),
        proposal.borrow().denied.clone(),
        proposal.borrow().staked.clone(),
    );
}

pub fn majority_bps(mut risk: u8) -> u64 {
    let mut shares = Mutable::new([<u64 as TryFrom<_>>::try_from(5000).unwrap(), 6000, 6667]);

    return shares.borrow()[shares.wrapped_index((risk as i128) as i128)];
}

pub fn quorate(mut risk: u8, mut approved: u64, mut denied: u64, mut staked: u64) -> bool {
    return ((<u128 as TryFrom<_>>::try_from(approved.clone()).unwrap()
        + <u128 as TryFrom<_>>::try_from(denied.clone()).unwrap())
        * FULL_BPS!())
        >= (<u128 as TryFrom<_>>::try_from(quorum_bps(risk.clone())).unwrap()
            * <u128 as TryFrom<_>>::try_from(staked.clone()).unwrap());
}

pub fn quorum_bps(mut risk: u8) -> u64 {
    let mut shares = Mutable::new([<u64 as TryFrom<_>>::try_from(1000).unwrap(), 2000, 3300]);

    return shares.borrow()[shares.wrapped_index((risk as i128) as i128)];
}

pub fn schedule<'info>(
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut risk: u8,
    mut now: i64,
) -> () {
    assign!(proposal.borrow_mut().risk, risk);

    assign!(proposal.borrow_mut().created_ts, now);

    assign!(
        proposal.borrow_mut().voting_ends_ts,
        now + voting_s(risk.clone())
    );

    assign!(
        proposal.borrow_mut().denials_end_ts,
        proposal.borrow().voting_ends_ts + denial_s(risk.clone())
    );

    assign!(
        proposal.borrow_mut().executable_ts,
        proposal.borrow().denials_end_ts + delay_s(risk.clone())
    );

    assign!(
        proposal.borrow_mut().expires_ts,
        proposal.borrow().executable_ts + EXECUTION_S!()
    );
}

pub fn turn_vote<'info>(
    mut proposal: Mutable<LoadedProposal<'info, '_>>,
    mut vote: Mutable<LoadedVote<'info, '_>>,
    mut now: i64,
) -> () {
    if !vote.borrow().approves {
        refuse("AlreadyDenied: this vote is a denial already");
    }

    if !(now < proposal.borrow().denials_end_ts) {
        refuse("DenialsOver: an approval can no longer be turned");
    }

    assign!(vote.borrow_mut().approves, false);

    assign!(
        proposal.borrow_mut().approved,
        proposal.borrow().approved - vote.borrow().weight
    );

    assign!(
        proposal.borrow_mut().denied,
        proposal.borrow().denied + vote.borrow().weight
    );
}

pub fn voting_s(mut risk: u8) -> i64 {
    let mut days = Mutable::new([<i64 as TryFrom<_>>::try_from(3).unwrap(), 5, 7]);

    return days.borrow()[days.wrapped_index((risk as i128) as i128)] * DAY_S!();
}
