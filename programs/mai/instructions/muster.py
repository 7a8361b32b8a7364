# Musters: calling one, answering it, proving the answer.
from seahorse.prelude import *
from claims import claim_trace_data
from config import Config, check_open, check_verifier_program
from digests import digest
from emission import Emission
from muster import (
    ANSWER_GIVEN, PROMPT_TOKENS, Answer, MusterAnswered, MusterCalled, PowerCounted, call, check_muster_model,
    count_shown, decay, give
)
from quality import count_hour, enter_week
from registry import Miner, Model, check_active


# Calls the muster of a mark. Anyone may; devices watch the blocks and know before.
@instruction
def call_muster(
    caller: Signer, config: Config, emission: Emission, slot_hashes: UncheckedAccount, clock: Clock, mark: u64
):
    check_open(config)
    call(emission, slot_hashes, config.key(), mark, clock.slot())
    called = MusterCalled(emission.muster, mark)
    called.emit()


# Opens the account of a device's answers. Anyone, once.
@instruction
def open_answer(payer: Signer, miner: Miner, answer: Empty[Answer]):
    bump = answer.bump()
    answer = answer.init(payer=payer, seeds=['muster', miner.key()])
    answer.miner = miner.key()
    answer.bump = bump


# Answers the running muster: so many tokens of this output, as far as the device came by now.
@instruction
def answer_muster(
    owner: Signer, config: Config, emission: Emission, miner: Miner, model: Model, answer: Answer, clock: Clock,
    output0: u64, output1: u64, output2: u64, output3: u64, tokens: u32
):
    now = clock.unix_timestamp()
    check_open(config)
    check_active(miner, owner.key())
    assert answer.miner == miner.key(), 'NotMinersAnswer: the answer belongs to another device'
    enter_week(config, miner, now)
    decay(emission, miner)
    output = digest(output0, output1, output2, output3)
    slots = give(
        answer, emission, config.chain_id, miner.key(), model, model.key(), answer.key(), output, tokens, clock.slot(), now
    )
    count_hour(miner, config.genesis_ts, now)
    answered = MusterAnswered(answer.muster, miner.key(), model.key(), tokens, slots, answer.shown)
    answered.emit()


# Counts an answer once its trace is proved; the later, the less.
@instruction
def prove_muster(
    owner: Signer, config: Config, emission: Emission, miner: Miner, model: Model, answer: Answer,
    verifier_program: Program, receipt: UncheckedAccount, clock: Clock
):
    check_active(miner, owner.key())
    assert answer.miner == miner.key(), 'NotProversAnswer: the answer belongs to another device'
    assert answer.status == ANSWER_GIVEN, 'NothingToProve: there is no answer that waits for its proof'
    assert answer.model == model.key(), 'WrongMusterModel: the answer was given with another model'
    check_muster_model(model, answer.tokens)
    tag, tag_bump = Pubkey.find_program_address(['claim', verifier_program])
    check_verifier_program(config, tag)
    data = claim_trace_data(
        answer.context, model.key_hash, answer.input, answer.output, PROMPT_TOKENS, answer.tokens, answer.tokens
    )
    verifier_program.invoke(accounts=[CpiAccount(owner, mut=True, signer=True), CpiAccount(receipt, mut=True)], data=data)
    count_shown(emission, miner, answer)
    counted = PowerCounted(miner.key(), emission.muster, miner.power, emission.power)
    counted.emit()


# Halves the power of a device for every muster that passed since it was last looked at. Anyone may.
@instruction
def count_power(caller: Signer, emission: Emission, miner: Miner):
    decay(emission, miner)
    counted = PowerCounted(miner.key(), emission.muster, miner.power, emission.power)
    counted.emit()
