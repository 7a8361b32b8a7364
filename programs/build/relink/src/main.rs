//! `sbf-relink OBJECT PROGRAM`: turns the relocatable BPF object that `llc` wrote into an SBPF v0 shared object.
//!
//! The linker's own optimisation is off: the LLVM steps before this one have already done it.

use anyhow::{anyhow, bail, Context};
use sbpf_linker::{link_program, OptimizationConfig, ProgramOptions, SbpfArch, SbpfLinkerError};

/// Bytes of stack that one call frame of the Solana VM has.
const FRAME_BYTES: i32 = 4096;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [object, program] = arguments.as_slice() else {
        bail!("usage: sbf-relink OBJECT PROGRAM");
    };
    let bytes = std::fs::read(object).with_context(|| format!("cannot read {object}"))?;
    let options = ProgramOptions::new(OptimizationConfig::disabled(), SbpfArch::V0, FRAME_BYTES);
    let linked = link_program(&bytes, options).map_err(|errors| anyhow!(SbpfLinkerError::format_errors(&errors)))?;
    std::fs::write(program, linked).with_context(|| format!("cannot write {program}"))
}
