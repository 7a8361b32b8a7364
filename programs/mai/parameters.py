# What the DAO may move: 32 numbers with hard-coded bounds, a default and a risk each, and the one rule that ties them
# together: at every task class cheating must not pay. Amounts are base units (10^-9 MAI), shares are basis points.
from seahorse.prelude import *

# The most that an epoch mints at launch rates; later epochs mint this times their rate.
EPOCH_CAP = 0
# Share of the launch rates after the third year, in 1/100,000.
RATE_FLOOR = 1
# Share of a task's fee that goes to the treasury when it is funded; the rest is burned when the task is paid.
FEE_TREASURY_BPS = 2
# What registering a device costs until it retires, in lamports.
BOND_LAMPORTS = 3
# A device's first tasks need full proofs.
NEWCOMER_TASKS = 4
# Miners of this quality take routine tasks first.
TRUSTED_QUALITY = 5
# How many miners an assignment round lets in, on average, when it begins.
ELIGIBLE_TARGET = 6
# How long after its deadline a commit is still taken, if nobody else has the place: less than the time for a proof.
GRACE_S = 7
# How slowly difficulty moves: N of the rule K <- K (1 + (expected - actual) / N).
SMOOTHING = 8
# How long after its commit a work can be challenged.
CHECK_WINDOW_S = 9
VERIFIER_STAKE = 10
APPEAL_WINDOW_S = 11
APPEAL_BOND = 12
# Share of a slash that is burned; the rest goes to who showed the offence.
BURN_BPS = 13
# A soft offence costs this share of what a hard one costs.
SOFT_BPS = 14
TIMEOUT_S = 15
LARGE_TIMEOUT_S = 16
# Chance of being caught that is asked of a routine task's proof; what is slashed; the most that a work earns that was
# not proved in full. Then the same for standard and critical tasks.
CLASS_PARAMETERS = 17
SAMPLING_BPS = 0
SLASH = 1
REWARD_LIMIT = 2
# Compute that a cheat saves, as a share of the reward.
SAVING_BPS = 26
# Completion time that difficulty aims at, as a share of the time allowed.
COMPLETION_TARGET_BPS = 27
# Committed works waiting for their proof that sampling aims at, as a share of the works paid in a period.
LOAD_TARGET_BPS = 28
# The most that one proposal may spend of the treasury.
TREASURY_SPEND_BPS = 29
# Committed and unsettled works that one device may have.
IN_FLIGHT_LIMIT = 30
# What a missed assignment takes off a device's online hours of the week.
MISSED_HOURS = 31

TASK_ROUTINE = 0
TASK_STANDARD = 1
TASK_CRITICAL = 2
TASK_CLASSES = 3

RISK_LOW = 0
RISK_MEDIUM = 1
RISK_HIGH = 2

FULL_BPS = 10_000


def default_parameter(index: u8) -> u64:
    values: Array[u64, 32] = array(
        500_000_000_000_000_000, 50_000, 1_000, 50_000_000, 10, 9_000, 4, 3_600, 144, 86_400,
        100_000_000_000_000, 604_800, 1_000_000_000_000, 5_000, 1_000, 60, 300,
        500, 25_000_000_000_000, 1_000_000_000_000,
        2_000, 50_000_000_000_000, 10_000_000_000_000,
        10_000, 100_000_000_000_000, 100_000_000_000_000,
        10_000, 2_500, 1_000, 1_000, 64, 6
    )
    return values[index]


def lowest_parameter(index: u8) -> u64:
    values: Array[u64, 32] = array(
        1_000_000_000_000_000, 10_000, 0, 1_000_000, 3, 6_000, 1, 60, 100, 3_600,
        10_000_000_000_000, 86_400, 10_000_000_000, 2_000, 100, 30, 60,
        100, 1_000_000_000_000, 1_000_000_000,
        500, 1_000_000_000_000, 1_000_000_000,
        9_000, 1_000_000_000_000, 1_000_000_000,
        1_000, 1_000, 100, 0, 1, 0
    )
    return values[index]


def highest_parameter(index: u8) -> u64:
    values: Array[u64, 32] = array(
        1_000_000_000_000_000_000, 59_049, 5_000, 10_000_000_000, 1_000, 10_000, 64, 43_200, 300, 604_800,
        10_000_000_000_000_000, 1_209_600, 1_000_000_000_000_000, 9_000, 5_000, 600, 3_600,
        10_000, 10_000_000_000_000_000, 1_000_000_000_000_000,
        10_000, 10_000_000_000_000_000, 1_000_000_000_000_000,
        10_000, 10_000_000_000_000_000, 1_000_000_000_000_000,
        10_000, 9_000, 9_000, 5_000, 64, 24
    )
    return values[index]


# What a wrong value can cost: minting and deterrence are high, money and participation medium, comfort low.
def parameter_risk(index: u8) -> u8:
    risks = array(
        u8(2), 2, 1, 1, 1, 0, 0, 0, 1, 1, 1, 2, 1, 2, 1, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 2, 1, 0
    )
    return risks[index]


def check_parameter(index: u8, value: u64):
    assert index < 32, 'UnknownParameter: there are 32 parameters, 0 to 31'
    assert value >= lowest_parameter(index), 'ParameterTooLow: the value is below the lowest that is allowed'
    assert value <= highest_parameter(index), 'ParameterTooHigh: the value is above the highest that is allowed'


# A parameter of a task class: SAMPLING_BPS, SLASH or REWARD_LIMIT.
def of_class(parameters: Array[u64, 32], task_class: u8, which: u8) -> u64:
    return parameters[CLASS_PARAMETERS + 3 * task_class + which]


# p (S + R) >= C: the chance of being caught times what is then lost (slash and reward) is at least the compute saved.
# Linear in R, so it holds for every reward up to the limit if it holds at the limit.
def deters(sampling_bps: u64, slash: u64, limit: u64, saving_bps: u64) -> bool:
    return u128(sampling_bps) * (u128(slash) + u128(limit)) >= u128(saving_bps) * u128(limit)


def check_deterrence(parameters: Array[u64, 32]):
    for task_class in range(3):
        at = CLASS_PARAMETERS + 3 * task_class
        assert deters(
            parameters[at + SAMPLING_BPS], parameters[at + SLASH], parameters[at + REWARD_LIMIT],
            parameters[SAVING_BPS]
        ), 'CheatingWouldPay: p (S + R) >= C must hold for every task class'
