//! ATTEND: three query heads on one head of keys and values, at one position.
//!
//! A row of the history is a position's turned key and its value; the last row is this position's own. So the cache's
//! hash chain runs over rows as they lie. Keys and values come in shards that need not be heads: this head's begin at an
//! offset in them.

use super::{compare, give, within, Descriptor, Results, Shape, Vectors, BOUND};
use crate::constants::Constants;
use crate::integers::{round_divide, round_shift, Decay};
use verifier::accounts::require;
use verifier::error::{Error, Result};
use verifier::memory::HEAP;

/// Fractional bits of cosines and sines.
const ANGLE_BITS: u32 = 15;
/// Integers of a query, a key or a value.
const HEAD: usize = 64;
pub const ROW: usize = 2 * HEAD;
/// Query heads of one key head. All of them go through the history at once, because reading it is half of the work.
const GROUP: usize = 3;
/// Positions of a history: what a transaction's computing units and the heap of 32 KB hold.
const MAX_ROWS: usize = 768;
/// e^0 is at most this: with its rows, the weights' sum stays at or below 2^30, its products with values below 2^62.
const MAX_ONE: u64 = 1 << 20;
/// Turned numbers are smaller than this in size.
const TURNED: i64 = 1 << 25;

/// Where the working memory is on the heap: behind the results.
const BEHIND: usize = 1024;

/// Working memory, on the heap.
#[repr(C)]
struct Memory {
    turned: [[i64; GROUP]; HEAD],
    weights: [[i64; GROUP]; MAX_ROWS],
}

/// group u8 (three), the decay's shift u8, the result's shift u8, the head's offset u8, positions u32, the table's offset
/// u32, the rotations' u32 (for each position 32 cosines and 32 sines), integers of a shard u16, shards of keys u8 (as
/// many of values).
pub struct Attend<'a> {
    decay: Decay<'a>,
    shift: u32,
    rows: usize,
    offset: usize,
    shard: usize,
    n_keys: usize,
    cosines: &'a [i32],
    sines: &'a [i32],
}

impl<'a> Attend<'a> {
    #[inline(never)]
    pub fn read(descriptor: &mut Descriptor, constants: Constants<'a>, position: u32) -> Result<Self> {
        let (group, decay, shift, offset) = (descriptor.u8(), descriptor.u8(), descriptor.u8(), descriptor.u8());
        let (positions, table, rotations) = (descriptor.u32(), descriptor.u32(), descriptor.u32());
        let (shard, n_keys) = (descriptor.u16() as usize, descriptor.u8() as usize);
        descriptor.finish()?;
        let offset = usize::from(offset);
        let whole = shard > 0 && GROUP * HEAD % shard == 0 && offset + HEAD <= n_keys * shard;
        require(group == GROUP as u8 && shift <= 16 && whole, Error::BadDescriptor)?;
        require(position < positions && (position as usize) < MAX_ROWS, Error::PositionOutOfRange)?;
        let decay = Decay::new(constants.table(table)?, decay).ok_or(Error::BadDescriptor)?;
        require((1..=MAX_ONE).contains(&decay.one()), Error::BadDescriptor)?;
        let angles = u32::checked_add(rotations, position * 4 * HEAD as u32).ok_or(Error::ConstantsTooShort)?;
        let (cosines, sines) = constants.words(angles, HEAD)?.split_at(HEAD / 2);
        let rows = position as usize + 1;
        Ok(Self { decay, shift: shift.into(), rows, offset, shard, n_keys, cosines, sines })
    }

    /// Shards of queries, of keys and of values.
    pub fn shape(&self, n_vectors: usize) -> Option<Shape> {
        let whole = n_vectors == GROUP * HEAD / self.shard + 2 * self.n_keys;
        whole.then_some(Shape { first: self.shard, each: self.shard, rows: self.rows * ROW })
    }

    pub fn gives(&self) -> [usize; 2] {
        [GROUP * HEAD, 0]
    }

    /// Vectors: the queries, this position's keys and values, the history with this position's row, which is computed
    /// again and compared. Results: the mixed values.
    pub fn run(&self, vectors: &mut Vectors, results: &mut Results) -> Result<()> {
        let queries = vectors.take(GROUP * HEAD)?;
        let (key, value) = (self.head(vectors)?, self.head(vectors)?);
        let history = vectors.take(self.rows * ROW)?;
        // SAFETY: on chain the heap of 32 KB is there, the results end before this in it, and 20 KB are used.
        let memory = unsafe { &mut *((HEAP as usize + BEHIND) as *mut Memory) };
        self.turn_all(queries, key, history, memory)?;
        self.own_value(value, history)?;
        let best = self.scores(history, memory);
        let totals = self.decay_all(best, memory)?;
        self.mix(history, totals, results.first, memory)
    }

    /// The head's integers in the next shards.
    fn head<'b>(&self, vectors: &mut Vectors<'b>) -> Result<&'b [i32]> {
        let shards = vectors.take(self.n_keys * self.shard)?;
        shards.get(self.offset..self.offset + HEAD).ok_or(Error::OpeningLength)
    }

    /// The value must be the last row's.
    #[inline(never)]
    fn own_value(&self, value: &[i32], history: &[i32]) -> Result<()> {
        let own = history.get(history.len() - HEAD..).ok_or(Error::OpeningLength)?;
        for (&value, &opened) in value.iter().zip(own) {
            compare(value.into(), BOUND, opened)?;
        }
        Ok(())
    }

    /// The queries into memory; the key must be the last row's.
    #[inline(never)]
    fn turn_all(&self, queries: &[i32], key: &[i32], history: &[i32], memory: &mut Memory) -> Result<()> {
        for (head, query) in queries.chunks_exact(HEAD).enumerate() {
            self.turn(query, |index, value| {
                require(within(value, TURNED), Error::ValueOutOfRange)?;
                // SAFETY: index and head are below HEAD and GROUP.
                unsafe { *memory.turned.get_unchecked_mut(index).get_unchecked_mut(head) = value };
                Ok(())
            })?;
        }
        let own = history.get(history.len() - ROW..).ok_or(Error::OpeningLength)?;
        // SAFETY: the index is below HEAD.
        self.turn(key, |index, value| compare(value, TURNED, unsafe { *own.get_unchecked(index) }))
    }

    /// Scores into memory; the largest ones. A turned query is below 2^25, a key at most 2^31: a score's size is at most
    /// 2^62.
    #[inline(never)]
    fn scores(&self, history: &[i32], memory: &mut Memory) -> [i64; GROUP] {
        let (mut first, mut second, mut third) = (i64::MIN, i64::MIN, i64::MIN);
        for (row, scores) in history.chunks_exact(ROW).zip(&mut memory.weights) {
            let sums = products(row.as_ptr(), 1, memory.turned.as_ptr(), HEAD);
            (first, second, third) = (first.max(sums[0]), second.max(sums[1]), third.max(sums[2]));
            *scores = sums;
        }
        [first, second, third]
    }

    /// Scores to weights; their sums.
    #[inline(never)]
    fn decay_all(&self, best: [i64; GROUP], memory: &mut Memory) -> Result<[u64; GROUP]> {
        let most = self.decay.one() * self.rows as u64;
        let mut totals = [0; GROUP];
        for head in 0..GROUP {
            let mut total = 0;
            for weights in memory.weights.iter_mut().take(self.rows) {
                let decayed = self.decay.at(best[head].wrapping_sub(weights[head]) as u64);
                total += decayed;
                weights[head] = decayed as i64;
            }
            require(total <= most, Error::BadDescriptor)?; // or the table is none
            totals[head] = total;
        }
        Ok(totals)
    }

    /// The weights add up to 2^30 at most, a value is at most 2^31: a sum's size is at most 2^61.
    #[inline(never)]
    fn mix(&self, history: &[i32], totals: [u64; GROUP], mixed: &mut [i32], memory: &Memory) -> Result<()> {
        for index in 0..HEAD {
            // SAFETY: the first row's value is within the history, which has at least one row.
            let value = unsafe { history.as_ptr().add(HEAD + index) };
            let sums = products(value, ROW, memory.weights.as_ptr(), self.rows);
            for head in 0..GROUP {
                let result = mixed.get_mut(head * HEAD + index).ok_or(Error::OpeningLength)?;
                give(round_divide(sums[head], totals[head] << self.shift), BOUND, result)?;
            }
        }
        Ok(())
    }

    /// RoPE on neighbouring pairs: (e·cos − o·sin, e·sin + o·cos). Numbers are below 2^24, so products below 2^56.
    #[inline(always)]
    fn turn(&self, head: &[i32], mut hear: impl FnMut(usize, i64) -> Result<()>) -> Result<()> {
        for (pair, ((numbers, &cos), &sin)) in head.chunks_exact(2).zip(self.cosines).zip(self.sines).enumerate() {
            let [even, odd] = [i64::from(numbers[0]), i64::from(numbers[1])];
            require(within(even, BOUND) && within(odd, BOUND), Error::ValueOutOfRange)?;
            let (cos, sin) = (i64::from(cos), i64::from(sin));
            hear(2 * pair, round_shift(even * cos - odd * sin, ANGLE_BITS))?;
            hear(2 * pair + 1, round_shift(even * sin + odd * cos, ANGLE_BITS))?;
        }
        Ok(())
    }
}

/// Σ number · factors for three factors a number; numbers are `stride` apart.
#[inline(always)]
fn products(numbers: *const i32, stride: usize, factors: *const [i64; GROUP], count: usize) -> [i64; GROUP] {
    const UNROLLED: usize = 8;
    let (mut first, mut second, mut third) = (0, 0, 0);
    let (mut numbers, mut factors, mut left) = (numbers, factors, count);
    macro_rules! step {
        ($offset:expr) => {{
            let number = i64::from(*numbers.add(stride * $offset));
            let factors = factors.add($offset) as *const i64;
            first += *factors * number;
            second += *factors.add(1) * number;
            third += *factors.add(2) * number;
        }};
    }
    // SAFETY: the callers give `count` numbers and factors.
    unsafe {
        while left >= UNROLLED {
            step!(0);
            step!(1);
            step!(2);
            step!(3);
            step!(4);
            step!(5);
            step!(6);
            step!(7);
            (numbers, factors, left) = (numbers.add(stride * UNROLLED), factors.add(UNROLLED), left - UNROLLED);
        }
        while left > 0 {
            step!(0);
            (numbers, factors, left) = (numbers.wrapping_add(stride), factors.add(1), left - 1);
        }
    }
    [first, second, third]
}
