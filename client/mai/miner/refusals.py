"""Why a task is not taken: every reason has a name and a sentence, which the table and `mai mine log` show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """A reason's sentence, filled in with what it is about, and whether it may pass by itself."""

    NoPrompt = ("its prompt was not offered to this miner", True)
    WrongPrompt = ("the offered prompt is not the one that the task was posted for", False)
    UnknownModel = ("this miner does not serve the model {model}", True)
    NotSettled = ("runs of {model} cannot be settled by a trace yet", False)
    ModelMissing = ("{model} is not on this chain as this miner has it: {what}", True)
    ModelWithdrawn = ("the model {model} is not approved any more", True)
    PriceTooLow = ("it pays {pays}, and the floor is {floor}", True)
    OutsideSchedule = ("works are taken {schedule}", True)
    Paused = ("everything that could do it is paused", True)
    Stopping = ("the miner is about to stop", True)
    EnoughWorks = ("as many works as were asked for are taken", True)
    TooManyInFlight = ("{count} works are in flight, as many as {preset} allows", True)
    DeviceFull = ("the device has {count} works in flight, as many as the network allows", True)
    StakeTooSmall = ("the stake covers {free} MAI more, and {risk} MAI would be at risk", True)
    Newcomer = (
        "the device's first {first} works need a proof that detects 99 %, and this model's detects {detects}",
        True,
    )
    ProofTooWeak = ("the network asks for a proof that detects {needed}, and this model's detects {detects}", True)
    NotEnoughVram = ("the model needs {needed:,} MB of GPU memory, and the device has {has:,}", False)
    NotEnoughLamports = ("the bond and the rents take {needed} SOL, and the wallet has {has}", True)
    TooLong = ("the prompt and its answer have up to {tokens:,} tokens, and the model takes {cap:,}", False)
    NoTimeLeft = ("it can be taken for {left} s only", False)
    NotOpen = ("all its places are taken", False)
    OwnPlace = ("another device of this wallet has a place in it", False)
    AlreadyPaid = ("its input was paid already", False)
    Excluded = ("the device's quality is {quality}, too low for any task", True)
    MiningStillEarly = ("mining is open to holders of a higher NFT tier only", True)
    NotDrawn = ("the draw has not let this device in yet", True)
    ChainSaysNo = ("the chain refused: {what}", False)

    @property
    def passing(self) -> bool:
        """Whether it is worth looking again."""
        return bool(self.value[1])

    def of(self, **about: object) -> Refusal:
        """The refusal with its sentence."""
        return Refusal(self, str(self.value[0]).format(**about))


@dataclass(frozen=True)
class Refusal:
    """Why a task is not taken now."""

    reason: Reason
    sentence: str

    @property
    def name(self) -> str:
        return self.reason.name

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence}"
