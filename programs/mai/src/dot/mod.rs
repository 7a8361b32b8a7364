// Generated from programs/mai/*.py by `mai program build`; edit those instead.

pub mod calibration;

pub mod config;

pub mod digests;

pub mod events;

pub mod program;

pub mod registry;

pub mod rewards;

pub mod tasks;
