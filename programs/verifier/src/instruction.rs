//! Decoding (8-byte discriminator, Borsh arguments) and dispatch.

use crate::error::{Error, Result};
use crate::{check, receipt, seal, session, upload};
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};

// sha256("global:NAME")[..8]
const CREATE_KEY: [u8; 8] = [0xb0, 0x51, 0x14, 0x5f, 0x29, 0xed, 0x60, 0x7e];
const CREATE_PROOF: [u8; 8] = [0x99, 0x38, 0xce, 0x98, 0xed, 0x19, 0x6a, 0x9a];
const EXTEND: [u8; 8] = [0xe4, 0x7f, 0x00, 0x01, 0xe3, 0x9a, 0x36, 0xa8];
const WRITE: [u8; 8] = [0xeb, 0x74, 0x5b, 0xc8, 0xce, 0xaa, 0x90, 0x78];
const SEAL_KEY: [u8; 8] = [0x47, 0x46, 0x4a, 0x84, 0xab, 0xe8, 0x13, 0xb3];
const CLOSE: [u8; 8] = [0x62, 0xa5, 0xc9, 0xb1, 0x6c, 0x41, 0xce, 0x60];
const CHECK: [u8; 8] = [0xee, 0xfb, 0xb8, 0x2b, 0x53, 0xe9, 0xf4, 0x41];
const VERIFY: [u8; 8] = [0x85, 0xa1, 0x8d, 0x30, 0x78, 0xc6, 0x58, 0x96];
const CREATE_SESSION: [u8; 8] = [0xf2, 0xc1, 0x8f, 0xb3, 0x96, 0x19, 0x7a, 0xe3];
const ADVANCE: [u8; 8] = [0x07, 0x38, 0x6c, 0xc9, 0x24, 0x14, 0x39, 0x59];
const VERIFY_SESSION: [u8; 8] = [0x28, 0x9d, 0x3c, 0x8a, 0xe0, 0xba, 0x50, 0x57];
const CLAIM: [u8; 8] = [0x3e, 0xc6, 0xd6, 0xc1, 0xd5, 0x9f, 0x6c, 0xd2];

/// Run one instruction.
#[inline(always)]
pub fn process(program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> Result<()> {
    let Some((&discriminator, arguments)) = data.split_first_chunk::<8>() else {
        return Err(Error::UnknownInstruction);
    };
    let mut arguments = Arguments(arguments);
    if discriminator == CHECK {
        let profile = arguments.bool()?;
        arguments.finish()?;
        return check::check(program_id, accounts, profile);
    }
    process_other(program_id, accounts, discriminator, arguments)
}

/// All but `check`, whose frame and path stay short.
#[inline(never)]
fn process_other(
    program_id: &Pubkey,
    accounts: &[AccountInfo],
    discriminator: [u8; 8],
    mut arguments: Arguments,
) -> Result<()> {
    match discriminator {
        CREATE_KEY => {
            let (hash, size, bump) = (arguments.take()?, arguments.u32()?, arguments.u8()?);
            arguments.finish()?;
            upload::create_key(program_id, accounts, hash, size, bump)
        }
        CREATE_PROOF => {
            let (nonce, size, bump) = (u64::from_le_bytes(*arguments.take()?), arguments.u32()?, arguments.u8()?);
            arguments.finish()?;
            upload::create_proof(program_id, accounts, nonce, size, bump)
        }
        EXTEND => {
            arguments.finish()?;
            upload::extend(program_id, accounts)
        }
        WRITE => {
            let (offset, bytes) = (arguments.u32()?, arguments.bytes()?);
            arguments.finish()?;
            upload::write(program_id, accounts, offset, bytes)
        }
        SEAL_KEY => {
            arguments.finish()?;
            seal::seal_key(program_id, accounts)
        }
        CLOSE => {
            arguments.finish()?;
            upload::close(program_id, accounts)
        }
        VERIFY => {
            let (context, bumps, profile) = (arguments.take()?, arguments.bytes()?, arguments.bool()?);
            arguments.finish()?;
            receipt::verify(program_id, accounts, context, bumps, profile)
        }
        CREATE_SESSION => {
            let (nonce, bump) = (u64::from_le_bytes(*arguments.take()?), arguments.u8()?);
            arguments.finish()?;
            session::create_session(program_id, accounts, nonce, bump)
        }
        ADVANCE => {
            let steps = arguments.u32()?;
            arguments.finish()?;
            session::advance(program_id, accounts, steps)
        }
        VERIFY_SESSION => {
            let (context, bumps) = (arguments.take()?, arguments.bytes()?);
            arguments.finish()?;
            receipt::verify_session(program_id, accounts, context, bumps)
        }
        CLAIM => {
            let mut expected: receipt::Expected = [&[0; 32]; 6];
            for value in &mut expected {
                *value = arguments.take()?;
            }
            arguments.finish()?;
            receipt::claim(program_id, accounts, expected)
        }
        _ => Err(Error::UnknownInstruction),
    }
}

/// Borsh arguments, read front to back; every byte must be used.
pub struct Arguments<'a>(pub &'a [u8]);

impl<'a> Arguments<'a> {
    #[inline(always)]
    pub fn take<const N: usize>(&mut self) -> Result<&'a [u8; N]> {
        let taken = self.split(N)?;
        // SAFETY: the length is N.
        Ok(unsafe { &*(taken.as_ptr() as *const [u8; N]) })
    }

    #[inline(never)]
    fn split(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Error::BadArguments)?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.take::<1>()?[0])
    }

    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(*self.take()?))
    }

    pub fn bool(&mut self) -> Result<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Error::BadArguments),
        }
    }

    pub fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.u32()? as usize;
        self.split(length)
    }

    pub fn finish(&self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::BadArguments)
        }
    }
}
