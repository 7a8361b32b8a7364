// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

#[event]
#[derive(Clone, Debug, Default)]
pub struct BondWithdrawn {
    pub miner: Pubkey,
    pub bond: u64,
}

impl Mutable<BondWithdrawn> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(BondWithdrawn {
            miner: e.miner.clone(),
            bond: e.bond
        })
    }
}

impl BondWithdrawn {
    pub fn __new__(miner: Pubkey, bond: u64) -> Mutable<Self> {
        let obj = BondWithdrawn { miner, bond };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct DifficultyTurned {
    pub period_s: u64,
    pub minted: u64,
    pub settled: u32,
    pub pending: u32,
    pub completion_bps: u64,
    pub utilisation_bps: u64,
    pub task_difficulty: u64,
    pub sampling: u64,
    pub multiplier: u64,
}

impl Mutable<DifficultyTurned> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(DifficultyTurned {
            period_s: e.period_s,
            minted: e.minted,
            settled: e.settled,
            pending: e.pending,
            completion_bps: e.completion_bps,
            utilisation_bps: e.utilisation_bps,
            task_difficulty: e.task_difficulty,
            sampling: e.sampling,
            multiplier: e.multiplier
        })
    }
}

impl DifficultyTurned {
    pub fn __new__(
        period_s: u64,
        minted: u64,
        settled: u32,
        pending: u32,
        completion_bps: u64,
        utilisation_bps: u64,
        task_difficulty: u64,
        sampling: u64,
        multiplier: u64,
    ) -> Mutable<Self> {
        let obj = DifficultyTurned {
            period_s,
            minted,
            settled,
            pending,
            completion_bps,
            utilisation_bps,
            task_difficulty,
            sampling,
            multiplier,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct Heartbeat {
    pub miner: Pubkey,
    pub week: u32,
    pub hours: u16,
    pub uptime_bps: u16,
    pub quality_bps: u16,
}

impl Mutable<Heartbeat> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(Heartbeat {
            miner: e.miner.clone(),
            week: e.week,
            hours: e.hours,
            uptime_bps: e.uptime_bps,
            quality_bps: e.quality_bps
        })
    }
}

impl Heartbeat {
    pub fn __new__(
        miner: Pubkey,
        week: u32,
        hours: u16,
        uptime_bps: u16,
        quality_bps: u16,
    ) -> Mutable<Self> {
        let obj = Heartbeat {
            miner,
            week,
            hours,
            uptime_bps,
            quality_bps,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct MinerRegistered {
    pub miner: Pubkey,
    pub owner: Pubkey,
    pub device_class: u8,
    pub gpu_mhs: u32,
    pub cpu_mhz: u32,
    pub ram_mhz: u32,
    pub storage_gb: u32,
    pub network_mbps: u32,
    pub bond: u64,
}

impl Mutable<MinerRegistered> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(MinerRegistered {
            miner: e.miner.clone(),
            owner: e.owner.clone(),
            device_class: e.device_class,
            gpu_mhs: e.gpu_mhs,
            cpu_mhz: e.cpu_mhz,
            ram_mhz: e.ram_mhz,
            storage_gb: e.storage_gb,
            network_mbps: e.network_mbps,
            bond: e.bond
        })
    }
}

impl MinerRegistered {
    pub fn __new__(
        miner: Pubkey,
        owner: Pubkey,
        device_class: u8,
        gpu_mhs: u32,
        cpu_mhz: u32,
        ram_mhz: u32,
        storage_gb: u32,
        network_mbps: u32,
        bond: u64,
    ) -> Mutable<Self> {
        let obj = MinerRegistered {
            miner,
            owner,
            device_class,
            gpu_mhs,
            cpu_mhz,
            ram_mhz,
            storage_gb,
            network_mbps,
            bond,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct MinerRetired {
    pub miner: Pubkey,
    pub bond: u64,
    pub withdrawable_ts: i64,
}

impl Mutable<MinerRetired> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(MinerRetired {
            miner: e.miner.clone(),
            bond: e.bond,
            withdrawable_ts: e.withdrawable_ts
        })
    }
}

impl MinerRetired {
    pub fn __new__(miner: Pubkey, bond: u64, withdrawable_ts: i64) -> Mutable<Self> {
        let obj = MinerRetired {
            miner,
            bond,
            withdrawable_ts,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct MinerUpdated {
    pub miner: Pubkey,
    pub device_class: u8,
    pub gpu_mhs: u32,
    pub cpu_mhz: u32,
    pub ram_mhz: u32,
    pub storage_gb: u32,
    pub network_mbps: u32,
}

impl Mutable<MinerUpdated> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(MinerUpdated {
            miner: e.miner.clone(),
            device_class: e.device_class,
            gpu_mhs: e.gpu_mhs,
            cpu_mhz: e.cpu_mhz,
            ram_mhz: e.ram_mhz,
            storage_gb: e.storage_gb,
            network_mbps: e.network_mbps
        })
    }
}

impl MinerUpdated {
    pub fn __new__(
        miner: Pubkey,
        device_class: u8,
        gpu_mhs: u32,
        cpu_mhz: u32,
        ram_mhz: u32,
        storage_gb: u32,
        network_mbps: u32,
    ) -> Mutable<Self> {
        let obj = MinerUpdated {
            miner,
            device_class,
            gpu_mhs,
            cpu_mhz,
            ram_mhz,
            storage_gb,
            network_mbps,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct ModelRegistered {
    pub model: Pubkey,
    pub proof: u8,
    pub detection_bps: u16,
    pub segments: u32,
    pub work_units: u64,
    pub max_active_ms: u64,
    pub approved: bool,
}

impl Mutable<ModelRegistered> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(ModelRegistered {
            model: e.model.clone(),
            proof: e.proof,
            detection_bps: e.detection_bps,
            segments: e.segments,
            work_units: e.work_units,
            max_active_ms: e.max_active_ms,
            approved: e.approved.clone()
        })
    }
}

impl ModelRegistered {
    pub fn __new__(
        model: Pubkey,
        proof: u8,
        detection_bps: u16,
        segments: u32,
        work_units: u64,
        max_active_ms: u64,
        approved: bool,
    ) -> Mutable<Self> {
        let obj = ModelRegistered {
            model,
            proof,
            detection_bps,
            segments,
            work_units,
            max_active_ms,
            approved,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct RewardQuoted {
    pub hourly: u64,
    pub base: u64,
    pub after_nft: u64,
    pub after_uptime: u64,
    pub after_trust: u64,
    pub after_difficulty: u64,
    pub after_quality: u64,
    pub reward: u64,
}

impl Mutable<RewardQuoted> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(RewardQuoted {
            hourly: e.hourly,
            base: e.base,
            after_nft: e.after_nft,
            after_uptime: e.after_uptime,
            after_trust: e.after_trust,
            after_difficulty: e.after_difficulty,
            after_quality: e.after_quality,
            reward: e.reward
        })
    }
}

impl RewardQuoted {
    pub fn __new__(
        hourly: u64,
        base: u64,
        after_nft: u64,
        after_uptime: u64,
        after_trust: u64,
        after_difficulty: u64,
        after_quality: u64,
        reward: u64,
    ) -> Mutable<Self> {
        let obj = RewardQuoted {
            hourly,
            base,
            after_nft,
            after_uptime,
            after_trust,
            after_difficulty,
            after_quality,
            reward,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct TaskClosed {
    pub task: Pubkey,
    pub status: u8,
    pub refunded: u64,
}

impl Mutable<TaskClosed> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(TaskClosed {
            task: e.task.clone(),
            status: e.status,
            refunded: e.refunded
        })
    }
}

impl TaskClosed {
    pub fn __new__(task: Pubkey, status: u8, refunded: u64) -> Mutable<Self> {
        let obj = TaskClosed {
            task,
            status,
            refunded,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct TaskFunded {
    pub task: Pubkey,
    pub fee: u64,
    pub treasury: u64,
}

impl Mutable<TaskFunded> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(TaskFunded {
            task: e.task.clone(),
            fee: e.fee,
            treasury: e.treasury
        })
    }
}

impl TaskFunded {
    pub fn __new__(task: Pubkey, fee: u64, treasury: u64) -> Mutable<Self> {
        let obj = TaskFunded {
            task,
            fee,
            treasury,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct TaskPosted {
    pub task: Pubkey,
    pub requester: Pubkey,
    pub model: Pubkey,
    pub position: u32,
    pub task_class: u8,
    pub places: u8,
    pub expires_ts: i64,
    pub target_slot: u64,
}

impl Mutable<TaskPosted> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(TaskPosted {
            task: e.task.clone(),
            requester: e.requester.clone(),
            model: e.model.clone(),
            position: e.position,
            task_class: e.task_class,
            places: e.places,
            expires_ts: e.expires_ts,
            target_slot: e.target_slot
        })
    }
}

impl TaskPosted {
    pub fn __new__(
        task: Pubkey,
        requester: Pubkey,
        model: Pubkey,
        position: u32,
        task_class: u8,
        places: u8,
        expires_ts: i64,
        target_slot: u64,
    ) -> Mutable<Self> {
        let obj = TaskPosted {
            task,
            requester,
            model,
            position,
            task_class,
            places,
            expires_ts,
            target_slot,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct TaskRedrawn {
    pub task: Pubkey,
    pub round: u32,
    pub target_slot: u64,
}

impl Mutable<TaskRedrawn> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(TaskRedrawn {
            task: e.task.clone(),
            round: e.round,
            target_slot: e.target_slot
        })
    }
}

impl TaskRedrawn {
    pub fn __new__(task: Pubkey, round: u32, target_slot: u64) -> Mutable<Self> {
        let obj = TaskRedrawn {
            task,
            round,
            target_slot,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct WorkAssigned {
    pub work: Pubkey,
    pub task: Pubkey,
    pub miner: Pubkey,
    pub round: u32,
    pub ticket: u64,
    pub chance: u64,
    pub sampling_bps: u16,
    pub at_risk: u64,
    pub deadline_ts: i64,
}

impl Mutable<WorkAssigned> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(WorkAssigned {
            work: e.work.clone(),
            task: e.task.clone(),
            miner: e.miner.clone(),
            round: e.round,
            ticket: e.ticket,
            chance: e.chance,
            sampling_bps: e.sampling_bps,
            at_risk: e.at_risk,
            deadline_ts: e.deadline_ts
        })
    }
}

impl WorkAssigned {
    pub fn __new__(
        work: Pubkey,
        task: Pubkey,
        miner: Pubkey,
        round: u32,
        ticket: u64,
        chance: u64,
        sampling_bps: u16,
        at_risk: u64,
        deadline_ts: i64,
    ) -> Mutable<Self> {
        let obj = WorkAssigned {
            work,
            task,
            miner,
            round,
            ticket,
            chance,
            sampling_bps,
            at_risk,
            deadline_ts,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct WorkCommitted {
    pub work: Pubkey,
    pub task: Pubkey,
    pub miner: Pubkey,
    pub tokens: u32,
    pub active_ms: u64,
    pub votes: u8,
}

impl Mutable<WorkCommitted> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(WorkCommitted {
            work: e.work.clone(),
            task: e.task.clone(),
            miner: e.miner.clone(),
            tokens: e.tokens,
            active_ms: e.active_ms,
            votes: e.votes
        })
    }
}

impl WorkCommitted {
    pub fn __new__(
        work: Pubkey,
        task: Pubkey,
        miner: Pubkey,
        tokens: u32,
        active_ms: u64,
        votes: u8,
    ) -> Mutable<Self> {
        let obj = WorkCommitted {
            work,
            task,
            miner,
            tokens,
            active_ms,
            votes,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct WorkMissed {
    pub work: Pubkey,
    pub task: Pubkey,
    pub miner: Pubkey,
    pub failures: u64,
}

impl Mutable<WorkMissed> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(WorkMissed {
            work: e.work.clone(),
            task: e.task.clone(),
            miner: e.miner.clone(),
            failures: e.failures
        })
    }
}

impl WorkMissed {
    pub fn __new__(work: Pubkey, task: Pubkey, miner: Pubkey, failures: u64) -> Mutable<Self> {
        let obj = WorkMissed {
            work,
            task,
            miner,
            failures,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct WorkRejected {
    pub work: Pubkey,
    pub task: Pubkey,
    pub miner: Pubkey,
    pub reason: u8,
    pub violations: u64,
}

impl Mutable<WorkRejected> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(WorkRejected {
            work: e.work.clone(),
            task: e.task.clone(),
            miner: e.miner.clone(),
            reason: e.reason,
            violations: e.violations
        })
    }
}

impl WorkRejected {
    pub fn __new__(
        work: Pubkey,
        task: Pubkey,
        miner: Pubkey,
        reason: u8,
        violations: u64,
    ) -> Mutable<Self> {
        let obj = WorkRejected {
            work,
            task,
            miner,
            reason,
            violations,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct WorkSettled {
    pub work: Pubkey,
    pub task: Pubkey,
    pub model: Pubkey,
    pub miner: Pubkey,
    pub owner: Pubkey,
    pub active_ms: u64,
    pub epoch: u64,
    pub nft_bps: u64,
    pub uptime_bps: u64,
    pub trust_bps: u64,
    pub difficulty_bps: u64,
    pub quality_bps: u64,
    pub rate: u64,
    pub hourly: u64,
    pub base: u64,
    pub after_nft: u64,
    pub after_uptime: u64,
    pub after_trust: u64,
    pub after_difficulty: u64,
    pub after_quality: u64,
    pub reward: u64,
    pub limit: u64,
    pub cap_left: u64,
    pub minted: u64,
    pub fee_burned: u64,
}

impl Mutable<WorkSettled> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(WorkSettled {
            work: e.work.clone(),
            task: e.task.clone(),
            model: e.model.clone(),
            miner: e.miner.clone(),
            owner: e.owner.clone(),
            active_ms: e.active_ms,
            epoch: e.epoch,
            nft_bps: e.nft_bps,
            uptime_bps: e.uptime_bps,
            trust_bps: e.trust_bps,
            difficulty_bps: e.difficulty_bps,
            quality_bps: e.quality_bps,
            rate: e.rate,
            hourly: e.hourly,
            base: e.base,
            after_nft: e.after_nft,
            after_uptime: e.after_uptime,
            after_trust: e.after_trust,
            after_difficulty: e.after_difficulty,
            after_quality: e.after_quality,
            reward: e.reward,
            limit: e.limit,
            cap_left: e.cap_left,
            minted: e.minted,
            fee_burned: e.fee_burned
        })
    }
}

impl WorkSettled {
    pub fn __new__(
        work: Pubkey,
        task: Pubkey,
        model: Pubkey,
        miner: Pubkey,
        owner: Pubkey,
        active_ms: u64,
        epoch: u64,
        nft_bps: u64,
        uptime_bps: u64,
        trust_bps: u64,
        difficulty_bps: u64,
        quality_bps: u64,
        rate: u64,
        hourly: u64,
        base: u64,
        after_nft: u64,
        after_uptime: u64,
        after_trust: u64,
        after_difficulty: u64,
        after_quality: u64,
        reward: u64,
        limit: u64,
        cap_left: u64,
        minted: u64,
        fee_burned: u64,
    ) -> Mutable<Self> {
        let obj = WorkSettled {
            work,
            task,
            model,
            miner,
            owner,
            active_ms,
            epoch,
            nft_bps,
            uptime_bps,
            trust_bps,
            difficulty_bps,
            quality_bps,
            rate,
            hourly,
            base,
            after_nft,
            after_uptime,
            after_trust,
            after_difficulty,
            after_quality,
            reward,
            limit,
            cap_left,
            minted,
            fee_burned,
        };

        return Mutable::new(obj);
    }
}
