"""The 32 parameters by name, and the rule that cheating must not pay."""

from __future__ import annotations

from enum import IntEnum


class P(IntEnum):
    EPOCH_CAP = 0
    RATE_FLOOR = 1
    FEE_TREASURY_BPS = 2
    BOND_LAMPORTS = 3
    NEWCOMER_TASKS = 4
    TRUSTED_QUALITY = 5
    ELIGIBLE_TARGET = 6
    GRACE_S = 7
    SMOOTHING = 8
    CHECK_WINDOW_S = 9
    VERIFIER_STAKE = 10
    APPEAL_WINDOW_S = 11
    APPEAL_BOND = 12
    BURN_BPS = 13
    SOFT_BPS = 14
    TIMEOUT_S = 15
    LARGE_TIMEOUT_S = 16
    CLASSES = 17
    SAVING_BPS = 26
    COMPLETION_TARGET_BPS = 27
    LOAD_TARGET_BPS = 28
    TREASURY_SPEND_BPS = 29
    IN_FLIGHT_LIMIT = 30
    MISSED_HOURS = 31


def class_sampling(parameters: list[int], task_class: int) -> int:
    return parameters[P.CLASSES + 3 * task_class]


def class_slash(parameters: list[int], task_class: int) -> int:
    return parameters[P.CLASSES + 3 * task_class + 1]


def class_limit(parameters: list[int], task_class: int) -> int:
    return parameters[P.CLASSES + 3 * task_class + 2]


def deterring(parameters: list[int]) -> bool:
    """p (S + R) >= C for every class: what a cheat stands to lose is worth at least the compute it saves."""
    return all(
        class_sampling(parameters, c) * (class_slash(parameters, c) + class_limit(parameters, c))
        >= parameters[P.SAVING_BPS] * class_limit(parameters, c)
        for c in range(3)
    )
