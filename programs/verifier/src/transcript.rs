//! The Keccak transcript of EZKL's verifier: absorb, squeeze challenges, and check every point on the way.

use crate::curve::check_points;
use crate::error::Result;
use crate::field::{self, Element};
use crate::key::{KeyProgram, POINT_BYTES};
use crate::payload::Payload;
use crate::syscall::keccak256;

/// The hash of everything absorbed, and the byte that a further challenge of the same phase appends.
struct Transcript {
    state: [u8; 33],
}

impl Transcript {
    /// Replace the state by keccak(state ‖ data).
    #[inline(always)]
    fn absorb(&mut self, data: &[u8]) {
        self.set(keccak256(&[&self.state[..32], data]));
    }

    /// Replace the state by keccak(state ‖ 0x01).
    #[inline(always)]
    fn squeeze_again(&mut self) {
        self.set(keccak256(&[&self.state]));
    }

    #[inline(always)]
    fn set(&mut self, hash: [u8; 32]) {
        self.state[..32].copy_from_slice(&hash);
    }

    /// Write the state mod r to the slot, in Montgomery form, and step to the next slot.
    ///
    /// # Safety
    /// `slot` is writable, `r_squared` is constant 1.
    #[inline(always)]
    unsafe fn challenge(&self, slot: &mut *mut Element, r_squared: *const Element) {
        field::unpack_big_endian(*slot, self.state.as_ptr());
        field::multiply(*slot, *slot, r_squared);
        *slot = slot.add(1);
    }
}

/// Run the transcript: all challenges go to consecutive slots from `slot`; the slot after the last one is returned.
/// Every point of the proof, W′ too, must be canonical and not the identity.
///
/// # Safety
/// `key` is sealed, `payload` was parsed with its header, the constants are loaded and `slot` is the first challenge's.
#[inline(always)]
pub unsafe fn load_challenges(key: &KeyProgram, payload: &Payload, mut slot: *mut Element) -> Result<*mut Element> {
    let mut points = payload.proof;
    let r_squared = slot.sub(key.header.n_constants() - 1) as *const Element;
    let mut transcript = Transcript { state: [1; 33] };
    for index in 0..key.header.n_phases() {
        let phase = key.header.phase(index);
        let (absorbed, rest) = points.split_at(phase.points * POINT_BYTES);
        points = rest;
        check_points(absorbed)?;
        if index == 0 {
            transcript.set(keccak256(&[key.header.digest(), payload.instances, absorbed]));
        } else {
            transcript.absorb(absorbed);
        }
        transcript.challenge(&mut slot, r_squared);
        for _ in 1..phase.challenges {
            transcript.squeeze_again();
            transcript.challenge(&mut slot, r_squared);
        }
    }
    transcript.absorb(payload.evaluations());
    transcript.challenge(&mut slot, r_squared); // ζ
    transcript.squeeze_again();
    transcript.challenge(&mut slot, r_squared); // ν
    let openings = payload.openings();
    check_points(openings)?;
    transcript.absorb(&openings[..POINT_BYTES]);
    transcript.challenge(&mut slot, r_squared); // μ
    Ok(slot)
}
