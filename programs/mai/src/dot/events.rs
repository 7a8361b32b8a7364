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
pub struct MinerRegistered {
    pub miner: Pubkey,
    pub owner: Pubkey,
    pub device_class: u8,
    pub gpu_mhs: u32,
    pub cpu_mhz: u32,
    pub ram_mhz: u32,
    pub storage_gb: u32,
    pub network_mbps: u32,
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
            network_mbps: e.network_mbps
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
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct ModelRegistered {
    pub model: Pubkey,
    pub segments: u32,
    pub work_units: u64,
    pub max_active_ms: u64,
}

impl Mutable<ModelRegistered> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(ModelRegistered {
            model: e.model.clone(),
            segments: e.segments,
            work_units: e.work_units,
            max_active_ms: e.max_active_ms
        })
    }
}

impl ModelRegistered {
    pub fn __new__(
        model: Pubkey,
        segments: u32,
        work_units: u64,
        max_active_ms: u64,
    ) -> Mutable<Self> {
        let obj = ModelRegistered {
            model,
            segments,
            work_units,
            max_active_ms,
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
    pub genesis_ts: i64,
    pub rate_floor: u64,
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
            genesis_ts: e.genesis_ts,
            rate_floor: e.rate_floor,
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
        genesis_ts: i64,
        rate_floor: u64,
        supply: u64,
    ) -> Mutable<Self> {
        let obj = NetworkCreated {
            authority,
            mint,
            verifier,
            chain_id,
            genesis_ts,
            rate_floor,
            supply,
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
        reward: u64,
    ) -> Mutable<Self> {
        let obj = RewardQuoted {
            hourly,
            base,
            after_nft,
            after_uptime,
            after_trust,
            after_difficulty,
            reward,
        };

        return Mutable::new(obj);
    }
}

#[event]
#[derive(Clone, Debug, Default)]
pub struct TaskFunded {
    pub task: Pubkey,
    pub burned: u64,
    pub fee_burned: u64,
}

impl Mutable<TaskFunded> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(TaskFunded {
            task: e.task.clone(),
            burned: e.burned,
            fee_burned: e.fee_burned
        })
    }
}

impl TaskFunded {
    pub fn __new__(task: Pubkey, burned: u64, fee_burned: u64) -> Mutable<Self> {
        let obj = TaskFunded {
            task,
            burned,
            fee_burned,
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
    pub expires_ts: i64,
}

impl Mutable<TaskPosted> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(TaskPosted {
            task: e.task.clone(),
            requester: e.requester.clone(),
            model: e.model.clone(),
            position: e.position,
            expires_ts: e.expires_ts
        })
    }
}

impl TaskPosted {
    pub fn __new__(
        task: Pubkey,
        requester: Pubkey,
        model: Pubkey,
        position: u32,
        expires_ts: i64,
    ) -> Mutable<Self> {
        let obj = TaskPosted {
            task,
            requester,
            model,
            position,
            expires_ts,
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
}

impl Mutable<WorkCommitted> {
    pub fn __emit__(&self) {
        let e = self.borrow();

        emit!(WorkCommitted {
            work: e.work.clone(),
            task: e.task.clone(),
            miner: e.miner.clone(),
            tokens: e.tokens,
            active_ms: e.active_ms
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
    ) -> Mutable<Self> {
        let obj = WorkCommitted {
            work,
            task,
            miner,
            tokens,
            active_ms,
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
    pub rate: u64,
    pub hourly: u64,
    pub base: u64,
    pub after_nft: u64,
    pub after_uptime: u64,
    pub after_trust: u64,
    pub after_difficulty: u64,
    pub reward: u64,
    pub minted: u64,
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
            rate: e.rate,
            hourly: e.hourly,
            base: e.base,
            after_nft: e.after_nft,
            after_uptime: e.after_uptime,
            after_trust: e.after_trust,
            after_difficulty: e.after_difficulty,
            reward: e.reward,
            minted: e.minted
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
        rate: u64,
        hourly: u64,
        base: u64,
        after_nft: u64,
        after_uptime: u64,
        after_trust: u64,
        after_difficulty: u64,
        reward: u64,
        minted: u64,
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
            rate,
            hourly,
            base,
            after_nft,
            after_uptime,
            after_trust,
            after_difficulty,
            reward,
            minted,
        };

        return Mutable::new(obj);
    }
}
