//! The Keccak transcript of EZKL's verifier: absorb, squeeze challenges, and check every point on the way.

use crate::curve::check_points;
use crate::error::Result;
use crate::key::{KeyProgram, POINT_BYTES};
use crate::payload::ProofView;
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

    /// Write the state, an integer congruent to the challenge, and step behind it.
    ///
    /// # Safety
    /// `out` is writable for 32 bytes and aligned to eight.
    #[inline(always)]
    unsafe fn challenge(&self, out: &mut *mut u8) {
        for word in 0..4 {
            *(*out as *mut u64).add(word) = (self.state.as_ptr() as *const u64).add(word).read_unaligned();
        }
        *out = out.add(32);
    }
}

/// Run the transcript of one proof: all challenges go to `out`, 32 big-endian bytes each. Every point of the proof, W′
/// too, must be canonical and not the identity. The last state is returned: it covers all of the proof but W′.
///
/// # Safety
/// `out` is writable for 32 bytes a challenge and aligned to eight; the proof was parsed with the key's header.
#[inline(always)]
pub unsafe fn run(key: &KeyProgram, proof: &ProofView, mut out: *mut u8) -> Result<[u8; 32]> {
    let mut points = proof.phase_points();
    let mut transcript = Transcript { state: [1; 33] };
    for index in 0..key.header.n_phases() {
        let phase = key.header.phase(index);
        let (absorbed, rest) = points.split_at(phase.points * POINT_BYTES);
        points = rest;
        check_points(absorbed)?;
        if index == 0 {
            transcript.set(keccak256(&[key.header.digest(), proof.instances, absorbed]));
        } else {
            transcript.absorb(absorbed);
        }
        transcript.challenge(&mut out);
        for _ in 1..phase.challenges {
            transcript.squeeze_again();
            transcript.challenge(&mut out);
        }
    }
    transcript.absorb(proof.evaluations());
    transcript.challenge(&mut out); // ζ
    transcript.squeeze_again();
    transcript.challenge(&mut out); // ν
    let openings = proof.openings();
    check_points(openings)?;
    transcript.absorb(&openings[..POINT_BYTES]);
    transcript.challenge(&mut out); // μ
    let mut state = [0; 32];
    state.copy_from_slice(&transcript.state[..32]);
    Ok(state)
}
