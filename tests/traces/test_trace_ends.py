"""Rules S3, S8, S12: at every drawn position the token's registered embedding goes in and the next token comes out."""

from __future__ import annotations

from dataclasses import replace

from mai_zk.circuits import part_digest
from mai_zk.trace import Leaf, Token, Work
from mai_zk.trace.manifest import EndRule
from traces import model
from traces.case import Case
from traces.model import digest, leaves_of
from traces.world import START, World, refused, salted

INPUT_ROOT, OUTPUT_ROOT = 104, 136
"""Where a trace account has the roots of the tokens."""


def commit_tokens(case: Case, prompt: list[Token], generated: list[Token]) -> None:
    """As if the miner had committed to other tokens."""
    case.work.prompt, case.work.generated = tuple(prompt), tuple(generated)
    for name in ("prompt_tree", "generated_tree"):
        case.work.__dict__.pop(name, None)
    case.patch(INPUT_ROOT, case.work.prompt_tree.root)
    case.patch(OUTPUT_ROOT, case.work.generated_tree.root)


def test_s3_another_embedding(case: Case) -> None:
    """Leaf 0 on a vector that is no registered row, or another token's row."""
    honest = leaves_of(case.world.values[0])
    assert case.world.values[0].token == 2
    for values in ((2, 1, 0, 3), model.ROWS[1]):
        case.commit_leaves({(0, 0): replace(honest[0], input=digest(values))})
        assert case.attest_ends(0) == "EdgeMismatch"
    case.commit_leaves({})
    assert case.attest_ends(0) is None


def test_s3_a_token_that_was_not_computed(case: Case) -> None:
    """The answer says 0, 3; the logits say so at positions 1 and 2."""
    assert [token.value for token in case.work.generated] == [0, 3]
    honest = list(case.work.generated)
    commit_tokens(case, list(case.work.prompt), [Token(1, honest[0].salt), honest[1]])
    assert case.attest_ends(1) == "WrongToken"
    commit_tokens(case, list(case.work.prompt), [honest[0], Token(1, honest[1].salt)])
    assert case.attest_ends(2) == "WrongToken"
    commit_tokens(case, list(case.work.prompt), honest)
    assert case.attest_ends(1) is None
    assert case.attest_ends(2) is None


def test_s3_token_t_feeds_token_t_plus_one(case: Case) -> None:
    """Position 2 reads the token that position 1 wrote: there is one tree of tokens, not two columns."""
    other = model.run(1, case.world.values[1].outputs[1])
    assert case.world.values[2].token == 0
    case.commit_leaves({(2, segment): leaf for segment, leaf in enumerate(leaves_of(other))})
    assert case.attest_ends(2) == "EdgeMismatch"
    case.commit_leaves({})
    assert case.attest_ends(2) is None


def test_s3_other_logits_than_the_leafs(case: Case) -> None:
    honest = leaves_of(case.world.values[1])
    logits = list(honest[5].outputs)
    logits[3] = max(logits) + 1
    case.work.leaves = {**case.work.leaves, 1: (*honest[:5], replace(honest[5], outputs=tuple(logits)))}
    assert case.attest_ends(1) == "EdgeMismatch"
    case.commit_leaves({})
    assert case.attest_ends(1) is None


def test_s3_the_first_of_equal_logits_and_negative_ones(case: Case) -> None:
    honest = leaves_of(case.world.values[1])
    prompt, generated = list(case.work.prompt), list(case.work.generated)
    for logits, token in {
        (-5, -2, -2, -9): 1,
        (0, 0, 0, 0): 0,
        (-1, 0, 7, 7): 2,
        (1 << 200, -(1 << 200), 5, 6): 0,
        (-7, -8, -9, -1): 3,
    }.items():
        made = replace(honest[5], output=part_digest(logits, ()), outputs=logits)
        case.commit_leaves({(1, 5): made})
        for claimed in range(4):
            commit_tokens(case, prompt, [Token(claimed, generated[0].salt), generated[1]])
            expected = "WrongToken" if claimed != token else ("WrongEnd" if token == model.END_TOKEN else None)
            before = case.world.chain.account(case.world.trace)
            assert before is not None
            assert case.attest_ends(1) == expected
            case.world.put(case.world.trace, bytes(before.data), lamports=before.lamports)


def test_s12_a_token_is_bound_with_its_salt(case: Case) -> None:
    """A prompt's hash cannot be guessed from the prompt: another salt is another leaf."""
    prompt = list(case.work.prompt)
    case.work.prompt = (Token(prompt[0].value, bytes(16)), prompt[1])
    assert case.attest_ends(0) == "TokenMismatch"
    case.work.prompt = (Token(1, prompt[0].salt), prompt[1])
    assert case.attest_ends(0) == "TokenMismatch"
    case.work.prompt = tuple(prompt)
    assert case.attest_ends(0) is None


def test_a_token_beyond_the_vocabulary(case: Case) -> None:
    prompt = list(case.work.prompt)
    commit_tokens(case, [Token(4, prompt[0].salt), prompt[1]], list(case.work.generated))
    case.work.manifest = replace(case.work.manifest, rows=(*case.work.manifest.rows, bytes(32)))
    assert case.attest_ends(0) == "TokenMismatch"
    case.work.manifest = case.world.model
    commit_tokens(case, prompt, list(case.work.generated))
    assert case.attest_ends(0) is None


def test_s8_the_end_rule(case: Case) -> None:
    """An answer ends at the end token or at its limit, and nowhere else."""
    generated = list(case.work.generated)
    assert generated[1].value == model.END_TOKEN
    # Ended before the end token and below the limit: the run's first token alone.
    world = World()
    work = world.work(count=1)
    world.commit(work)
    world.challenge(work, committed=True)
    assert refused(lambda: world.attest_ends(work, 1)) == "WrongEnd"
    # The same run at its limit.
    other = World()
    work = other.work(count=1)
    other.commit(work, limit=1)
    other.challenge(work, committed=True)
    assert refused(lambda: other.attest_ends(work, 1)) is None
    # Going on after the end token.
    long = World()
    work = long.work(prompt=(0, 2), count=3, stop=False)
    assert work.generated[0].value == model.END_TOKEN
    long.commit(work)
    long.challenge(work, committed=True)
    assert refused(lambda: long.attest_ends(work, 1)) == "WrongEnd"
    assert refused(lambda: long.attest_ends(work, 0)) is None


def ends_of(world: World, leaves: dict[int, Leaf], token: int) -> str | None:
    """The refusal of attesting the ends of a run's one position, prompt 2, whose end segments' leaves are given."""
    values = [model.run(2, (0, 0, 0, 0))]
    work = Work(world.model, salted([2]), salted([token]), [model.position_of(values[0])])
    world.values = values
    world.to_slot(START)
    world.commit(work, context=bytes([token]) * 32, limit=1)
    drawn = world.draw().positions
    made = [*leaves_of(values[0])[:5], *leaves.values()]
    work.set_leaves({position: made for position in drawn})
    world.miner.reveal(world.trace, work.leaves_tree.root)
    world.draw()
    return refused(lambda: world.attest_ends(work, 0))


def end_leaf(*outputs: int) -> Leaf:
    return Leaf(bytes(32), bytes(32), part_digest(outputs, ()), (), outputs)


def test_s3_logits_in_shards() -> None:
    """Two end segments: the largest over both, in the manifest's order."""
    found = model.manifest().segments
    halves = tuple(replace(found[5], shard=shard, n_outputs=2) for shard in (0, 1))
    world = World(replace(model.manifest(), segments=(*found[:5], *halves), n_leaves=35))
    leaves = {5: end_leaf(4, -1), 6: end_leaf(3, 9)}
    assert ends_of(world, leaves, 3) is None
    assert ends_of(world, leaves, 1) == "WrongToken"
    assert ends_of(world, leaves, 0) == "WrongToken"


def test_s3_a_token_that_a_circuit_computed() -> None:
    """The rule VALUE: the end segment's one instance is the token."""
    found = model.manifest().segments
    segments = (*found[:5], replace(found[5], n_outputs=1))
    world = World(replace(model.manifest(), segments=segments, end_rule=EndRule.VALUE))
    assert ends_of(world, {5: end_leaf(2)}, 2) is None
    assert ends_of(world, {5: end_leaf(2)}, 1) == "WrongToken"
    assert ends_of(world, {5: end_leaf(-1)}, 3) == "WrongToken"
    assert ends_of(world, {5: end_leaf((1 << 32) + 0)}, 0) == "WrongToken"
