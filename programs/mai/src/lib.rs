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

    #[cfg(feature = "pyth-sdk-solana")]
    pub use pyth_sdk_solana::{load_price_feed_from_account_info, PriceFeed};
    use std::{collections::HashMap, fmt::Debug, ops::Deref};

    pub struct Mutable<T>(Rc<RefCell<T>>);

    impl<T> Mutable<T> {
        pub fn new(obj: T) -> Self {
            Self(Rc::new(RefCell::new(obj)))
        }
    }

    impl<T> Clone for Mutable<T> {
        fn clone(&self) -> Self {
            Self(self.0.clone())
        }
    }

    impl<T> Deref for Mutable<T> {
        type Target = Rc<RefCell<T>>;

        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }

    impl<T: Debug> Debug for Mutable<T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{:?}", self.0)
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
    pub struct ProgramsMap<'info>(pub HashMap<&'static str, AccountInfo<'info>>);

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
    # [instruction (context0 : u64 , context1 : u64 , context2 : u64 , context3 : u64 , output0 : u64 , output1 : u64 , output2 : u64 , output3 : u64 , tokens : u32 , active_ms : u64)]
    pub struct CommitWork<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: tasks :: Work > () + 8 , payer = owner , seeds = ["work" . as_bytes () . as_ref () , miner . key () . as_ref () , context0 . to_le_bytes () . as_ref () , context1 . to_le_bytes () . as_ref () , context2 . to_le_bytes () . as_ref () , context3 . to_le_bytes () . as_ref ()] , bump)]
        pub work: Box<Account<'info, dot::tasks::Work>>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn commit_work(
        ctx: Context<CommitWork>,
        context0: u64,
        context1: u64,
        context2: u64,
        context3: u64,
        output0: u64,
        output1: u64,
        output2: u64,
        output3: u64,
        tokens: u32,
        active_ms: u64,
    ) -> Result<()> {
        let mut programs = HashMap::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let work = Empty {
            account: dot::tasks::Work::load(&mut ctx.accounts.work, &programs_map),
            bump: ctx.bumps.get("work").map(|bump| *bump),
        };

        let clock = &ctx.accounts.clock.clone();

        commit_work_handler(
            owner.clone(),
            miner.clone(),
            model.clone(),
            task.clone(),
            work.clone(),
            clock.clone(),
            context0,
            context1,
            context2,
            context3,
            output0,
            output1,
            output2,
            output3,
            tokens,
            active_ms,
        );

        dot::registry::Miner::store(miner);


        dot::tasks::Task::store(task);

        dot::tasks::Work::store(work.account);

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
        pub mint: Box<Account<'info, Mint>>,
        #[account(mut)]
        pub token_account: Box<Account<'info, TokenAccount>>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        pub token_program: Program<'info, Token>,
    }

    pub fn fund_task(ctx: Context<FundTask>, amount: u64) -> Result<()> {
        let mut programs = HashMap::new();

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
        let mint = SeahorseAccount {
            account: &ctx.accounts.mint,
            programs: &programs_map,
        };

        let token_account = SeahorseAccount {
            account: &ctx.accounts.token_account,
            programs: &programs_map,
        };

        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);

        fund_task_handler(
            requester.clone(),
            config.clone(),
            mint.clone(),
            token_account.clone(),
            task.clone(),
            amount,
        );


        dot::tasks::Task::store(task);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (chain_id : u32 , rate_floor : u64 , srs0 : u64 , srs1 : u64 , srs2 : u64 , srs3 : u64)]
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
        pub clock: Sysvar<'info, Clock>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
        pub token_program: Program<'info, Token>,
    }

    pub fn genesis(
        ctx: Context<Genesis>,
        chain_id: u32,
        rate_floor: u64,
        srs0: u64,
        srs1: u64,
        srs2: u64,
        srs3: u64,
    ) -> Result<()> {
        let mut programs = HashMap::new();

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
        let clock = &ctx.accounts.clock.clone();

        genesis_handler(
            authority.clone(),
            config.clone(),
            mint.clone(),
            verifier_program.clone(),
            clock.clone(),
            chain_id,
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
    # [instruction (chain_id : u32 , rate_floor : u64 , srs0 : u64 , srs1 : u64 , srs2 : u64 , srs3 : u64)]
    pub struct GenesisAdopt<'info> {
        #[account(mut)]
        pub authority: Signer<'info>,
        # [account (init , space = std :: mem :: size_of :: < dot :: config :: Config > () + 8 , payer = authority , seeds = ["config" . as_bytes () . as_ref ()] , bump)]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub mint: Box<Account<'info, Mint>>,
        #[account()]
        #[doc = "CHECK: This account is unchecked."]
        pub verifier_program: UncheckedAccount<'info>,
        #[account()]
        pub clock: Sysvar<'info, Clock>,
        pub rent: Sysvar<'info, Rent>,
        pub system_program: Program<'info, System>,
    }

    pub fn genesis_adopt(
        ctx: Context<GenesisAdopt>,
        chain_id: u32,
        rate_floor: u64,
        srs0: u64,
        srs1: u64,
        srs2: u64,
        srs3: u64,
    ) -> Result<()> {
        let mut programs = HashMap::new();

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

        let verifier_program = &ctx.accounts.verifier_program.clone();
        let clock = &ctx.accounts.clock.clone();

        genesis_adopt_handler(
            authority.clone(),
            config.clone(),
            mint.clone(),
            verifier_program.clone(),
            clock.clone(),
            chain_id,
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
        let mut programs = HashMap::new();

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
    # [instruction (nonce : u64 , lifetime_s : u32)]
    pub struct PostTask<'info> {
        #[account(mut)]
        pub requester: Signer<'info>,
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

    pub fn post_task(ctx: Context<PostTask>, nonce: u64, lifetime_s: u32) -> Result<()> {
        let mut programs = HashMap::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let requester = SeahorseSigner {
            account: &ctx.accounts.requester,
            programs: &programs_map,
        };

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
            model.clone(),
            spent_record.clone(),
            task.clone(),
            clock.clone(),
            nonce,
            lifetime_s,
        );



        dot::tasks::Task::store(task.account);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (gpu_mhs : u32 , cpu_mhz : u32 , ram_mhz : u32 , storage_gb : u32 , network_mbps : u32 , active_ms : u64 , nft_tier : u8 , uptime_bps : u16 , trust_bps : u64 , difficulty_bps : u64 , epoch : u64 , rate_floor : u64)]
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
        difficulty_bps: u64,
        epoch: u64,
        rate_floor: u64,
    ) -> Result<()> {
        let mut programs = HashMap::new();
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
            difficulty_bps,
            epoch,
            rate_floor,
        );

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (device : Pubkey , device_class : u8 , region : u16 , client_version : u32 , gpu_mhs : u32 , cpu_mhz : u32 , ram_mhz : u32 , storage_gb : u32 , network_mbps : u32)]
    pub struct RegisterMiner<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
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
        gpu_mhs: u32,
        cpu_mhz: u32,
        ram_mhz: u32,
        storage_gb: u32,
        network_mbps: u32,
    ) -> Result<()> {
        let mut programs = HashMap::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let owner = SeahorseSigner {
            account: &ctx.accounts.owner,
            programs: &programs_map,
        };

        let miner = Empty {
            account: dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map),
            bump: ctx.bumps.get("miner").map(|bump| *bump),
        };

        let clock = &ctx.accounts.clock.clone();

        register_miner_handler(
            owner.clone(),
            miner.clone(),
            clock.clone(),
            device,
            device_class,
            region,
            client_version,
            gpu_mhs,
            cpu_mhz,
            ram_mhz,
            storage_gb,
            network_mbps,
        );

        dot::registry::Miner::store(miner.account);

        return Ok(());
    }

    #[derive(Accounts)]
    # [instruction (key0 : u64 , key1 : u64 , key2 : u64 , key3 : u64 , params0 : u64 , params1 : u64 , params2 : u64 , params3 : u64 , segments : u32 , work_units : u64 , max_active_ms : u64 , max_tokens : u32 , positions : u32)]
    pub struct RegisterModel<'info> {
        #[account(mut)]
        pub authority: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        # [account (init , space = std :: mem :: size_of :: < dot :: registry :: Model > () + 8 , payer = authority , seeds = ["model" . as_bytes () . as_ref () , key0 . to_le_bytes () . as_ref () , key1 . to_le_bytes () . as_ref () , key2 . to_le_bytes () . as_ref () , key3 . to_le_bytes () . as_ref () , params0 . to_le_bytes () . as_ref () , params1 . to_le_bytes () . as_ref () , params2 . to_le_bytes () . as_ref () , params3 . to_le_bytes () . as_ref ()] , bump)]
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
        segments: u32,
        work_units: u64,
        max_active_ms: u64,
        max_tokens: u32,
        positions: u32,
    ) -> Result<()> {
        let mut programs = HashMap::new();

        programs.insert(
            "system_program",
            ctx.accounts.system_program.to_account_info(),
        );

        let programs_map = ProgramsMap(programs);
        let authority = SeahorseSigner {
            account: &ctx.accounts.authority,
            programs: &programs_map,
        };

        let config = dot::config::Config::load(&mut ctx.accounts.config, &programs_map);
        let model = Empty {
            account: dot::registry::Model::load(&mut ctx.accounts.model, &programs_map),
            bump: ctx.bumps.get("model").map(|bump| *bump),
        };

        register_model_handler(
            authority.clone(),
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
            segments,
            work_units,
            max_active_ms,
            max_tokens,
            positions,
        );


        dot::registry::Model::store(model.account);

        return Ok(());
    }

    #[derive(Accounts)]
    pub struct Settle<'info> {
        #[account(mut)]
        pub owner: Signer<'info>,
        #[account()]
        pub config: Box<Account<'info, dot::config::Config>>,
        #[account(mut)]
        pub mint: Box<Account<'info, Mint>>,
        #[account(mut)]
        pub miner: Box<Account<'info, dot::registry::Miner>>,
        #[account()]
        pub model: Box<Account<'info, dot::registry::Model>>,
        #[account(mut)]
        pub task: Box<Account<'info, dot::tasks::Task>>,
        #[account(mut)]
        pub work: Box<Account<'info, dot::tasks::Work>>,
        #[account(mut)]
        pub spent_record: Box<Account<'info, dot::tasks::SpentRecord>>,
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

    pub fn settle(ctx: Context<Settle>) -> Result<()> {
        let mut programs = HashMap::new();

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
        let mint = SeahorseAccount {
            account: &ctx.accounts.mint,
            programs: &programs_map,
        };

        let miner = dot::registry::Miner::load(&mut ctx.accounts.miner, &programs_map);
        let model = dot::registry::Model::load(&mut ctx.accounts.model, &programs_map);
        let task = dot::tasks::Task::load(&mut ctx.accounts.task, &programs_map);
        let work = dot::tasks::Work::load(&mut ctx.accounts.work, &programs_map);
        let spent_record =
            dot::tasks::SpentRecord::load(&mut ctx.accounts.spent_record, &programs_map);

        let token_account = SeahorseAccount {
            account: &ctx.accounts.token_account,
            programs: &programs_map,
        };

        let verifier_program = &ctx.accounts.verifier_program.clone();
        let receipt = &ctx.accounts.receipt.clone();
        let clock = &ctx.accounts.clock.clone();

        settle_handler(
            owner.clone(),
            config.clone(),
            mint.clone(),
            miner.clone(),
            model.clone(),
            task.clone(),
            work.clone(),
            spent_record.clone(),
            token_account.clone(),
            verifier_program.clone(),
            receipt.clone(),
            clock.clone(),
        );


        dot::registry::Miner::store(miner);


        dot::tasks::Task::store(task);

        dot::tasks::Work::store(work);

        dot::tasks::SpentRecord::store(spent_record);

        return Ok(());
    }
}
