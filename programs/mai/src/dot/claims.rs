// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{
    digests::append_digest,
    registry::{Model, PROOF_TRACE},
    tasks::Task,
};

use crate::dot::digests::*;
use crate::dot::registry::*;
use crate::dot::tasks::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

pub fn claim_data(
    mut context: Mutable<[u8; 32]>,
    mut key_hash: Mutable<[u8; 32]>,
    mut srs: Mutable<[u8; 32]>,
    mut input: Mutable<[u8; 32]>,
    mut params: Mutable<[u8; 32]>,
    mut output: Mutable<[u8; 32]>,
) -> Mutable<Vec<u8>> {
    let mut data = Mutable::new(vec![62, 198, 214, 193, 213, 159, 108, 210]);

    append_digest(data.clone(), context.clone());

    append_digest(data.clone(), key_hash.clone());

    append_digest(data.clone(), srs.clone());

    append_digest(data.clone(), input.clone());

    append_digest(data.clone(), params.clone());

    append_digest(data.clone(), output.clone());

    return data;
}

pub fn claim_of<'info>(
    mut srs: Mutable<[u8; 32]>,
    mut model: Mutable<LoadedModel<'info, '_>>,
    mut task: Mutable<LoadedTask<'info, '_>>,
    mut context: Mutable<[u8; 32]>,
    mut output: Mutable<[u8; 32]>,
    mut tokens: u32,
) -> Mutable<Vec<u8>> {
    if model.borrow().proof == PROOF_TRACE!() {
        return claim_trace_data(
            context.clone(),
            model.borrow().key_hash.clone(),
            task.borrow().input.clone(),
            output.clone(),
            task.borrow().prompt_tokens.clone(),
            tokens.clone(),
            task.borrow().max_tokens.clone(),
        );
    }

    return claim_data(
        context.clone(),
        model.borrow().key_hash.clone(),
        srs.clone(),
        task.borrow().input.clone(),
        model.borrow().params.clone(),
        output.clone(),
    );
}

pub fn claim_trace_data(
    mut context: Mutable<[u8; 32]>,
    mut manifest: Mutable<[u8; 32]>,
    mut input: Mutable<[u8; 32]>,
    mut output: Mutable<[u8; 32]>,
    mut prompt: u32,
    mut generated: u32,
    mut limit: u32,
) -> Mutable<Vec<u8>> {
    let mut data = Mutable::new(vec![51, 252, 193, 59, 182, 180, 140, 169]);

    append_digest(data.clone(), context.clone());

    append_digest(data.clone(), manifest.clone());

    append_digest(data.clone(), input.clone());

    append_digest(data.clone(), output.clone());

    for mut count in (Mutable::new([prompt, generated, limit])
        .borrow()
        .iter()
        .map(|element| element.clone()))
    {
        for mut b in Mutable::new(count.clone().to_le_bytes().into_iter().collect::<Vec<_>>())
            .borrow()
            .iter()
            .map(|elem| elem.clone())
        {
            data.borrow_mut().push(b.clone());
        }
    }

    return data;
}
