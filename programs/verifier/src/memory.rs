//! The heap's fixed layout while a proof is checked; nothing is ever allocated.
//!
//! | bytes from the heap's start | holds |
//! |---|---|
//! | 0 | eight curve registers of 128 bytes: a point, then the syscalls' second operand |
//! | 1024 | the pairing's input, 384 bytes |
//! | 1408 | one scratch element |
//! | 2048 | 64 scalars of 32 bytes |
//! | 4096 | slots, 40 bytes each |
//!
//! The runtime hands out a zeroed heap of 32 KiB, or what the transaction asked for: 4096 + 40 · slots is enough, for
//! sealing too, which uses the heap from the start as a table of bounds and then of bits.

/// The heap's address on chain.
pub const HEAP: usize = 0x3_0000_0000;
pub const REGISTER_BYTES: usize = 128;
pub const PAIRING_OFFSET: usize = 1024;
pub const SCRATCH_OFFSET: usize = 1408;
pub const SCALARS_OFFSET: usize = 2048;
pub const MAX_SCALARS: usize = 64;
pub const SLOTS_OFFSET: usize = 4096;

/// The most slots that the largest heap, 256 KiB, has room for.
pub const MAX_SLOTS: usize = (256 * 1024 - SLOTS_OFFSET) / 40;

/// The heap as a zeroed table for sealing.
///
/// # Safety
/// On chain only, never while the layout above or another table is in use; zero must be a valid `T`. A table that is
/// longer than the transaction's heap faults on first use.
pub unsafe fn table<T>(length: usize) -> &'static mut [T] {
    // The runtime's heap is zero already; what sealing proves should not hang on that.
    core::ptr::write_bytes(HEAP as *mut T, 0, length);
    core::slice::from_raw_parts_mut(HEAP as *mut T, length)
}
