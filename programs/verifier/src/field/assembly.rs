//! The products in hand-allocated BPF assembly, written by `asm/generate.py`.

use super::Element;
use core::arch::global_asm;

global_asm!(include_str!("fr.s"));

extern "C" {
    pub fn fr_multiply(out: *mut Element, a: *const Element, b: *const Element);
    pub fn fr_square(out: *mut Element, a: *const Element);
    pub fn fr_sum2(out: *mut Element, instruction: *const u16, slots: *const u8);
    pub fn fr_sum3(out: *mut Element, instruction: *const u16, slots: *const u8);
    pub fn fr_sum4(out: *mut Element, instruction: *const u16, slots: *const u8);
}

pub use fr_multiply as multiply;
pub use fr_square as square;
pub use fr_sum2 as sum2;
pub use fr_sum3 as sum3;
pub use fr_sum4 as sum4;
