// Generated from programs/mai/*.py by `mai program build`; edit those instead.

pub mod assignment;

pub mod authority;

pub mod calibration;

pub mod checks;

pub mod claims;

pub mod config;

pub mod difficulty;

pub mod digests;

pub mod effects;

pub mod emission;

pub mod events;

pub mod governance;

pub mod muster;

pub mod native;

pub mod nfts;

pub mod parameters;

pub mod program;

pub mod quality;

pub mod registry;

pub mod rewards;

pub mod slashing;

pub mod staking;

pub mod tasks;
