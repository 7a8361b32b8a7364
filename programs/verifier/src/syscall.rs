//! Thin wrappers of the runtime's syscalls. On the host they only have to compile.

/// keccak256 of the parts' concatenation.
#[inline(always)]
pub fn keccak256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = [0u8; 32];
    // SAFETY: the syscall reads (pointer, length) pairs, which is a slice of slices, and writes 32 bytes.
    #[cfg(target_os = "solana")]
    unsafe {
        pinocchio::syscalls::sol_keccak256(parts.as_ptr() as *const u8, parts.len() as u64, hash.as_mut_ptr());
    }
    #[cfg(not(target_os = "solana"))]
    core::hint::black_box((parts, &mut hash));
    hash
}

/// Operations of `sol_alt_bn128_group_op`.
#[derive(Clone, Copy)]
#[repr(u64)]
pub enum Bn254 {
    /// 128 bytes (two points) to 64.
    Add = 0,
    /// 96 bytes (point, scalar) to 64.
    Multiply = 2,
    /// n × 192 bytes (G1 point, G2 point) to 32: one if the product of the pairings is one.
    Pairing = 3,
}

/// Run the operation; false if the syscall refuses its input (for instance a point off the curve).
///
/// # Safety
/// `input` is readable for `length` bytes, `output` writable for the operation's result; they may overlap.
#[inline(always)]
pub unsafe fn bn254(operation: Bn254, input: *const u8, length: usize, output: *mut u8) -> bool {
    #[cfg(target_os = "solana")]
    return pinocchio::syscalls::sol_alt_bn128_group_op(operation as u64, input, length as u64, output) == 0;
    #[cfg(not(target_os = "solana"))]
    {
        core::hint::black_box((operation, input, length, output));
        false
    }
}

/// Copy by syscall: for long runs, cheaper than a loop.
///
/// # Safety
/// As `core::ptr::copy_nonoverlapping`.
#[inline(always)]
pub unsafe fn copy(source: *const u8, destination: *mut u8, length: usize) {
    #[cfg(target_os = "solana")]
    pinocchio::syscalls::sol_memcpy_(destination, source, length as u64);
    #[cfg(not(target_os = "solana"))]
    core::ptr::copy_nonoverlapping(source, destination, length);
}

/// Log the remaining compute units if `profile`.
#[inline(always)]
pub fn mark(profile: bool) {
    if profile {
        pinocchio::log::sol_log_compute_units();
    }
}
