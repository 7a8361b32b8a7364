# An escrow for a model's answer: the lamports go to the worker who proves the run, or back after a deadline.
# The verifier's `claim` compares the receipt with what was asked; every refusal begins with its name.
from seahorse.prelude import *

declare_id('AgrskYvgJBVkKH572xMqRnFmWjE6Y6tBN9rvtMu32hHY')


# One question, PDA ['escrow', number]. Its receipt is made for the context `number`, so it opens no other escrow.
class Escrow(Account):
    asker: Pubkey
    worker: Pubkey
    # The verifier program, as an address of ours that only its id gives.
    verifier: Pubkey
    number: u64
    # What a proof must be of: key hash, SRS, input and params, 32 bytes each, in the order of `claim`.
    terms: Array[u8, 128]
    lamports: u64
    deadline: i64
    closed: bool
    # The digest of the proven output.
    answer: Array[u8, 32]


# Locks the asker's lamports for one worker's answer to one question.
@instruction
def ask(
    asker: Signer, escrow: Empty[Escrow], verifier_program: UncheckedAccount, number: u64, worker: Pubkey,
    terms: Array[u8, 128], lamports: u64, deadline: i64
):
    escrow = escrow.init(payer=asker, seeds=['escrow', number])
    escrow.asker = asker.key()
    escrow.worker = worker
    verifier, bump = Pubkey.find_program_address(['verifier', verifier_program.key()])
    escrow.verifier = verifier
    escrow.number = number
    escrow.terms = terms
    escrow.lamports = lamports
    escrow.deadline = deadline
    asker.transfer_lamports(escrow, lamports)


# Claims the worker's receipt and pays, all or nothing.
@instruction
def answer(worker: Signer, escrow: Escrow, verifier_program: Program, receipt: UncheckedAccount, output: Array[u8, 32]):
    assert not escrow.closed, 'EscrowClosed: it was answered or refunded'
    assert worker.key() == escrow.worker, 'NotWorker: another worker was asked'
    verifier, bump = Pubkey.find_program_address(['verifier', verifier_program])
    assert verifier == escrow.verifier, 'WrongVerifier: this is not the verifier program that the asker chose'
    # The verifier's `claim`: its discriminator, then context, key hash, SRS, input, params and output.
    data: List[u8] = [62, 198, 214, 193, 213, 159, 108, 210]
    for word in array(escrow.number, 0, 0, 0):
        for b in int_bytes(word):
            data.append(b)
    for b in escrow.terms:
        data.append(b)
    for b in output:
        data.append(b)
    verifier_program.invoke(accounts=[CpiAccount(worker, signer=True), CpiAccount(receipt, mut=True)], data=data)
    escrow.answer = output
    escrow.closed = True
    escrow.transfer_lamports(worker, escrow.lamports)


# Gives the lamports back where no answer came in time.
@instruction
def refund(asker: Signer, escrow: Escrow, clock: Clock):
    assert not escrow.closed, 'NothingLeft: the escrow was answered or refunded'
    assert asker.key() == escrow.asker, 'NotAsker: only its asker gets the lamports back'
    assert clock.unix_timestamp() > escrow.deadline, 'TooEarly: the worker still has time'
    escrow.closed = True
    escrow.transfer_lamports(asker, escrow.lamports)
