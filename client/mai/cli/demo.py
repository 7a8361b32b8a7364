"""`mai demo`: the whole way once, on the embedded chain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from mai_zk import circuits
from mai_zk.digits import load_image, sample
from mai_zk.prover import make_prover

from mai.chain import artifacts
from mai.chain.cluster import Landed
from mai.chain.embedded import Embedded
from mai.chain.progress import Progress
from mai.cli.output import Output, OutputOption, people, print_json
from mai.demo.stages import Recorder, StageDisplay
from mai.demo.story import Image, Outcome, Story
from mai.demo.view import ProgressDisplay, show
from mai.errors import MaiError
from mai.money import format_mai

DEFAULT_DIGIT = 7


def demo(
    digit: Annotated[int | None, typer.Option(min=0, max=9, help="a held-out image of this digit")] = None,
    image: Annotated[Path | None, typer.Option(help="your own picture of a digit (PNG)")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Register, run a model on an image, prove, verify on chain, mint, and see what a cheat gets."""
    if digit is not None and image is not None:
        raise MaiError("give --digit or --image, not both")
    chosen = DEFAULT_DIGIT if digit is None else digit
    seen = Image(load_image(image), image.name) if image else Image(sample(chosen), f"digit {chosen}")
    # The thief's task needs an input that was not paid yet.
    decoy = next(pixels for pixels in map(sample, range(10)) if pixels != seen.pixels)
    if output is Output.json:
        outcome = play(seen, Image(decoy, "decoy"), StageDisplay())
        print_json(as_json(outcome, None if image else chosen))
        return
    people.print(
        "[bold]MAI[/]: one task, from the image to the minted reward, on a Solana virtual machine in this process.\n"
    )
    with ProgressDisplay(people) as display:
        outcome = play(seen, Image(decoy, "decoy"), display)
    show(people, outcome)


def play(image: Image, decoy: Image, display: StageDisplay) -> Outcome:
    """Tell the story on a fresh embedded chain."""
    policy, verifier = artifacts.program("mai"), artifacts.program("verifier")
    chain = Embedded(messages={**policy.errors, **verifier.errors}, blocks=True)

    def deploy(advance: Progress) -> list[Landed]:
        for done, program in enumerate((verifier, policy)):
            advance(done, 2)
            chain.add_program(program.address, artifacts.shared_object("verifier" if program is verifier else "mai"))
        return []

    story = Story(chain, policy, verifier, circuits.load("digits"), prover=make_prover(), recorder=Recorder(display))
    return story.play(image, decoy, deploy)


def as_json(outcome: Outcome, digit: int | None) -> dict[str, object]:
    """The demo's result for programs; ``minted`` is MAI as a decimal string."""
    return {
        "digit": digit,
        "prediction": outcome.prediction,
        "minted": format_mai(outcome.minted, grouped=False),
        "refused": [cheat.refusal for cheat in outcome.cheats],
        "stages": [stage.as_json() for stage in outcome.stages],
    }
