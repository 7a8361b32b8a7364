//! The seventeen checks. What each must log is in tests/program/test_std_checks.py.

use std::collections::HashMap;
use std::fmt::Write;

use solana_program::{
    entrypoint::ProgramResult,
    log::{sol_log, sol_log_64},
    msg,
    program_error::ProgramError,
};

trait Shape {
    fn area(&self) -> u64;
    fn name(&self) -> &str;
}

struct Square(u64);
struct Named(u64, String);

impl Shape for Square {
    fn area(&self) -> u64 {
        self.0
    }
    fn name(&self) -> &str {
        "square"
    }
}

impl Shape for Named {
    fn area(&self) -> u64 {
        self.0 * 2
    }
    fn name(&self) -> &str {
        &self.1
    }
}

/// One argument more than the VM has registers, and a result that does not fit one.
#[inline(never)]
fn six_arguments(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> (u64, u64) {
    (a ^ b.wrapping_mul(c), d ^ e.wrapping_mul(f))
}

pub fn run(check: u8, n: u64) -> ProgramResult {
    match check {
        0 => msg!("hello"),
        1 => msg!("n = {}", n),
        2 => dynamic_calls(n),
        3 => hash_map(n),
        4 => {
            let (x, y) = six_arguments(n, 2, 3, n, 5, 6);
            msg!("{} {}", x, y);
        }
        5 => msg!("{}", u128::from(n) * u128::from(u64::MAX) / 7),
        6 => floats(n),
        7 => panic!("boom {}", n),
        8 => index_out_of_bounds(n),
        9 => unwrap_error(),
        10 => return Err(ProgramError::Custom(77)),
        11 => grown_string(String::new(), n),
        12 => pushed_vector(n),
        13 => formatted_string(n),
        14 => chosen_trait_object(n),
        15 => {
            let (x, y) = six_arguments(n, 2, 3, n, 5, 6);
            sol_log_64(x, y, 0, 0, 0);
        }
        16 => grown_string(String::with_capacity(2), n),
        _ => return Err(ProgramError::InvalidInstructionData),
    }
    Ok(())
}

fn dynamic_calls(n: u64) {
    let shapes: Vec<Box<dyn Shape>> = vec![Box::new(Square(n)), Box::new(Named(n, "named".to_string()))];
    for shape in &shapes {
        msg!("{} {}", shape.name(), shape.area());
    }
}

fn hash_map(n: u64) {
    let mut squares = HashMap::new();
    for i in 0..n {
        squares.insert(i, i * i);
    }
    msg!("{:?}", squares.get(&3));
}

fn floats(n: u64) {
    let x = n as f64 * 1.5;
    msg!("{}", x as u64);
    if x > 10.0 {
        msg!("more than ten");
    }
}

fn index_out_of_bounds(n: u64) {
    let two: Vec<u64> = vec![1, 2];
    msg!("{}", two[n as usize]);
}

fn unwrap_error() {
    let failed: Result<u64, ProgramError> = Err(ProgramError::Custom(5));
    let _ = failed.unwrap();
}

fn grown_string(mut text: String, n: u64) {
    if n > 1 {
        text.push_str("abc");
    }
    sol_log(&text);
}

fn pushed_vector(n: u64) {
    let mut numbers: Vec<u64> = Vec::new();
    for i in 0..n {
        numbers.push(i);
    }
    sol_log_64(numbers[0], numbers[1], numbers[2], numbers[3], numbers.len() as u64);
}

fn formatted_string(n: u64) {
    let mut text = String::with_capacity(100);
    let _ = write!(text, "{} {}", n, n + 1);
    sol_log(&text);
}

fn chosen_trait_object(n: u64) {
    let shape: Box<dyn Shape> = if n > 10 { Box::new(Square(n)) } else { Box::new(Named(n, String::from("x"))) };
    sol_log_64(shape.area(), 0, 0, 0, 0);
}
