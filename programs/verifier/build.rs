//! Chooses the field arithmetic: `mai_asm` for LLVM's own BPF target, whose assembler reads `src/field/fr.s`.
//! Everywhere else (the host's tests, the SBF fork of LLVM) the portable arithmetic is compiled.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/field/fr.s");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("bpf") {
        println!("cargo::rustc-cfg=mai_asm");
    }
}
