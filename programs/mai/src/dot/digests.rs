// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

pub fn append_digest(mut data: Mutable<Vec<u8>>, mut digest: Mutable<[u8; 32]>) -> () {
    for mut b in (digest.borrow().iter().map(|element| element.clone())) {
        data.borrow_mut().push(b.clone());
    }
}

pub fn copied(mut digest: Mutable<[u8; 32]>) -> Mutable<[u8; 32]> {
    return digest;
}

pub fn digest(mut word0: u64, mut word1: u64, mut word2: u64, mut word3: u64) -> Mutable<[u8; 32]> {
    let mut data = Mutable::new(vec![]);

    for mut word in (Mutable::new([word0, word1, word2, word3])
        .borrow()
        .iter()
        .map(|element| element.clone()))
    {
        for mut b in Mutable::new(word.clone().to_le_bytes().into_iter().collect::<Vec<_>>())
            .borrow()
            .iter()
            .map(|elem| elem.clone())
        {
            data.borrow_mut().push(b.clone());
        }
    }

    return Mutable::new(
        <_ as TryInto<[_; 32]>>::try_into(
            data.borrow()
                .iter()
                .map(|elem| elem.clone())
                .collect::<Vec<_>>(),
        )
        .unwrap(),
    );
}
