//! Sums of points with small weights of either sign, by additions alone.
//!
//! Weights are cut into digits of a few bits, -h to h - 1 with h = 2^(bits - 1). Window by window, from the highest:
//! double the result so often, add every point to the bucket of its digit's size, and add up the buckets, each as often
//! as its size says, by running sums. An addition costs the runtime a twelfth of a multiplication.

use verifier::accounts::require;
use verifier::error::{Error, Result};
use verifier::memory::HEAP;
use verifier::syscall::{bn254, Bn254};

/// A point as in proofs: big-endian x and y, in words as they lie.
pub type Point = [u64; 8];

/// q, the lowest word first.
const Q: [u64; 4] = [0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029];

const MIN_BITS: u32 = 2;
const MAX_BITS: u32 = 8;
const MAX_BUCKETS: usize = 1 << (MAX_BITS - 1);

/// A sum and room for what is added to it: the two operands of an addition.
#[repr(C)]
struct Sum {
    sum: Point,
    operand: Point,
}

/// Working memory, on the heap.
#[repr(C)]
struct Memory {
    result: Sum,
    running: Sum,
    total: Sum,
    buckets: [Sum; MAX_BUCKETS],
}

impl Sum {
    /// Add the point, or its negative; `empty` sums become it.
    #[inline(always)]
    fn add(&mut self, point: &Point, negative: bool, empty: bool) -> Result<()> {
        let target = if empty { &mut self.sum } else { &mut self.operand };
        copy_half(target, point, 0);
        if negative {
            negate(target, point);
        } else {
            copy_half(target, point, 4);
        }
        if empty {
            return Ok(());
        }
        self.add_operand()
    }

    #[inline(always)]
    fn double(&mut self) -> Result<()> {
        let Self { sum, operand } = self;
        copy_half(operand, sum, 0);
        copy_half(operand, sum, 4);
        self.add_operand()
    }

    #[inline(always)]
    fn add_operand(&mut self) -> Result<()> {
        let pointer = self as *mut Self as *mut u8;
        // SAFETY: both points are in the structure, and so is the result.
        require(unsafe { bn254(Bn254::Add, pointer, 128, pointer) }, Error::PointNotOnCurve)
    }
}

/// x (from word 0) or y (from word 4), word by word: a loop over them would cost more than the words.
#[inline(always)]
fn copy_half(target: &mut Point, point: &Point, from: usize) {
    target[from] = point[from];
    target[from + 1] = point[from + 1];
    target[from + 2] = point[from + 2];
    target[from + 3] = point[from + 3];
}

/// The y of the point's negative, q − y; no point of the curve has y = 0. Branches are cheaper here than borrows.
#[inline(always)]
fn negate(target: &mut Point, point: &Point) {
    let [mut high, mut middle, mut low] = [Q[3], Q[2], Q[1]];
    let y = [point[7].swap_bytes(), point[6].swap_bytes(), point[5].swap_bytes(), point[4].swap_bytes()];
    if Q[0] < y[0] {
        low -= 1; // the words of q are not zero
    }
    if low < y[1] {
        middle -= 1;
    }
    if middle < y[2] {
        high -= 1;
    }
    target[7] = Q[0].wrapping_sub(y[0]).swap_bytes();
    target[6] = low.wrapping_sub(y[1]).swap_bytes();
    target[5] = middle.wrapping_sub(y[2]).swap_bytes();
    target[4] = high.wrapping_sub(y[3]).swap_bytes();
}

/// How weights are cut.
struct Windows {
    count: u32,
    /// h in every window: weight + bias has the digits + h, which are not negative.
    bias: i64,
}

impl Windows {
    /// Windows of `bits`, as many as hold all weights.
    #[inline(never)]
    fn of(weights: &[i32], bits: u32) -> Self {
        let (mut low, mut high) = (0, 0);
        for &weight in weights {
            (low, high) = (weight.min(low), weight.max(high));
        }
        let half = 1i64 << (bits - 1);
        let (mut count, mut ones) = (1, 1);
        while i64::from(high) > (half - 1) * ones || i64::from(low) < -half * ones {
            (count, ones) = (count + 1, ones << bits | 1);
        }
        Self { count, bias: half * ones }
    }
}

/// Add the sum of weight · point to `accumulator`; at most 2^16 of them. `bits` of a digit, 2 to 8, change what it costs
/// and nothing else.
#[inline(never)]
pub fn add_weighted(accumulator: &mut Point, weights: &[i32], points: &[Point], bits: u8) -> Result<()> {
    require((MIN_BITS..=MAX_BITS).contains(&bits.into()), Error::BadArguments)?;
    let bits = u32::from(bits);
    // SAFETY: on chain the heap of 32 KB is there and nothing else uses it in this instruction; every bit pattern is
    // valid.
    let memory = unsafe { &mut *(HEAP as *mut Memory) };
    let Windows { count, bias } = Windows::of(weights, bits);
    let half = 1i64 << (bits - 1);
    let mut empty = true;
    for window in (0..count).rev() {
        if !empty {
            for _ in 0..bits {
                memory.result.double()?;
            }
        }
        let shift = bits * window;
        let mut filled = [false; MAX_BUCKETS];
        for (&weight, point) in weights.iter().zip(points) {
            let digit = ((i64::from(weight) + bias) >> shift & (2 * half - 1)) - half;
            if digit == 0 {
                continue;
            }
            let negative = digit < 0;
            let size = (if negative { -digit } else { digit } - 1) as usize & (MAX_BUCKETS - 1);
            memory.buckets[size].add(point, negative, !filled[size])?;
            filled[size] = true;
        }
        let (mut running, mut total) = (false, false);
        for size in (0..half as usize).rev() {
            let size = size & (MAX_BUCKETS - 1);
            if filled[size] {
                memory.running.add(&memory.buckets[size].sum, false, !running)?;
                running = true;
            }
            if running {
                memory.total.add(&memory.running.sum, false, !total)?;
                total = true;
            }
        }
        if total {
            memory.result.add(&memory.total.sum, false, empty)?;
            empty = false;
        }
    }
    if empty {
        return Ok(());
    }
    memory.result.add(accumulator, false, false)?;
    *accumulator = memory.result.sum;
    Ok(())
}
