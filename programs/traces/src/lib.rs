//! Traces and challenges: sampled proofs of a run that is too long to prove whole (`docs/reference/trace.md`).
//!
//! A program of its own that contains the verifier: receipts are made and consumed by one program, so an attested leaf
//! needs no call into another. Who wants single proofs only deploys `programs/verifier`, three fifths of the size.
//!
//! | module | holds |
//! |---|---|
//! | [`instruction`] | the seventeen instructions: discriminators, arguments, dispatch |
//! | [`state`] | the headers of `Manifest` and `Trace`, the steps of a trace |
//! | [`manifest`] | a model's graph: its wire format, `create_manifest`, `seal_manifest` |
//! | [`merkle`] | leaves, nodes, paths |
//! | [`opening`] | reading leaves and paths from an uploaded opening |
//! | [`commit`] | `commit_trace`, `reveal_trace` |
//! | [`draw`] | `draw_trace`: which slots, which seed, which indices |
//! | [`strata`] | classes of segments of a sampled model: what sealing checks, `draw_strata` |
//! | [`attest`] | `attest` and `join`: a drawn leaf and all its edges |
//! | [`sampled`] | `execute` and `attest_bound`: a drawn leaf of integers and what it reads |
//! | [`ends`] | `attest_ends`: tokens in, tokens out |
//! | [`constants`] | `seal_constants`: tables and bases that operations read |
//! | [`integers`], [`operations`] | arithmetic that the chain executes itself; `check_operation` |
//! | [`binding`], [`buckets`] | `create_values`, `bind`: integers that a commitment opens to |
//! | [`checks`] | checks of accounts and hashes, compiled once |
//! | [`settle`] | `claim_trace`, `expire_trace` |

#![cfg_attr(target_os = "solana", no_std)]
// `is_multiple_of` is newer than the rustc of some SBF toolchains.
#![allow(clippy::manual_is_multiple_of)]

pub mod attest;
pub mod binding;
pub mod buckets;
pub mod checks;
pub mod commit;
pub mod constants;
pub mod draw;
pub mod ends;
pub mod instruction;
pub mod integers;
pub mod manifest;
pub mod merkle;
pub mod opening;
pub mod operations;
pub mod sampled;
pub mod settle;
pub mod state;
pub mod strata;

#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
verifier::program!(instruction::process);
