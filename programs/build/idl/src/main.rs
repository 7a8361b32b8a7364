//! `anchor-idl LIB.RS VERSION`: prints the Anchor 0.28 IDL of a program, read from its source.

use std::path::Path;

use anyhow::{bail, Context};

/// Read PDA seeds from the `#[account(seeds = …)]` attributes.
const SEEDS: bool = true;
/// Keep doc comments.
const NO_DOCS: bool = false;
/// Anchor's lint for unchecked accounts; Seahorse's output does not carry the comments it asks for.
const SAFETY_CHECKS: bool = false;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, version] = arguments.as_slice() else {
        bail!("usage: anchor-idl LIB.RS VERSION");
    };
    let idl = anchor_syn::idl::file::parse(Path::new(source), version.clone(), SEEDS, NO_DOCS, SAFETY_CHECKS)
        .with_context(|| format!("cannot read {source}"))?
        .with_context(|| format!("{source} has no #[program] module"))?;
    println!("{}", serde_json::to_string_pretty(&idl)?);
    Ok(())
}
