//! ATTEND: some query heads on one head of keys and values, at one position.
//!
//! A row of the history is a position's turned key and its value; the last row is this position's own. So the cache's
//! hash chain runs over rows as they lie.

use super::{compare, Descriptor, Vectors, BOUND};
use crate::constants::Constants;
use crate::integers::{round_divide, round_shift, Decay};
use verifier::accounts::require;
use verifier::error::{Error, Result};
use verifier::memory::HEAP;

/// Fractional bits of cosines and sines.
const ANGLE_BITS: u32 = 15;
/// Integers of a query, a key or a value.
const HEAD: usize = 64;
const ROW: usize = 2 * HEAD;
/// Query heads of one key head.
const MAX_GROUP: usize = 4;
/// Positions of a history: what a transaction's computing units and the heap of 32 KB hold.
const MAX_ROWS: usize = 768;
/// e^0 is at most this: with its rows, the weights' sum stays at or below 2^30, its products with values below 2^62.
const MAX_ONE: u64 = 1 << 20;
/// Turned numbers are smaller than this in size.
const TURNED: u64 = 1 << 25;

/// group u8 (1, 3 or 4), the decay's shift u8, the result's shift u8, a zero byte, positions u32, the table's offset u32,
/// the rotations' u32 (for each position 32 cosines and 32 sines).
pub struct Attend<'a> {
    group: usize,
    decay: Decay<'a>,
    shift: u32,
    rows: usize,
    cosines: &'a [i32],
    sines: &'a [i32],
}

impl<'a> Attend<'a> {
    #[inline(never)]
    pub fn read(descriptor: &mut Descriptor, constants: Constants<'a>, position: u32) -> Result<Self> {
        let (group, decay, shift, zero) = (descriptor.u8(), descriptor.u8(), descriptor.u8(), descriptor.u8());
        let (positions, table, rotations) = (descriptor.u32(), descriptor.u32(), descriptor.u32());
        descriptor.finish()?;
        require(matches!(group, 1 | 3 | 4) && shift <= 16 && zero == 0, Error::BadDescriptor)?;
        require(position < positions && (position as usize) < MAX_ROWS, Error::PositionOutOfRange)?;
        let decay = Decay::new(constants.table(table)?, decay).ok_or(Error::BadDescriptor)?;
        require((1..=MAX_ONE).contains(&decay.one()), Error::BadDescriptor)?;
        let offset = u32::checked_add(rotations, position * 4 * HEAD as u32).ok_or(Error::ConstantsTooShort)?;
        let (cosines, sines) = constants.words(offset, HEAD)?.split_at(HEAD / 2);
        Ok(Self { group: group.into(), decay, shift: shift.into(), rows: position as usize + 1, cosines, sines })
    }

    /// Vectors: the queries, this position's key, the history; the mixed values.
    pub fn check(&self, vectors: &mut Vectors) -> Result<()> {
        let (queries, key) = (vectors.take(self.group * HEAD)?, vectors.take(HEAD)?);
        let history = vectors.take(self.rows * ROW)?;
        let mixed = vectors.take(self.group * HEAD)?;
        // SAFETY: on chain the heap is there and nothing else uses it in this instruction; queries take 2 KB at most,
        // the weights 24 KB.
        let (turned, weights) = unsafe {
            let heap = HEAP as *mut i64;
            (
                &mut *(heap as *mut [i64; MAX_GROUP * HEAD]),
                &mut *(heap.add(MAX_GROUP * HEAD) as *mut [i64; MAX_GROUP * MAX_ROWS]),
            )
        };
        match self.group {
            1 => self.heads::<1>(queries, key, history, mixed, turned, weights),
            3 => self.heads::<3>(queries, key, history, mixed, turned, weights),
            _ => self.heads::<4>(queries, key, history, mixed, turned, weights),
        }
    }

    /// Turned queries lie as (integer, head) and weights as (row, head), so that all heads go through the history at
    /// once.
    #[inline(never)]
    fn heads<const G: usize>(
        &self,
        queries: &[i32],
        key: &[i32],
        history: &[i32],
        mixed: &[i32],
        turned: &mut [i64; MAX_GROUP * HEAD],
        weights: &mut [i64; MAX_GROUP * MAX_ROWS],
    ) -> Result<()> {
        for (head, query) in queries.chunks_exact(HEAD).enumerate() {
            self.turn(query, |index, value| {
                require(value.unsigned_abs() < TURNED, Error::ValueOutOfRange)?;
                // SAFETY: the head is below G, the index below HEAD.
                unsafe { *turned.get_unchecked_mut(index * G + head) = value };
                Ok(())
            })?;
        }
        let (turned, history, weights) = (turned.as_ptr(), history.as_ptr(), weights.as_mut_ptr());
        // SAFETY: the history has so many rows.
        let own = unsafe { history.add(self.rows * ROW - ROW) };
        // SAFETY: the index is below HEAD.
        self.turn(key, |index, value| compare(value, TURNED as i64, unsafe { *own.add(index) }))?;
        // A turned query is below 2^25, a key at most 2^31: a score's size is at most 2^62.
        let mut best = [i64::MIN; G];
        for row in 0..self.rows {
            let mut scores = [0; G];
            for index in 0..HEAD {
                // SAFETY: row and index are within the history, index and head within the turned queries.
                unsafe {
                    let key = i64::from(*history.add(row * ROW + index));
                    for (head, score) in scores.iter_mut().enumerate() {
                        *score += *turned.add(index * G + head) * key;
                    }
                }
            }
            for head in 0..G {
                best[head] = best[head].max(scores[head]);
                // SAFETY: there are at most MAX_ROWS rows and MAX_GROUP heads.
                unsafe { *weights.add(row * G + head) = scores[head] };
            }
        }
        let mut totals = [0; G];
        for row in 0..self.rows {
            for head in 0..G {
                // SAFETY: as above.
                unsafe {
                    let weight = &mut *weights.add(row * G + head);
                    let decayed = self.decay.at(best[head].wrapping_sub(*weight) as u64);
                    totals[head] += decayed;
                    *weight = decayed as i64;
                }
            }
        }
        let most = self.decay.one() * self.rows as u64;
        require(totals.iter().all(|&total| total <= most), Error::BadDescriptor)?; // the table ascends
                                                                                   // The weights add up to 2^30 at most, a value is at most 2^31: a sum's size is at most 2^61.
        for index in 0..HEAD {
            let mut sums = [0; G];
            for row in 0..self.rows {
                // SAFETY: as above.
                unsafe {
                    let value = i64::from(*history.add(row * ROW + HEAD + index));
                    for (head, sum) in sums.iter_mut().enumerate() {
                        *sum += *weights.add(row * G + head) * value;
                    }
                }
            }
            for head in 0..G {
                // SAFETY: the mixed values have G heads.
                let opened = unsafe { *mixed.get_unchecked(head * HEAD + index) };
                compare(round_divide(sums[head], totals[head] << self.shift), BOUND, opened)?;
            }
        }
        Ok(())
    }

    /// RoPE on neighbouring pairs: (e·cos − o·sin, e·sin + o·cos). Numbers are below 2^24, so products below 2^56.
    #[inline(always)]
    fn turn(&self, head: &[i32], mut hear: impl FnMut(usize, i64) -> Result<()>) -> Result<()> {
        for (pair, ((numbers, &cos), &sin)) in head.chunks_exact(2).zip(self.cosines).zip(self.sines).enumerate() {
            let [even, odd] = [i64::from(numbers[0]), i64::from(numbers[1])];
            let within = even.unsigned_abs() < BOUND as u64 && odd.unsigned_abs() < BOUND as u64;
            require(within, Error::ValueOutOfRange)?;
            let (cos, sin) = (i64::from(cos), i64::from(sin));
            hear(2 * pair, round_shift(even * cos - odd * sin, ANGLE_BITS))?;
            hear(2 * pair + 1, round_shift(even * sin + odd * cos, ANGLE_BITS))?;
        }
        Ok(())
    }
}
