// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]

pub mod dot;

use anchor_lang::prelude::*;
use anchor_spl::{
    associated_token::{self, AssociatedToken},
    token::{self, Mint, Token, TokenAccount},
};

use dot::program::*;
use std::{cell::RefCell, rc::Rc};

declare_id!("7Fj3XWaYSdGm9PwcGU4fEneXDeDt4HZx7FZKxaXtTEQR");

pub mod seahorse_util {
    use super::*;

    // Logs the sentence and ends the transaction; what `panic!` does, without its message's and its place's plumbing.
    #[cold]
    #[inline(never)]
    pub fn refuse(sentence: &'static str) -> ! {
        anchor_lang::solana_program::log::sol_log(sentence);
        std::process::abort()
    }

    #[cfg(feature = "pyth-sdk-solana")]
    pub use pyth_sdk_solana::{load_price_feed_from_account_info, PriceFeed};
    use std::{collections::HashMap, fmt::Debug, ops::Deref};

    // A value that its copies share, as in Python: no count of owners, because the VM's heap frees nothing, and none of
    // borrows, because the generated code ends each within its statement.
    pub struct Mutable<T>(*mut T);

    impl<T> Mutable<T> {
        pub fn new(obj: T) -> Self {
            Self(Box::into_raw(Box::new(obj)))
        }

        pub fn borrow(&self) -> &T {
            unsafe { &*self.0 }
        }

        #[allow(clippy::mut_from_ref)]
        pub fn borrow_mut(&self) -> &mut T {
            unsafe { &mut *self.0 }
        }
    }

    impl<T> Clone for Mutable<T> {
        fn clone(&self) -> Self {
            Self(self.0)
        }
    }

    impl<T: PartialEq> PartialEq for Mutable<T> {
        fn eq(&self, other: &Self) -> bool {
            self.borrow() == other.borrow()
        }
    }

    impl<T: Debug> Debug for Mutable<T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("RefCell").field("value", self.borrow()).finish()
        }
    }

    impl<T: Default> Default for Mutable<T> {
        fn default() -> Self {
            Self::new(T::default())
        }
    }

    impl<T: Clone> Mutable<Vec<T>> {
        pub fn wrapped_index(&self, mut index: i128) -> usize {
            if index >= 0 {
                return index.try_into().unwrap();
            }

            index += self.borrow().len() as i128;

            return index.try_into().unwrap();
        }
    }

    impl<T: Clone, const N: usize> Mutable<[T; N]> {
        pub fn wrapped_index(&self, mut index: i128) -> usize {
            if index >= 0 {
                return index.try_into().unwrap();
            }

            index += self.borrow().len() as i128;

            return index.try_into().unwrap();
        }
    }

    #[derive(Clone)]
    pub struct Empty<T: Clone> {
        pub account: T,
        pub bump: Option<u8>,
    }

    #[derive(Clone, Debug)]
    pub struct ProgramsMap<'info>(pub Programs<'info>);

    // The few programs of one instruction, by parameter name.
    #[derive(Clone, Debug)]
    pub struct Programs<'info>(Vec<(&'static str, AccountInfo<'info>)>);

    impl<'info> Programs<'info> {
        pub fn new() -> Self {
            Self(Vec::new())
        }

        #[inline(never)]
        pub fn insert(&mut self, name: &'static str, program: AccountInfo<'info>) {
            self.0.push((name, program));
        }

        #[inline(never)]
        pub fn get(&self, name: &str) -> Option<&AccountInfo<'info>> {
            self.0.iter().find(|(known, _)| *known == name).map(|(_, program)| program)
        }
    }

    impl<'info> ProgramsMap<'info> {
        pub fn get(&self, name: &'static str) -> AccountInfo<'info> {
            self.0.get(name).unwrap().clone()
        }
    }

    #[derive(Clone, Debug)]
    pub struct WithPrograms<'info, 'entrypoint, A> {
        pub account: &'entrypoint A,
        pub programs: &'entrypoint ProgramsMap<'info>,
    }

    impl<'info, 'entrypoint, A> Deref for WithPrograms<'info, 'entrypoint, A> {
        type Target = A;

        fn deref(&self) -> &Self::Target {
            &self.account
        }
    }

    pub type SeahorseAccount<'info, 'entrypoint, A> =
        WithPrograms<'info, 'entrypoint, Box<Account<'info, A>>>;

    pub type SeahorseSigner<'info, 'entrypoint> = WithPrograms<'info, 'entrypoint, Signer<'info>>;

    #[derive(Clone, Debug)]
    pub struct CpiAccount<'info> {
        #[doc = "CHECK: CpiAccounts temporarily store AccountInfos."]
        pub account_info: AccountInfo<'info>,
        pub is_writable: bool,
        pub is_signer: bool,
        pub seeds: Option<Vec<Vec<u8>>>,
    }

    #[macro_export]
    macro_rules! seahorse_const {
        ($ name : ident , $ value : expr) => {
            macro_rules! $name {
                () => {
                    $value
                };
            }

            pub(crate) use $name;
        };
    }

    #[macro_export]
    macro_rules! assign {
        ($ lval : expr , $ rval : expr) => {{
            let temp = $rval;

            $lval = temp;
        }};
    }

    #[macro_export]
    macro_rules! index_assign {
        ($ lval : expr , $ idx : expr , $ rval : expr) => {
            let temp_rval = $rval;
            let temp_idx = $idx;

            $lval[temp_idx] = temp_rval;
        };
    }

    pub(crate) use assign;

    pub(crate) use index_assign;

    pub(crate) use seahorse_const;
}

#[program]
mod mai {
    use super::*;
    use seahorse_util::*;
    use std::collections::HashMap;

    #[derive(Accounts)]
    # [instruction (output0 : u64 , output1 : u64 , output2 : u64 , output3 : u64 , tokens : u32)]
    pub struct AnswerMuster<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account(mut)]
        pub answer: Box<Account<'info, dot::muster::Answer>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn answer_muster(
        ctx: Context<AnswerMuster>,
        output0: u64,
        output1: u64,
        output2: u64,
        output3: u64,
        tokens: u32,
    ) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let answer = dot::muster::Answer::load(&mut ctx.accounts.answer, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        answer_muster_handler(
            owner.clone(),
            config.clone(),
            emission.clone(),
            miner.clone(),
            model.clone(),
            answer.clone(),
            clock.clone(),
            output0,
            output1,
            output2,
            output3,
            tokens,
        );


        dot::emission::Emission::store(emission);

        dot::registry::Miner::store(miner);


        dot::muster::Answer::store(answer);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct Appeal<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub offence: Box<Account<'info, dot::slashing::Offence>>,
        #[account(mut)]
        pub token_account: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub vault: Box<Account<'info, TokenAccount>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub token_program: Program<'info, Token>,
    }

    pub fn appeal(ctx: Context<Appeal>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "token_program",
            ctx.accounts.token_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let offence = dot::slashing::Offence::load(&mut ctx.accounts.offence, &programs_map);
        let token_account = SeahorseAccount {
            account: &ctx.accounts.token_account,
            programs: &programs_map,
        };

        let vault = SeahorseAccount {
            account: &ctx.accounts.vault,
            programs: &programs_map,
        };

        let clock = &ctx.accounts.clock.clone();

        appeal_handler(
            owner.clone(),
            config.clone(),
            offence.clone(),
            token_account.clone(),
            vault.clone(),
            clock.clone(),
        );


        dot::slashing::Offence::store(offence);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct AssignTask<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account(mut)]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: tasks :: Work > () + 8 , payer = owner , seeds = ["work" . as_bytes () . as_ref () , task . key () . as_ref () , miner . key () . as_ref ()] , bump)]
        pub work: Box<Account<'info, dot::tasks::Work>>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub slot_hashes: UncheckedAccount<'info>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn assign_task(ctx: Context<AssignTask>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let work = Empty {
            account: dot::tasks::Work::load(&mut ctx.accounts.work, &programs_map),
            bump: ctx.bumps.get("work").map(|bump| *bump),
        };

        let slot_hashes = &ctx.accounts.slot_hashes.clone();
        let clock = &ctx.accounts.clock.clone();

        assign_task_handler(
            owner.clone(),
            config.clone(),
            emission.clone(),
            miner.clone(),
            stake.clone(),
            model.clone(),
            task.clone(),
            work.clone(),
            slot_hashes.clone(),
            clock.clone(),
        );

        dot::config::Config::store(config);

        dot::emission::Emission::store(emission);

        dot::registry::Miner::store(miner);

        dot::staking::Stake::store(stake);


        dot::tasks::Task::store(task);

        dot::tasks::Work::store(work.account);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (mark : u64)]
    pub struct CallMuster<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub slot_hashes: UncheckedAccount<'info>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn call_muster(ctx: Context<CallMuster>, mark: u64) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let slot_hashes = &ctx.accounts.slot_hashes.clone();
        let clock = &ctx.accounts.clock.clone();

        call_muster_handler(
            caller.clone(),
            config.clone(),
            emission.clone(),
            slot_hashes.clone(),
            clock.clone(),
            mark,
        );


        dot::emission::Emission::store(emission);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct CancelTask<'info> {
        #[account(mut)]
        pub requester: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        #[account(mut)]
        pub vault: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub token_account: Box<Account<'info, TokenAccount>>,
        pub token_program: Program<'info, Token>,
    }

    pub fn cancel_task(ctx: Context<CancelTask>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "token_program",
            ctx.accounts.token_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let requester = SeahorseSigner {
            account: &ctx.accounts.requester,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let vault = SeahorseAccount {
            account: &ctx.accounts.vault,
            programs: &programs_map,
        };

        let token_account = SeahorseAccount {
            account: &ctx.accounts.token_account,
            programs: &programs_map,
        };

        cancel_task_handler(
            requester.clone(),
            config.clone(),
            task.clone(),
            vault.clone(),
            token_account.clone(),
        );


        dot::tasks::Task::store(task);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct CloseWork<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        #[account(mut)]
        pub work: Box<Account<'info, dot::tasks::Work>>,
        #[account()]
        pub spent_record: Box<Account<'info, dot::tasks::SpentRecord>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn close_work(ctx: Context<CloseWork>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let work = dot::tasks::Work::load(&mut ctx.accounts.work, &programs_map);
        let spent_record =
            dot::tasks::SpentRecord::load(&mut ctx.accounts.spent_record, &programs_map);

        let clock = &ctx.accounts.clock.clone();

        close_work_handler(
            caller.clone(),
            config.clone(),
            emission.clone(),
            miner.clone(),
            stake.clone(),
            model.clone(),
            task.clone(),
            work.clone(),
            spent_record.clone(),
            clock.clone(),
        );


        dot::emission::Emission::store(emission);

        dot::registry::Miner::store(miner);

        dot::staking::Stake::store(stake);


        dot::tasks::Task::store(task);

        dot::tasks::Work::store(work);


        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (output0 : u64 , output1 : u64 , output2 : u64 , output3 : u64 , tokens : u32 , active_ms : u64)]
    pub struct CommitWork<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub calibration: Box<Account<'info, dot::calibration::Calibration>>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        #[account(mut)]
        pub work: Box<Account<'info, dot::tasks::Work>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn commit_work(
        ctx: Context<CommitWork>,
        output0: u64,
        output1: u64,
        output2: u64,
        output3: u64,
        tokens: u32,
        active_ms: u64,
    ) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let calibration =
            dot::calibration::Calibration::load(&mut ctx.accounts.calibration, &programs_map);

        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let work = dot::tasks::Work::load(&mut ctx.accounts.work, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        commit_work_handler(
            owner.clone(),
            config.clone(),
            calibration.clone(),
            emission.clone(),
            miner.clone(),
            stake.clone(),
            model.clone(),
            task.clone(),
            work.clone(),
            clock.clone(),
            output0,
            output1,
            output2,
            output3,
            tokens,
            active_ms,
        );


        dot::calibration::Calibration::store(calibration);

        dot::emission::Emission::store(emission);

        dot::registry::Miner::store(miner);

        dot::staking::Stake::store(stake);


        dot::tasks::Task::store(task);

        dot::tasks::Work::store(work);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct CorrectCheck<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account()]
        pub offence: Box<Account<'info, dot::slashing::Offence>>,
        #[account(mut)]
        pub check: Box<Account<'info, dot::checks::Check>>,
    }

    pub fn correct_check(ctx: Context<CorrectCheck>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let offence = dot::slashing::Offence::load(&mut ctx.accounts.offence, &programs_map);
        let check = dot::checks::Check::load(&mut ctx.accounts.check, &programs_map);

        correct_check_handler(
            caller.clone(),
            model.clone(),
            offence.clone(),
            check.clone(),
        );



        dot::checks::Check::store(check);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct CountPower<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
    }

    pub fn count_power(ctx: Context<CountPower>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);

        count_power_handler(caller.clone(), emission.clone(), miner.clone());

        dot::emission::Emission::store(emission);

        dot::registry::Miner::store(miner);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct CrankDifficulty<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn crank_difficulty(ctx: Context<CrankDifficulty>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        crank_difficulty_handler(
            caller.clone(),
            config.clone(),
            emission.clone(),
            clock.clone(),
        );


        dot::emission::Emission::store(emission);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (output: [u8 ; 32])]
    pub struct DecideCheck<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account()]
        pub governance: Box<Account<'info, dot::governance::Governance>>,
        #[account()]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub challenger: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub accused: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        #[account(mut)]
        pub work: Box<Account<'info, dot::tasks::Work>>,
        #[account(mut)]
        pub check: Box<Account<'info, dot::checks::Check>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn decide_check(ctx: Context<DecideCheck>, output: [u8; 32]) -> Result<()> {
        let output = Mutable::new(output);
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let governance =
            dot::governance::Governance::load(&mut ctx.accounts.governance, &programs_map);

        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let challenger = dot::staking::Stake::load(&mut ctx.accounts.challenger, &programs_map);
        let accused = dot::staking::Stake::load(&mut ctx.accounts.accused, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let work = dot::tasks::Work::load(&mut ctx.accounts.work, &programs_map);
        let check = dot::checks::Check::load(&mut ctx.accounts.check, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        decide_check_handler(
            owner.clone(),
            config.clone(),
            emission.clone(),
            governance.clone(),
            stake.clone(),
            challenger.clone(),
            accused.clone(),
            miner.clone(),
            task.clone(),
            work.clone(),
            check.clone(),
            clock.clone(),
            output,
        );


        dot::emission::Emission::store(emission);



        dot::staking::Stake::store(challenger);

        dot::staking::Stake::store(accused);

        dot::registry::Miner::store(miner);

        dot::tasks::Task::store(task);

        dot::tasks::Work::store(work);

        dot::checks::Check::store(check);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct Deny<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub proposal: Box<Account<'info, dot::governance::Proposal>>,
        #[account(mut)]
        pub vote: Box<Account<'info, dot::governance::Vote>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn deny(ctx: Context<Deny>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let proposal = dot::governance::Proposal::load(&mut ctx.accounts.proposal, &programs_map);
        let vote = dot::governance::Vote::load(&mut ctx.accounts.vote, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        deny_handler(
            owner.clone(),
            stake.clone(),
            proposal.clone(),
            vote.clone(),
            clock.clone(),
        );


        dot::governance::Proposal::store(proposal);

        dot::governance::Vote::store(vote);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (amount : u64)]
    pub struct DepositStake<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub governance: Box<Account<'info, dot::governance::Governance>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub token_account: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub vault: Box<Account<'info, TokenAccount>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub token_program: Program<'info, Token>,
    }

    pub fn deposit_stake(ctx: Context<DepositStake>, amount: u64) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "token_program",
            ctx.accounts.token_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let governance =
            dot::governance::Governance::load(&mut ctx.accounts.governance, &programs_map);

        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let token_account = SeahorseAccount {
            account: &ctx.accounts.token_account,
            programs: &programs_map,
        };

        let vault = SeahorseAccount {
            account: &ctx.accounts.vault,
            programs: &programs_map,
        };

        let clock = &ctx.accounts.clock.clone();

        deposit_stake_handler(
            owner.clone(),
            config.clone(),
            governance.clone(),
            stake.clone(),
            token_account.clone(),
            vault.clone(),
            clock.clone(),
            amount,
        );


        dot::governance::Governance::store(governance);

        dot::staking::Stake::store(stake);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (amount : u64)]
    pub struct DesignateVerifier<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub governance: Box<Account<'info, dot::governance::Governance>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn designate_verifier(ctx: Context<DesignateVerifier>, amount: u64) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let governance =
            dot::governance::Governance::load(&mut ctx.accounts.governance, &programs_map);

        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        designate_verifier_handler(
            owner.clone(),
            config.clone(),
            governance.clone(),
            stake.clone(),
            clock.clone(),
            amount,
        );


        dot::governance::Governance::store(governance);

        dot::staking::Stake::store(stake);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct DrawCheck<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account(mut)]
        pub check: Box<Account<'info, dot::checks::Check>>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub slot_hashes: UncheckedAccount<'info>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn draw_check(ctx: Context<DrawCheck>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let check = dot::checks::Check::load(&mut ctx.accounts.check, &programs_map);
        let slot_hashes = &ctx.accounts.slot_hashes.clone();
        let clock = &ctx.accounts.clock.clone();

        draw_check_handler(
            caller.clone(),
            check.clone(),
            slot_hashes.clone(),
            clock.clone(),
        );

        dot::checks::Check::store(check);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct ExecuteCalibration<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account(mut)]
        pub calibration: Box<Account<'info, dot::calibration::Calibration>>,
        #[account(mut)]
        pub proposal: Box<Account<'info, dot::governance::Proposal>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn execute_calibration(ctx: Context<ExecuteCalibration>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let calibration =
            dot::calibration::Calibration::load(&mut ctx.accounts.calibration, &programs_map);

        let proposal = dot::governance::Proposal::load(&mut ctx.accounts.proposal, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        execute_calibration_handler(
            caller.clone(),
            calibration.clone(),
            proposal.clone(),
            clock.clone(),
        );

        dot::calibration::Calibration::store(calibration);

        dot::governance::Proposal::store(proposal);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct ExecuteCollection<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account(mut)]
        pub nfts: Box<Account<'info, dot::nfts::NftRegistry>>,
        #[account(mut)]
        pub proposal: Box<Account<'info, dot::governance::Proposal>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn execute_collection(ctx: Context<ExecuteCollection>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let nfts = dot::nfts::NftRegistry::load(&mut ctx.accounts.nfts, &programs_map);
        let proposal = dot::governance::Proposal::load(&mut ctx.accounts.proposal, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        execute_collection_handler(
            caller.clone(),
            nfts.clone(),
            proposal.clone(),
            clock.clone(),
        );

        dot::nfts::NftRegistry::store(nfts);

        dot::governance::Proposal::store(proposal);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct ExecuteModel<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account(mut)]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account(mut)]
        pub proposal: Box<Account<'info, dot::governance::Proposal>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn execute_model(ctx: Context<ExecuteModel>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let proposal = dot::governance::Proposal::load(&mut ctx.accounts.proposal, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        execute_model_handler(
            caller.clone(),
            model.clone(),
            proposal.clone(),
            clock.clone(),
        );

        dot::registry::Model::store(model);

        dot::governance::Proposal::store(proposal);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct ExecuteOffence<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account(mut)]
        pub mint: Box<Account<'info, Mint>>,
        #[account(mut)]
        pub offence: Box<Account<'info, dot::slashing::Offence>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account(mut)]
        pub vault: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub reporter_account: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub assistant_account: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        #[doc = "CHECK: This account is unchecked."]
        pub reporter_wallet: UncheckedAccount<'info>,
        #[account(mut)]
        #[doc = "CHECK: This account is unchecked."]
        pub incinerator: UncheckedAccount<'info>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub token_program: Program<'info, Token>,
    }

    pub fn execute_offence(ctx: Context<ExecuteOffence>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "token_program",
            ctx.accounts.token_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let mint = SeahorseAccount {
            account: &ctx.accounts.mint,
            programs: &programs_map,
        };

        let offence = dot::slashing::Offence::load(&mut ctx.accounts.offence, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let vault = SeahorseAccount {
            account: &ctx.accounts.vault,
            programs: &programs_map,
        };

        let reporter_account = SeahorseAccount {
            account: &ctx.accounts.reporter_account,
            programs: &programs_map,
        };

        let assistant_account = SeahorseAccount {
            account: &ctx.accounts.assistant_account,
            programs: &programs_map,
        };

        let reporter_wallet = &ctx.accounts.reporter_wallet.clone();
        let incinerator = &ctx.accounts.incinerator.clone();
        let clock = &ctx.accounts.clock.clone();

        execute_offence_handler(
            caller.clone(),
            config.clone(),
            emission.clone(),
            mint.clone(),
            offence.clone(),
            stake.clone(),
            miner.clone(),
            vault.clone(),
            reporter_account.clone(),
            assistant_account.clone(),
            reporter_wallet.clone(),
            incinerator.clone(),
            clock.clone(),
        );


        dot::emission::Emission::store(emission);

        dot::slashing::Offence::store(offence);

        dot::staking::Stake::store(stake);

        dot::registry::Miner::store(miner);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct ExecuteParameter<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account(mut)]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub proposal: Box<Account<'info, dot::governance::Proposal>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn execute_parameter(ctx: Context<ExecuteParameter>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let proposal = dot::governance::Proposal::load(&mut ctx.accounts.proposal, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        execute_parameter_handler(
            caller.clone(),
            config.clone(),
            proposal.clone(),
            clock.clone(),
        );

        dot::config::Config::store(config);

        dot::governance::Proposal::store(proposal);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct ExecuteTreasury<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub treasury: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub recipient: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub proposal: Box<Account<'info, dot::governance::Proposal>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub token_program: Program<'info, Token>,
    }

    pub fn execute_treasury(ctx: Context<ExecuteTreasury>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "token_program",
            ctx.accounts.token_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let treasury = SeahorseAccount {
            account: &ctx.accounts.treasury,
            programs: &programs_map,
        };

        let recipient = SeahorseAccount {
            account: &ctx.accounts.recipient,
            programs: &programs_map,
        };

        let proposal = dot::governance::Proposal::load(&mut ctx.accounts.proposal, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        execute_treasury_handler(
            caller.clone(),
            config.clone(),
            treasury.clone(),
            recipient.clone(),
            proposal.clone(),
            clock.clone(),
        );


        dot::governance::Proposal::store(proposal);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct ExpireTask<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        #[account(mut)]
        pub vault: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub token_account: Box<Account<'info, TokenAccount>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub token_program: Program<'info, Token>,
    }

    pub fn expire_task(ctx: Context<ExpireTask>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "token_program",
            ctx.accounts.token_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let vault = SeahorseAccount {
            account: &ctx.accounts.vault,
            programs: &programs_map,
        };

        let token_account = SeahorseAccount {
            account: &ctx.accounts.token_account,
            programs: &programs_map,
        };

        let clock = &ctx.accounts.clock.clone();

        expire_task_handler(
            caller.clone(),
            config.clone(),
            task.clone(),
            vault.clone(),
            token_account.clone(),
            clock.clone(),
        );


        dot::tasks::Task::store(task);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (amount : u64)]
    pub struct FundTask<'info> {
        #[account(mut)]
        pub requester: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub token_account: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub vault: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub treasury: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        pub token_program: Program<'info, Token>,
    }

    pub fn fund_task(ctx: Context<FundTask>, amount: u64) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "token_program",
            ctx.accounts.token_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let requester = SeahorseSigner {
            account: &ctx.accounts.requester,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let token_account = SeahorseAccount {
            account: &ctx.accounts.token_account,
            programs: &programs_map,
        };

        let vault = SeahorseAccount {
            account: &ctx.accounts.vault,
            programs: &programs_map,
        };

        let treasury = SeahorseAccount {
            account: &ctx.accounts.treasury,
            programs: &programs_map,
        };

        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);

        fund_task_handler(
            requester.clone(),
            config.clone(),
            token_account.clone(),
            vault.clone(),
            treasury.clone(),
            task.clone(),
            amount,
        );


        dot::tasks::Task::store(task);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (chain_id : u32 , month_s : u32 , rate_floor : u64 , srs0 : u64 , srs1 : u64 , srs2 : u64 , srs3 : u64)]
    pub struct Genesis<'info> {
        #[account(mut)]
        pub authority: Signer<'info>,
        # [account (init , space = std :: mem :: size_of :: < dot :: config :: Config > () + 8 , payer = authority , seeds = ["config" . as_bytes () . as_ref ()] , bump)]
        pub config: Box<Account<'info, dot::config::Config>>,
        # [account (init , payer = authority , seeds = ["mint" . as_bytes () . as_ref ()] , bump , mint :: decimals = 9 , mint :: authority = config)]
        pub mint: Box<Account<'info, Mint>>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub verifier_program: UncheckedAccount<'info>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub program_account: UncheckedAccount<'info>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub program_data: UncheckedAccount<'info>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
        pub token_program: Program<'info, Token>,
    }

    pub fn genesis(
        ctx: Context<Genesis>,
        chain_id: u32,
        month_s: u32,
        rate_floor: u64,
        srs0: u64,
        srs1: u64,
        srs2: u64,
        srs3: u64,
    ) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        programs.insert(
            "token_program",
            ctx.accounts.token_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let authority = SeahorseSigner {
            account: &ctx.accounts.authority,
            programs: &programs_map,
        };

        let config = Empty {
            account: dot::config::Config::load(&mut ctx.accounts.config, &programs_map),
            bump: ctx.bumps.get("config").map(|bump| *bump),
        };

        let mint = Empty {
            account: SeahorseAccount {
                account: &ctx.accounts.mint,
                programs: &programs_map,
            },
            bump: ctx.bumps.get("mint").map(|bump| *bump),
        };

        let verifier_program = &ctx.accounts.verifier_program.clone();
        let program_account = &ctx.accounts.program_account.clone();
        let program_data = &ctx.accounts.program_data.clone();

        genesis_handler(
            authority.clone(),
            config.clone(),
            mint.clone(),
            verifier_program.clone(),
            program_account.clone(),
            program_data.clone(),
            chain_id,
            month_s,
            rate_floor,
            srs0,
            srs1,
            srs2,
            srs3,
        );

        dot::config::Config::store(config.account);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (chain_id : u32 , month_s : u32 , rate_floor : u64 , srs0 : u64 , srs1 : u64 , srs2 : u64 , srs3 : u64)]
    pub struct GenesisAdopt<'info> {
        #[account(mut)]
        pub authority: Signer<'info>,
        # [account (init , space = std :: mem :: size_of :: < dot :: config :: Config > () + 8 , payer = authority , seeds = ["config" . as_bytes () . as_ref ()] , bump)]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub mint: Box<Account<'info, Mint>>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub multisig: UncheckedAccount<'info>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub verifier_program: UncheckedAccount<'info>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub program_account: UncheckedAccount<'info>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub program_data: UncheckedAccount<'info>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn genesis_adopt(
        ctx: Context<GenesisAdopt>,
        chain_id: u32,
        month_s: u32,
        rate_floor: u64,
        srs0: u64,
        srs1: u64,
        srs2: u64,
        srs3: u64,
    ) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let authority = SeahorseSigner {
            account: &ctx.accounts.authority,
            programs: &programs_map,
        };

        let config = Empty {
            account: dot::config::Config::load(&mut ctx.accounts.config, &programs_map),
            bump: ctx.bumps.get("config").map(|bump| *bump),
        };

        let mint = SeahorseAccount {
            account: &ctx.accounts.mint,
            programs: &programs_map,
        };

        let multisig = &ctx.accounts.multisig.clone();
        let verifier_program = &ctx.accounts.verifier_program.clone();
        let program_account = &ctx.accounts.program_account.clone();
        let program_data = &ctx.accounts.program_data.clone();

        genesis_adopt_handler(
            authority.clone(),
            config.clone(),
            mint.clone(),
            multisig.clone(),
            verifier_program.clone(),
            program_account.clone(),
            program_data.clone(),
            chain_id,
            month_s,
            rate_floor,
            srs0,
            srs1,
            srs2,
            srs3,
        );

        dot::config::Config::store(config.account);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct HandOver<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account(mut)]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub mint: Box<Account<'info, Mint>>,
    }

    pub fn hand_over(ctx: Context<HandOver>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let mint = SeahorseAccount {
            account: &ctx.accounts.mint,
            programs: &programs_map,
        };

        hand_over_handler(caller.clone(), config.clone(), mint.clone());

        dot::config::Config::store(config);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct Heartbeat<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn heartbeat(ctx: Context<Heartbeat>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        heartbeat_handler(owner.clone(), config.clone(), miner.clone(), clock.clone());


        dot::registry::Miner::store(miner);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct LinkNft<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account()]
        pub nfts: Box<Account<'info, dot::nfts::NftRegistry>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account(mut)]
        pub link: Box<Account<'info, dot::nfts::NftLink>>,
        #[account(mut)]
        pub nft_account: Box<Account<'info, TokenAccount>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn link_nft(ctx: Context<LinkNft>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let nfts = dot::nfts::NftRegistry::load(&mut ctx.accounts.nfts, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let link = dot::nfts::NftLink::load(&mut ctx.accounts.link, &programs_map);
        let nft_account = SeahorseAccount {
            account: &ctx.accounts.nft_account,
            programs: &programs_map,
        };

        let clock = &ctx.accounts.clock.clone();

        link_nft_handler(
            owner.clone(),
            config.clone(),
            nfts.clone(),
            miner.clone(),
            link.clone(),
            nft_account.clone(),
            clock.clone(),
        );



        dot::registry::Miner::store(miner);

        dot::nfts::NftLink::store(link);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct MoveNft<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account()]
        pub nfts: Box<Account<'info, dot::nfts::NftRegistry>>,
        #[account(mut)]
        pub previous: Box<Account<'info, dot::registry::Miner>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account(mut)]
        pub link: Box<Account<'info, dot::nfts::NftLink>>,
        #[account(mut)]
        pub nft_account: Box<Account<'info, TokenAccount>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn move_nft(ctx: Context<MoveNft>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let nfts = dot::nfts::NftRegistry::load(&mut ctx.accounts.nfts, &programs_map);
        let previous = dot::registry::Miner::load(&mut ctx.accounts.previous, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let link = dot::nfts::NftLink::load(&mut ctx.accounts.link, &programs_map);
        let nft_account = SeahorseAccount {
            account: &ctx.accounts.nft_account,
            programs: &programs_map,
        };

        let clock = &ctx.accounts.clock.clone();

        move_nft_handler(
            owner.clone(),
            config.clone(),
            nfts.clone(),
            previous.clone(),
            miner.clone(),
            link.clone(),
            nft_account.clone(),
            clock.clone(),
        );



        dot::registry::Miner::store(previous);

        dot::registry::Miner::store(miner);

        dot::nfts::NftLink::store(link);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct OpenAnswer<'info> {
        #[account(mut)]
        pub payer: Signer<'info>,
        #[account()]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: muster :: Answer > () + 8 , payer = payer , seeds = ["muster" . as_bytes () . as_ref () , miner . key () . as_ref ()] , bump)]
        pub answer: Box<Account<'info, dot::muster::Answer>>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn open_answer(ctx: Context<OpenAnswer>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let payer = SeahorseSigner {
            account: &ctx.accounts.payer,
            programs: &programs_map,
        };

        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let answer = Empty {
            account: dot::muster::Answer::load(&mut ctx.accounts.answer, &programs_map),
            bump: ctx.bumps.get("answer").map(|bump| *bump),
        };

        open_answer_handler(payer.clone(), miner.clone(), answer.clone());


        dot::muster::Answer::store(answer.account);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (output: [u8 ; 32])]
    pub struct OpenCheck<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub accused: Box<Account<'info, dot::staking::Stake>>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account(mut)]
        pub work: Box<Account<'info, dot::tasks::Work>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: checks :: Check > () + 8 , payer = owner , seeds = ["check" . as_bytes () . as_ref () , work . key () . as_ref () , stake . key () . as_ref ()] , bump)]
        pub check: Box<Account<'info, dot::checks::Check>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn open_check(ctx: Context<OpenCheck>, output: [u8; 32]) -> Result<()> {
        let output = Mutable::new(output);
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let accused = dot::staking::Stake::load(&mut ctx.accounts.accused, &programs_map);
        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let work = dot::tasks::Work::load(&mut ctx.accounts.work, &programs_map);
        let check = Empty {
            account: dot::checks::Check::load(&mut ctx.accounts.check, &programs_map),
            bump: ctx.bumps.get("check").map(|bump| *bump),
        };

        let clock = &ctx.accounts.clock.clone();

        open_check_handler(
            owner.clone(),
            config.clone(),
            stake.clone(),
            accused.clone(),
            model.clone(),
            work.clone(),
            check.clone(),
            clock.clone(),
            output,
        );


        dot::staking::Stake::store(stake);

        dot::staking::Stake::store(accused);


        dot::tasks::Work::store(work);

        dot::checks::Check::store(check.account);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct OpenGovernance<'info> {
        #[account(mut)]
        pub payer: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: governance :: Governance > () + 8 , payer = payer , seeds = ["governance" . as_bytes () . as_ref ()] , bump)]
        pub governance: Box<Account<'info, dot::governance::Governance>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: nfts :: NftRegistry > () + 8 , payer = payer , seeds = ["nfts" . as_bytes () . as_ref ()] , bump)]
        pub nfts: Box<Account<'info, dot::nfts::NftRegistry>>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn open_governance(ctx: Context<OpenGovernance>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let payer = SeahorseSigner {
            account: &ctx.accounts.payer,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let governance = Empty {
            account: dot::governance::Governance::load(&mut ctx.accounts.governance, &programs_map),
            bump: ctx.bumps.get("governance").map(|bump| *bump),
        };

        let nfts = Empty {
            account: dot::nfts::NftRegistry::load(&mut ctx.accounts.nfts, &programs_map),
            bump: ctx.bumps.get("nfts").map(|bump| *bump),
        };

        open_governance_handler(
            payer.clone(),
            config.clone(),
            governance.clone(),
            nfts.clone(),
        );


        dot::governance::Governance::store(governance.account);

        dot::nfts::NftRegistry::store(nfts.account);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct OpenMining<'info> {
        #[account(mut)]
        pub authority: Signer<'info>,
        #[account(mut)]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account()]
        pub governance: Box<Account<'info, dot::governance::Governance>>,
        #[account(mut)]
        pub mint: Box<Account<'info, Mint>>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub mai_program: UncheckedAccount<'info>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub mai_data: UncheckedAccount<'info>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub verifier_program: UncheckedAccount<'info>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub verifier_data: UncheckedAccount<'info>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn open_mining(ctx: Context<OpenMining>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let authority = SeahorseSigner {
            account: &ctx.accounts.authority,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let governance =
            dot::governance::Governance::load(&mut ctx.accounts.governance, &programs_map);

        let mint = SeahorseAccount {
            account: &ctx.accounts.mint,
            programs: &programs_map,
        };

        let mai_program = &ctx.accounts.mai_program.clone();
        let mai_data = &ctx.accounts.mai_data.clone();
        let verifier_program = &ctx.accounts.verifier_program.clone();
        let verifier_data = &ctx.accounts.verifier_data.clone();
        let clock = &ctx.accounts.clock.clone();

        open_mining_handler(
            authority.clone(),
            config.clone(),
            emission.clone(),
            governance.clone(),
            mint.clone(),
            mai_program.clone(),
            mai_data.clone(),
            verifier_program.clone(),
            verifier_data.clone(),
            clock.clone(),
        );

        dot::config::Config::store(config);

        dot::emission::Emission::store(emission);


        return Ok(());
    }

    #[derive(Accounts)]
    pub struct OpenNftLink<'info> {
        #[account(mut)]
        pub payer: Signer<'info>,
        #[account()]
        pub nfts: Box<Account<'info, dot::nfts::NftRegistry>>,
        #[account(mut)]
        pub mint: Box<Account<'info, Mint>>,
        #[account(mut)]
        #[doc = "CHECK: This account is unchecked."]
        pub metadata: UncheckedAccount<'info>,
        # [account (init , space = std :: mem :: size_of :: < dot :: nfts :: NftLink > () + 8 , payer = payer , seeds = ["nft" . as_bytes () . as_ref () , mint . key () . as_ref ()] , bump)]
        pub link: Box<Account<'info, dot::nfts::NftLink>>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn open_nft_link(ctx: Context<OpenNftLink>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let payer = SeahorseSigner {
            account: &ctx.accounts.payer,
            programs: &programs_map,
        };

        let nfts = dot::nfts::NftRegistry::load(&mut ctx.accounts.nfts, &programs_map);
        let mint = SeahorseAccount {
            account: &ctx.accounts.mint,
            programs: &programs_map,
        };

        let metadata = &ctx.accounts.metadata.clone();
        let link = Empty {
            account: dot::nfts::NftLink::load(&mut ctx.accounts.link, &programs_map),
            bump: ctx.bumps.get("link").map(|bump| *bump),
        };

        open_nft_link_handler(
            payer.clone(),
            nfts.clone(),
            mint.clone(),
            metadata.clone(),
            link.clone(),
        );


        dot::nfts::NftLink::store(link.account);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (input0 : u64 , input1 : u64 , input2 : u64 , input3 : u64 , position : u32)]
    pub struct OpenSpentRecord<'info> {
        #[account(mut)]
        pub payer: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: tasks :: SpentRecord > () + 8 , payer = payer , seeds = ["spent" . as_bytes () . as_ref () , config . chain_id . to_le_bytes () . as_ref () , model . key () . as_ref () , input0 . to_le_bytes () . as_ref () , input1 . to_le_bytes () . as_ref () , input2 . to_le_bytes () . as_ref () , input3 . to_le_bytes () . as_ref () , position . to_le_bytes () . as_ref ()] , bump)]
        pub spent_record: Box<Account<'info, dot::tasks::SpentRecord>>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn open_spent_record(
        ctx: Context<OpenSpentRecord>,
        input0: u64,
        input1: u64,
        input2: u64,
        input3: u64,
        position: u32,
    ) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let payer = SeahorseSigner {
            account: &ctx.accounts.payer,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let spent_record = Empty {
            account: dot::tasks::SpentRecord::load(&mut ctx.accounts.spent_record, &programs_map),
            bump: ctx.bumps.get("spent_record").map(|bump| *bump),
        };

        open_spent_record_handler(
            payer.clone(),
            config.clone(),
            model.clone(),
            spent_record.clone(),
            input0,
            input1,
            input2,
            input3,
            position,
        );



        dot::tasks::SpentRecord::store(spent_record.account);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct OpenStake<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        # [account (init , space = std :: mem :: size_of :: < dot :: staking :: Stake > () + 8 , payer = owner , seeds = ["stake" . as_bytes () . as_ref () , owner . key () . as_ref ()] , bump)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn open_stake(ctx: Context<OpenStake>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let stake = Empty {
            account: dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map),
            bump: ctx.bumps.get("stake").map(|bump| *bump),
        };

        open_stake_handler(owner.clone(), stake.clone());

        dot::staking::Stake::store(stake.account);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct OpenState<'info> {
        #[account(mut)]
        pub payer: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: calibration :: Calibration > () + 8 , payer = payer , seeds = ["calibration" . as_bytes () . as_ref ()] , bump)]
        pub calibration: Box<Account<'info, dot::calibration::Calibration>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: emission :: Emission > () + 8 , payer = payer , seeds = ["emission" . as_bytes () . as_ref ()] , bump)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn open_state(ctx: Context<OpenState>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let payer = SeahorseSigner {
            account: &ctx.accounts.payer,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let calibration = Empty {
            account: dot::calibration::Calibration::load(
                &mut ctx.accounts.calibration,
                &programs_map,
            ),
            bump: ctx.bumps.get("calibration").map(|bump| *bump),
        };

        let emission = Empty {
            account: dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map),
            bump: ctx.bumps.get("emission").map(|bump| *bump),
        };

        open_state_handler(
            payer.clone(),
            config.clone(),
            calibration.clone(),
            emission.clone(),
        );


        dot::calibration::Calibration::store(calibration.account);

        dot::emission::Emission::store(emission.account);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct OpenTreasury<'info> {
        #[account(mut)]
        pub payer: Signer<'info>,
        #[account(mut)]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub mint: Box<Account<'info, Mint>>,
        # [account (init , payer = payer , seeds = ["treasury" . as_bytes () . as_ref ()] , bump , token :: mint = mint , token :: authority = config)]
        pub treasury: Box<Account<'info, TokenAccount>>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
        pub token_program: Program<'info, Token>,
    }

    pub fn open_treasury(ctx: Context<OpenTreasury>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        programs.insert(
            "token_program",
            ctx.accounts.token_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let payer = SeahorseSigner {
            account: &ctx.accounts.payer,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let mint = SeahorseAccount {
            account: &ctx.accounts.mint,
            programs: &programs_map,
        };

        let treasury = Empty {
            account: SeahorseAccount {
                account: &ctx.accounts.treasury,
                programs: &programs_map,
            },
            bump: ctx.bumps.get("treasury").map(|bump| *bump),
        };

        open_treasury_handler(
            payer.clone(),
            config.clone(),
            mint.clone(),
            treasury.clone(),
        );

        dot::config::Config::store(config);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct OpenVault<'info> {
        #[account(mut)]
        pub payer: Signer<'info>,
        #[account(mut)]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub mint: Box<Account<'info, Mint>>,
        # [account (init , payer = payer , seeds = ["vault" . as_bytes () . as_ref ()] , bump , token :: mint = mint , token :: authority = config)]
        pub vault: Box<Account<'info, TokenAccount>>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
        pub token_program: Program<'info, Token>,
    }

    pub fn open_vault(ctx: Context<OpenVault>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        programs.insert(
            "token_program",
            ctx.accounts.token_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let payer = SeahorseSigner {
            account: &ctx.accounts.payer,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let mint = SeahorseAccount {
            account: &ctx.accounts.mint,
            programs: &programs_map,
        };

        let vault = Empty {
            account: SeahorseAccount {
                account: &ctx.accounts.vault,
                programs: &programs_map,
            },
            bump: ctx.bumps.get("vault").map(|bump| *bump),
        };

        open_vault_handler(payer.clone(), config.clone(), mint.clone(), vault.clone());

        dot::config::Config::store(config);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (nonce : u64 , lifetime_s : u32 , task_class : u8 , region : u16 , prompt_tokens : u32 , max_tokens : u32)]
    pub struct PostTask<'info> {
        #[account(mut)]
        pub requester: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account()]
        pub spent_record: Box<Account<'info, dot::tasks::SpentRecord>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: tasks :: Task > () + 8 , payer = requester , seeds = ["task" . as_bytes () . as_ref () , requester . key () . as_ref () , nonce . to_le_bytes () . as_ref ()] , bump)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn post_task(
        ctx: Context<PostTask>,
        nonce: u64,
        lifetime_s: u32,
        task_class: u8,
        region: u16,
        prompt_tokens: u32,
        max_tokens: u32,
    ) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let requester = SeahorseSigner {
            account: &ctx.accounts.requester,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let spent_record =
            dot::tasks::SpentRecord::load(&mut ctx.accounts.spent_record, &programs_map);

        let task = Empty {
            account: dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map),
            bump: ctx.bumps.get("task").map(|bump| *bump),
        };

        let clock = &ctx.accounts.clock.clone();

        post_task_handler(
            requester.clone(),
            config.clone(),
            model.clone(),
            spent_record.clone(),
            task.clone(),
            clock.clone(),
            nonce,
            lifetime_s,
            task_class,
            region,
            prompt_tokens,
            max_tokens,
        );




        dot::tasks::Task::store(task.account);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (id : u64 , kind : u8 , index : u32 , target : Pubkey , value : u64 , text: [u8 ; 32])]
    pub struct Propose<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account(mut)]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account()]
        pub calibration: Box<Account<'info, dot::calibration::Calibration>>,
        #[account(mut)]
        pub governance: Box<Account<'info, dot::governance::Governance>>,
        #[account()]
        pub nfts: Box<Account<'info, dot::nfts::NftRegistry>>,
        #[account()]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: governance :: Proposal > () + 8 , payer = owner , seeds = ["proposal" . as_bytes () . as_ref () , id . to_le_bytes () . as_ref ()] , bump)]
        pub proposal: Box<Account<'info, dot::governance::Proposal>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn propose(
        ctx: Context<Propose>,
        id: u64,
        kind: u8,
        index: u32,
        target: Pubkey,
        value: u64,
        text: [u8; 32],
    ) -> Result<()> {
        let text = Mutable::new(text);
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let calibration =
            dot::calibration::Calibration::load(&mut ctx.accounts.calibration, &programs_map);

        let governance =
            dot::governance::Governance::load(&mut ctx.accounts.governance, &programs_map);

        let nfts = dot::nfts::NftRegistry::load(&mut ctx.accounts.nfts, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let proposal = Empty {
            account: dot::governance::Proposal::load(&mut ctx.accounts.proposal, &programs_map),
            bump: ctx.bumps.get("proposal").map(|bump| *bump),
        };

        let clock = &ctx.accounts.clock.clone();

        propose_handler(
            owner.clone(),
            config.clone(),
            calibration.clone(),
            governance.clone(),
            nfts.clone(),
            stake.clone(),
            proposal.clone(),
            clock.clone(),
            id,
            kind,
            index,
            target,
            value,
            text,
        );

        dot::config::Config::store(config);


        dot::governance::Governance::store(governance);



        dot::governance::Proposal::store(proposal.account);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (tokens : u32)]
    pub struct ProveAppeal<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub governance: Box<Account<'info, dot::governance::Governance>>,
        #[account(mut)]
        pub offence: Box<Account<'info, dot::slashing::Offence>>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account()]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub vault: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub token_account: Box<Account<'info, TokenAccount>>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub verifier_program: UncheckedAccount<'info>,
        #[account(mut)]
        #[doc = "CHECK: This account is unchecked."]
        pub receipt: UncheckedAccount<'info>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub token_program: Program<'info, Token>,
    }

    pub fn prove_appeal(ctx: Context<ProveAppeal>, tokens: u32) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "token_program",
            ctx.accounts.token_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let governance =
            dot::governance::Governance::load(&mut ctx.accounts.governance, &programs_map);

        let offence = dot::slashing::Offence::load(&mut ctx.accounts.offence, &programs_map);
        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let vault = SeahorseAccount {
            account: &ctx.accounts.vault,
            programs: &programs_map,
        };

        let token_account = SeahorseAccount {
            account: &ctx.accounts.token_account,
            programs: &programs_map,
        };

        let verifier_program = &ctx.accounts.verifier_program.clone();
        let receipt = &ctx.accounts.receipt.clone();
        let clock = &ctx.accounts.clock.clone();

        prove_appeal_handler(
            owner.clone(),
            config.clone(),
            governance.clone(),
            offence.clone(),
            model.clone(),
            task.clone(),
            miner.clone(),
            stake.clone(),
            vault.clone(),
            token_account.clone(),
            verifier_program.clone(),
            receipt.clone(),
            clock.clone(),
            tokens,
        );


        dot::governance::Governance::store(governance);

        dot::slashing::Offence::store(offence);



        dot::registry::Miner::store(miner);

        dot::staking::Stake::store(stake);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct ProveMuster<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account(mut)]
        pub answer: Box<Account<'info, dot::muster::Answer>>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub verifier_program: UncheckedAccount<'info>,
        #[account(mut)]
        #[doc = "CHECK: This account is unchecked."]
        pub receipt: UncheckedAccount<'info>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn prove_muster(ctx: Context<ProveMuster>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let answer = dot::muster::Answer::load(&mut ctx.accounts.answer, &programs_map);
        let verifier_program = &ctx.accounts.verifier_program.clone();
        let receipt = &ctx.accounts.receipt.clone();
        let clock = &ctx.accounts.clock.clone();

        prove_muster_handler(
            owner.clone(),
            config.clone(),
            emission.clone(),
            miner.clone(),
            model.clone(),
            answer.clone(),
            verifier_program.clone(),
            receipt.clone(),
            clock.clone(),
        );


        dot::emission::Emission::store(emission);

        dot::registry::Miner::store(miner);


        dot::muster::Answer::store(answer);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (gpu_mhs : u32 , cpu_mhz : u32 , ram_mhz : u32 , storage_gb : u32 , network_mbps : u32 , active_ms : u64 , nft_tier : u8 , uptime_bps : u16 , trust_bps : u64 , multiplier : u64 , quality_bps : u64 , epoch : u64 , rate_floor : u64)]
    pub struct Quote<'info> {
        #[account(mut)]
        pub payer: Signer<'info>,
    }

    pub fn quote(
        ctx: Context<Quote>,
        gpu_mhs: u32,
        cpu_mhz: u32,
        ram_mhz: u32,
        storage_gb: u32,
        network_mbps: u32,
        active_ms: u64,
        nft_tier: u8,
        uptime_bps: u16,
        trust_bps: u64,
        multiplier: u64,
        quality_bps: u64,
        epoch: u64,
        rate_floor: u64,
    ) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let payer = SeahorseSigner {
            account: &ctx.accounts.payer,
            programs: &programs_map,
        };

        quote_handler(
            payer.clone(),
            gpu_mhs,
            cpu_mhz,
            ram_mhz,
            storage_gb,
            network_mbps,
            active_ms,
            nft_tier,
            uptime_bps,
            trust_bps,
            multiplier,
            quality_bps,
            epoch,
            rate_floor,
        );

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct RedrawTask<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub slot_hashes: UncheckedAccount<'info>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn redraw_task(ctx: Context<RedrawTask>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let slot_hashes = &ctx.accounts.slot_hashes.clone();
        let clock = &ctx.accounts.clock.clone();

        redraw_task_handler(
            caller.clone(),
            task.clone(),
            slot_hashes.clone(),
            clock.clone(),
        );

        dot::tasks::Task::store(task);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (device : Pubkey , device_class : u8 , region : u16 , client_version : u32 , gpu_model: [u8 ; 32] , vram_mb : u32 , cores : u16 , ram_mb : u32 , gpu_mhs : u32 , cpu_mhz : u32 , ram_mhz : u32 , storage_gb : u32 , network_mbps : u32)]
    pub struct RegisterMiner<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub calibration: Box<Account<'info, dot::calibration::Calibration>>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account()]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: registry :: Miner > () + 8 , payer = owner , seeds = ["miner" . as_bytes () . as_ref () , owner . key () . as_ref () , device . as_ref ()] , bump)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn register_miner(
        ctx: Context<RegisterMiner>,
        device: Pubkey,
        device_class: u8,
        region: u16,
        client_version: u32,
        gpu_model: [u8; 32],
        vram_mb: u32,
        cores: u16,
        ram_mb: u32,
        gpu_mhs: u32,
        cpu_mhz: u32,
        ram_mhz: u32,
        storage_gb: u32,
        network_mbps: u32,
    ) -> Result<()> {
        let gpu_model = Mutable::new(gpu_model);
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let calibration =
            dot::calibration::Calibration::load(&mut ctx.accounts.calibration, &programs_map);

        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let miner = Empty {
            account: dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map),
            bump: ctx.bumps.get("miner").map(|bump| *bump),
        };

        let clock = &ctx.accounts.clock.clone();

        register_miner_handler(
            owner.clone(),
            config.clone(),
            calibration.clone(),
            emission.clone(),
            stake.clone(),
            miner.clone(),
            clock.clone(),
            device,
            device_class,
            region,
            client_version,
            gpu_model,
            vram_mb,
            cores,
            ram_mb,
            gpu_mhs,
            cpu_mhz,
            ram_mhz,
            storage_gb,
            network_mbps,
        );


        dot::calibration::Calibration::store(calibration);

        dot::emission::Emission::store(emission);


        dot::registry::Miner::store(miner.account);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (key0 : u64 , key1 : u64 , key2 : u64 , key3 : u64 , params0 : u64 , params1 : u64 , params2 : u64 , params3 : u64 , proof : u8 , detection_bps : u16 , segments : u32 , work_units : u64 , max_active_ms : u64 , max_tokens : u32 , positions : u32 , vram_mb : u32)]
    pub struct RegisterModel<'info> {
        #[account(mut)]
        pub payer: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: registry :: Model > () + 8 , payer = payer , seeds = ["model" . as_bytes () . as_ref () , key0 . to_le_bytes () . as_ref () , key1 . to_le_bytes () . as_ref () , key2 . to_le_bytes () . as_ref () , key3 . to_le_bytes () . as_ref () , params0 . to_le_bytes () . as_ref () , params1 . to_le_bytes () . as_ref () , params2 . to_le_bytes () . as_ref () , params3 . to_le_bytes () . as_ref ()] , bump)]
        pub model: Box<Account<'info, dot::registry::Model>>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn register_model(
        ctx: Context<RegisterModel>,
        key0: u64,
        key1: u64,
        key2: u64,
        key3: u64,
        params0: u64,
        params1: u64,
        params2: u64,
        params3: u64,
        proof: u8,
        detection_bps: u16,
        segments: u32,
        work_units: u64,
        max_active_ms: u64,
        max_tokens: u32,
        positions: u32,
        vram_mb: u32,
    ) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let payer = SeahorseSigner {
            account: &ctx.accounts.payer,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let model = Empty {
            account: dot::registry::Model::load(&mut ctx.accounts.model, &programs_map),
            bump: ctx.bumps.get("model").map(|bump| *bump),
        };

        register_model_handler(
            payer.clone(),
            config.clone(),
            model.clone(),
            key0,
            key1,
            key2,
            key3,
            params0,
            params1,
            params2,
            params3,
            proof,
            detection_bps,
            segments,
            work_units,
            max_active_ms,
            max_tokens,
            positions,
            vram_mb,
        );


        dot::registry::Model::store(model.account);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct ReleaseWork<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        #[account(mut)]
        pub work: Box<Account<'info, dot::tasks::Work>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn release_work(ctx: Context<ReleaseWork>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let work = dot::tasks::Work::load(&mut ctx.accounts.work, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        release_work_handler(
            caller.clone(),
            config.clone(),
            miner.clone(),
            stake.clone(),
            task.clone(),
            work.clone(),
            clock.clone(),
        );


        dot::registry::Miner::store(miner);

        dot::staking::Stake::store(stake);

        dot::tasks::Task::store(task);

        dot::tasks::Work::store(work);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct ReportCheck<'info> {
        #[account(mut)]
        pub reporter: Signer<'info>,
        #[account(mut)]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub governance: Box<Account<'info, dot::governance::Governance>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub check: Box<Account<'info, dot::checks::Check>>,
        #[account()]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        #[account()]
        pub work: Box<Account<'info, dot::tasks::Work>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: slashing :: Offence > () + 8 , payer = reporter , seeds = ["offence" . as_bytes () . as_ref () , work . key () . as_ref () , stake . key () . as_ref ()] , bump)]
        pub offence: Box<Account<'info, dot::slashing::Offence>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn report_check(ctx: Context<ReportCheck>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let reporter = SeahorseSigner {
            account: &ctx.accounts.reporter,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let governance =
            dot::governance::Governance::load(&mut ctx.accounts.governance, &programs_map);

        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let check = dot::checks::Check::load(&mut ctx.accounts.check, &programs_map);
        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let work = dot::tasks::Work::load(&mut ctx.accounts.work, &programs_map);
        let offence = Empty {
            account: dot::slashing::Offence::load(&mut ctx.accounts.offence, &programs_map),
            bump: ctx.bumps.get("offence").map(|bump| *bump),
        };

        let clock = &ctx.accounts.clock.clone();

        report_check_handler(
            reporter.clone(),
            config.clone(),
            governance.clone(),
            miner.clone(),
            stake.clone(),
            check.clone(),
            task.clone(),
            work.clone(),
            offence.clone(),
            clock.clone(),
        );

        dot::config::Config::store(config);

        dot::governance::Governance::store(governance);

        dot::registry::Miner::store(miner);

        dot::staking::Stake::store(stake);

        dot::checks::Check::store(check);



        dot::slashing::Offence::store(offence.account);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct ReportOffence<'info> {
        #[account(mut)]
        pub reporter: Signer<'info>,
        #[account(mut)]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account(mut)]
        pub governance: Box<Account<'info, dot::governance::Governance>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        #[account(mut)]
        pub work: Box<Account<'info, dot::tasks::Work>>,
        #[account()]
        pub spent_record: Box<Account<'info, dot::tasks::SpentRecord>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: slashing :: Offence > () + 8 , payer = reporter , seeds = ["offence" . as_bytes () . as_ref () , work . key () . as_ref () , stake . key () . as_ref ()] , bump)]
        pub offence: Box<Account<'info, dot::slashing::Offence>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn report_offence(ctx: Context<ReportOffence>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let reporter = SeahorseSigner {
            account: &ctx.accounts.reporter,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let governance =
            dot::governance::Governance::load(&mut ctx.accounts.governance, &programs_map);

        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let work = dot::tasks::Work::load(&mut ctx.accounts.work, &programs_map);
        let spent_record =
            dot::tasks::SpentRecord::load(&mut ctx.accounts.spent_record, &programs_map);

        let offence = Empty {
            account: dot::slashing::Offence::load(&mut ctx.accounts.offence, &programs_map),
            bump: ctx.bumps.get("offence").map(|bump| *bump),
        };

        let clock = &ctx.accounts.clock.clone();

        report_offence_handler(
            reporter.clone(),
            config.clone(),
            emission.clone(),
            governance.clone(),
            miner.clone(),
            stake.clone(),
            model.clone(),
            task.clone(),
            work.clone(),
            spent_record.clone(),
            offence.clone(),
            clock.clone(),
        );

        dot::config::Config::store(config);

        dot::emission::Emission::store(emission);

        dot::governance::Governance::store(governance);

        dot::registry::Miner::store(miner);

        dot::staking::Stake::store(stake);


        dot::tasks::Task::store(task);

        dot::tasks::Work::store(work);


        dot::slashing::Offence::store(offence.account);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct ReportVerifier<'info> {
        #[account(mut)]
        pub reporter: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub governance: Box<Account<'info, dot::governance::Governance>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub check: Box<Account<'info, dot::checks::Check>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: slashing :: Offence > () + 8 , payer = reporter , seeds = ["offence" . as_bytes () . as_ref () , check . key () . as_ref () , stake . key () . as_ref ()] , bump)]
        pub offence: Box<Account<'info, dot::slashing::Offence>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn report_verifier(ctx: Context<ReportVerifier>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let reporter = SeahorseSigner {
            account: &ctx.accounts.reporter,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let governance =
            dot::governance::Governance::load(&mut ctx.accounts.governance, &programs_map);

        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let check = dot::checks::Check::load(&mut ctx.accounts.check, &programs_map);
        let offence = Empty {
            account: dot::slashing::Offence::load(&mut ctx.accounts.offence, &programs_map),
            bump: ctx.bumps.get("offence").map(|bump| *bump),
        };

        let clock = &ctx.accounts.clock.clone();

        report_verifier_handler(
            reporter.clone(),
            config.clone(),
            governance.clone(),
            stake.clone(),
            check.clone(),
            offence.clone(),
            clock.clone(),
        );


        dot::governance::Governance::store(governance);

        dot::staking::Stake::store(stake);

        dot::checks::Check::store(check);

        dot::slashing::Offence::store(offence.account);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct RetireMiner<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn retire_miner(ctx: Context<RetireMiner>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        retire_miner_handler(
            owner.clone(),
            emission.clone(),
            miner.clone(),
            clock.clone(),
        );

        dot::emission::Emission::store(emission);

        dot::registry::Miner::store(miner);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (tier : u8 , collection : Pubkey)]
    pub struct SetCollection<'info> {
        #[account(mut)]
        pub authority: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub nfts: Box<Account<'info, dot::nfts::NftRegistry>>,
    }

    pub fn set_collection(ctx: Context<SetCollection>, tier: u8, collection: Pubkey) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let authority = SeahorseSigner {
            account: &ctx.accounts.authority,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let nfts = dot::nfts::NftRegistry::load(&mut ctx.accounts.nfts, &programs_map);

        set_collection_handler(
            authority.clone(),
            config.clone(),
            nfts.clone(),
            tier,
            collection,
        );


        dot::nfts::NftRegistry::store(nfts);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct Settle<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account(mut)]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub calibration: Box<Account<'info, dot::calibration::Calibration>>,
        #[account(mut)]
        pub emission: Box<Account<'info, dot::emission::Emission>>,
        #[account(mut)]
        pub mint: Box<Account<'info, Mint>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        #[account(mut)]
        pub work: Box<Account<'info, dot::tasks::Work>>,
        #[account(mut)]
        pub spent_record: Box<Account<'info, dot::tasks::SpentRecord>>,
        #[account(mut)]
        pub vault: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub token_account: Box<Account<'info, TokenAccount>>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub nft_account: UncheckedAccount<'info>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub verifier_program: UncheckedAccount<'info>,
        #[account(mut)]
        #[doc = "CHECK: This account is unchecked."]
        pub receipt: UncheckedAccount<'info>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub token_program: Program<'info, Token>,
    }

    pub fn settle(ctx: Context<Settle>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "token_program",
            ctx.accounts.token_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let calibration =
            dot::calibration::Calibration::load(&mut ctx.accounts.calibration, &programs_map);

        let emission = dot::emission::Emission::load(&mut ctx.accounts.emission, &programs_map);
        let mint = SeahorseAccount {
            account: &ctx.accounts.mint,
            programs: &programs_map,
        };

        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let work = dot::tasks::Work::load(&mut ctx.accounts.work, &programs_map);
        let spent_record =
            dot::tasks::SpentRecord::load(&mut ctx.accounts.spent_record, &programs_map);

        let vault = SeahorseAccount {
            account: &ctx.accounts.vault,
            programs: &programs_map,
        };

        let token_account = SeahorseAccount {
            account: &ctx.accounts.token_account,
            programs: &programs_map,
        };

        let nft_account = &ctx.accounts.nft_account.clone();
        let verifier_program = &ctx.accounts.verifier_program.clone();
        let receipt = &ctx.accounts.receipt.clone();
        let clock = &ctx.accounts.clock.clone();

        settle_handler(
            owner.clone(),
            config.clone(),
            calibration.clone(),
            emission.clone(),
            mint.clone(),
            miner.clone(),
            stake.clone(),
            model.clone(),
            task.clone(),
            work.clone(),
            spent_record.clone(),
            vault.clone(),
            token_account.clone(),
            nft_account.clone(),
            verifier_program.clone(),
            receipt.clone(),
            clock.clone(),
        );

        dot::config::Config::store(config);

        dot::calibration::Calibration::store(calibration);

        dot::emission::Emission::store(emission);

        dot::registry::Miner::store(miner);

        dot::staking::Stake::store(stake);


        dot::tasks::Task::store(task);

        dot::tasks::Work::store(work);

        dot::tasks::SpentRecord::store(spent_record);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (amount : u64)]
    pub struct UndesignateVerifier<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub governance: Box<Account<'info, dot::governance::Governance>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn undesignate_verifier(ctx: Context<UndesignateVerifier>, amount: u64) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let governance =
            dot::governance::Governance::load(&mut ctx.accounts.governance, &programs_map);

        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        undesignate_verifier_handler(
            owner.clone(),
            config.clone(),
            governance.clone(),
            stake.clone(),
            clock.clone(),
            amount,
        );


        dot::governance::Governance::store(governance);

        dot::staking::Stake::store(stake);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (amount : u64)]
    pub struct Unstake<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub governance: Box<Account<'info, dot::governance::Governance>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn unstake(ctx: Context<Unstake>, amount: u64) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let governance =
            dot::governance::Governance::load(&mut ctx.accounts.governance, &programs_map);

        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        unstake_handler(
            owner.clone(),
            config.clone(),
            governance.clone(),
            stake.clone(),
            clock.clone(),
            amount,
        );


        dot::governance::Governance::store(governance);

        dot::staking::Stake::store(stake);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (device_class : u8 , region : u16 , client_version : u32 , gpu_model: [u8 ; 32] , vram_mb : u32 , cores : u16 , ram_mb : u32 , gpu_mhs : u32 , cpu_mhz : u32 , ram_mhz : u32 , storage_gb : u32 , network_mbps : u32)]
    pub struct UpdateMiner<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub calibration: Box<Account<'info, dot::calibration::Calibration>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn update_miner(
        ctx: Context<UpdateMiner>,
        device_class: u8,
        region: u16,
        client_version: u32,
        gpu_model: [u8; 32],
        vram_mb: u32,
        cores: u16,
        ram_mb: u32,
        gpu_mhs: u32,
        cpu_mhz: u32,
        ram_mhz: u32,
        storage_gb: u32,
        network_mbps: u32,
    ) -> Result<()> {
        let gpu_model = Mutable::new(gpu_model);
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let calibration =
            dot::calibration::Calibration::load(&mut ctx.accounts.calibration, &programs_map);

        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        update_miner_handler(
            owner.clone(),
            config.clone(),
            calibration.clone(),
            miner.clone(),
            clock.clone(),
            device_class,
            region,
            client_version,
            gpu_model,
            vram_mb,
            cores,
            ram_mb,
            gpu_mhs,
            cpu_mhz,
            ram_mhz,
            storage_gb,
            network_mbps,
        );


        dot::calibration::Calibration::store(calibration);

        dot::registry::Miner::store(miner);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct VoidCheck<'info> {
        #[account(mut)]
        pub caller: Signer<'info>,
        #[account(mut)]
        pub challenger: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub accused: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub work: Box<Account<'info, dot::tasks::Work>>,
        #[account(mut)]
        pub check: Box<Account<'info, dot::checks::Check>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn void_check(ctx: Context<VoidCheck>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let caller = SeahorseSigner {
            account: &ctx.accounts.caller,
            programs: &programs_map,
        };

        let challenger = dot::staking::Stake::load(&mut ctx.accounts.challenger, &programs_map);
        let accused = dot::staking::Stake::load(&mut ctx.accounts.accused, &programs_map);
        let work = dot::tasks::Work::load(&mut ctx.accounts.work, &programs_map);
        let check = dot::checks::Check::load(&mut ctx.accounts.check, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        void_check_handler(
            caller.clone(),
            challenger.clone(),
            accused.clone(),
            work.clone(),
            check.clone(),
            clock.clone(),
        );

        dot::staking::Stake::store(challenger);

        dot::staking::Stake::store(accused);

        dot::tasks::Work::store(work);

        dot::checks::Check::store(check);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (approves : bool)]
    pub struct Vote<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub proposal: Box<Account<'info, dot::governance::Proposal>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: governance :: Vote > () + 8 , payer = owner , seeds = ["vote" . as_bytes () . as_ref () , proposal . key () . as_ref () , stake . key () . as_ref ()] , bump)]
        pub vote: Box<Account<'info, dot::governance::Vote>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn vote(ctx: Context<Vote>, approves: bool) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let proposal = dot::governance::Proposal::load(&mut ctx.accounts.proposal, &programs_map);
        let vote = Empty {
            account: dot::governance::Vote::load(&mut ctx.accounts.vote, &programs_map),
            bump: ctx.bumps.get("vote").map(|bump| *bump),
        };

        let clock = &ctx.accounts.clock.clone();

        vote_handler(
            owner.clone(),
            config.clone(),
            stake.clone(),
            proposal.clone(),
            vote.clone(),
            clock.clone(),
            approves,
        );


        dot::staking::Stake::store(stake);

        dot::governance::Proposal::store(proposal);

        dot::governance::Vote::store(vote.account);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (approves : bool)]
    pub struct VoteEarly<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account()]
        pub nfts: Box<Account<'info, dot::nfts::NftRegistry>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub proposal: Box<Account<'info, dot::governance::Proposal>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: governance :: Vote > () + 8 , payer = owner , seeds = ["vote" . as_bytes () . as_ref () , proposal . key () . as_ref () , stake . key () . as_ref ()] , bump)]
        pub vote: Box<Account<'info, dot::governance::Vote>>,
        #[account(mut)]
        pub link: Box<Account<'info, dot::nfts::NftLink>>,
        #[account(mut)]
        pub nft_account: Box<Account<'info, TokenAccount>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn vote_early(ctx: Context<VoteEarly>, approves: bool) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let nfts = dot::nfts::NftRegistry::load(&mut ctx.accounts.nfts, &programs_map);
        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let proposal = dot::governance::Proposal::load(&mut ctx.accounts.proposal, &programs_map);
        let vote = Empty {
            account: dot::governance::Vote::load(&mut ctx.accounts.vote, &programs_map),
            bump: ctx.bumps.get("vote").map(|bump| *bump),
        };

        let link = dot::nfts::NftLink::load(&mut ctx.accounts.link, &programs_map);
        let nft_account = SeahorseAccount {
            account: &ctx.accounts.nft_account,
            programs: &programs_map,
        };

        let clock = &ctx.accounts.clock.clone();

        vote_early_handler(
            owner.clone(),
            config.clone(),
            nfts.clone(),
            stake.clone(),
            proposal.clone(),
            vote.clone(),
            link.clone(),
            nft_account.clone(),
            clock.clone(),
            approves,
        );



        dot::staking::Stake::store(stake);

        dot::governance::Proposal::store(proposal);

        dot::governance::Vote::store(vote.account);

        dot::nfts::NftLink::store(link);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct WithdrawBond<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
    }

    pub fn withdraw_bond(ctx: Context<WithdrawBond>) -> Result<()> {
        let mut programs = Programs::new();
        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let clock = &ctx.accounts.clock.clone();

        withdraw_bond_handler(owner.clone(), stake.clone(), miner.clone(), clock.clone());


        dot::registry::Miner::store(miner);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct WithdrawStake<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account()]
        pub governance: Box<Account<'info, dot::governance::Governance>>,
        #[account(mut)]
        pub stake: Box<Account<'info, dot::staking::Stake>>,
        #[account(mut)]
        pub vault: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub token_account: Box<Account<'info, TokenAccount>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub token_program: Program<'info, Token>,
    }

    pub fn withdraw_stake(ctx: Context<WithdrawStake>) -> Result<()> {
        let mut programs = Programs::new();

        programs.insert(
            "token_program",
            ctx.accounts.token_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let governance =
            dot::governance::Governance::load(&mut ctx.accounts.governance, &programs_map);

        let stake = dot::staking::Stake::load(&mut ctx.accounts.stake, &programs_map);
        let vault = SeahorseAccount {
            account: &ctx.accounts.vault,
            programs: &programs_map,
        };

        let token_account = SeahorseAccount {
            account: &ctx.accounts.token_account,
            programs: &programs_map,
        };

        let clock = &ctx.accounts.clock.clone();

        withdraw_stake_handler(
            owner.clone(),
            config.clone(),
            governance.clone(),
            stake.clone(),
            vault.clone(),
            token_account.clone(),
            clock.clone(),
        );



        dot::staking::Stake::store(stake);

        return Ok(());
    }
}
