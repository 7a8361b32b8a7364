# What a device class can plausibly do, PDA ['calibration'], owned by the DAO: caps on declared hardware, trust, and the
# checks on a work's metadata.
from seahorse.prelude import *

DEVICE_MOBILE = 0
DEVICE_CPU = 1
DEVICE_GPU_CONSUMER = 2
DEVICE_GPU_HIGH_END = 3
DEVICE_GPU_WORKSTATION = 4
DEVICE_GPU_SERVER = 5
DEVICE_GPU_CONFIDENTIAL = 6
DEVICE_CLASSES = 7

# From here on the class has NVTrust hardware, and an attestation is worth full trust (PIP-6).
FIRST_ATTESTABLE = 4
SERVER_WITHOUT_ATTESTATION = 5
SOFTWARE_TRUST = 6_000
FULL_TRUST = 10_000

# Solana's clock counts whole seconds and is a median of the validators' clocks.
CLOCK_TOLERANCE_MS = 2_000

PLAUSIBLE = 0
TOO_FAST = 1
LONGER_THAN_CHAIN_TIME = 2
LONGER_THAN_MODEL_ALLOWS = 3

CAP_GPU_MHS = 0
CAP_CPU_MHZ = 1
CAP_RAM_MHZ = 2
CAP_STORAGE_GB = 3
CAP_NETWORK_MBPS = 4
PEAK_UNITS = 5
CALIBRATION_FIELDS = 6
# How far the DAO can move an entry from its default, either way.
CALIBRATION_RANGE = 10


# The most that counts of each resource, by device class, and the most work units (millions of multiply-accumulates)
# that a class does in a millisecond. Entry class * 6 + field.
class Calibration(Account):
    entries: Array[u64, 42]
    bump: u8


# Published peaks with room to spare: MH/s, MHz, MHz, GB, Mbps, units a millisecond. 1,000 tokens of a
# 1-billion-parameter model in 0.1 s are 10,000 units a millisecond: not on a CPU.
def default_calibration(entry: u32) -> u64:
    entries = array(
        u64(5), 3_500, 6_400, 100, 100, 100,
        0, 6_000, 8_000, 2_000, 1_000, 500,
        100, 6_000, 8_000, 2_000, 1_000, 100_000,
        200, 6_000, 8_000, 4_000, 1_000, 400_000,
        250, 6_000, 8_000, 8_000, 2_500, 1_000_000,
        300, 6_000, 8_800, 20_000, 10_000, 1_000_000,
        400, 6_000, 8_800, 20_000, 10_000, 5_000_000
    )
    return entries[entry]


def check_calibration(entry: u32, value: u64):
    assert entry < 42, 'UnknownCalibration: there are 42 calibration entries, 0 to 41'
    default = default_calibration(entry)
    assert value >= default // CALIBRATION_RANGE, 'CalibrationTooLow: an entry is at least a tenth of its default'
    assert value <= default * CALIBRATION_RANGE, 'CalibrationTooHigh: an entry is at most ten times its default'


def check_device_class(device_class: u8):
    assert device_class <= DEVICE_GPU_CONFIDENTIAL, 'UnknownDeviceClass: the device class must be 0 to 6'


# What counts of a declared quantity: no more than the class's entry.
def counted(entries: Array[u64, 42], device_class: u8, field: u8, declared: u32) -> u32:
    return u32(min(u64(declared), entries[CALIBRATION_FIELDS * device_class + field]))


def peak_units(entries: Array[u64, 42], device_class: u8) -> u64:
    return entries[CALIBRATION_FIELDS * device_class + PEAK_UNITS]


# Trust in basis points: 0.60 without a hardware attestation, 1.00 with one on a class that has NVTrust.
def trust(device_class: u8, attested: bool) -> u64:
    if not attested:
        return SOFTWARE_TRUST
    if device_class < FIRST_ATTESTABLE:
        return SOFTWARE_TRUST
    if device_class == SERVER_WITHOUT_ATTESTATION:
        return SOFTWARE_TRUST
    return FULL_TRUST


# When the work can have begun: after it was assigned, and after the miner's earlier work ended. Two works of one miner
# never count the same time twice. All in milliseconds since the Unix epoch.
def earliest_start(assigned_ms: u64, busy_until_ms: u64) -> u64:
    return max(assigned_ms, busy_until_ms)


# Judges a work's metadata: PLAUSIBLE or the reason why not.
# peak: see peak_units; units: of the whole work; start_ms: see earliest_start; now_ms: the chain's clock; most_ms: the
# model's limit.
def plausibility(peak: u64, units: u64, active_ms: u64, start_ms: u64, now_ms: u64, most_ms: u64) -> u8:
    if active_ms > most_ms:
        return LONGER_THAN_MODEL_ALLOWS
    if start_ms + active_ms > now_ms + CLOCK_TOLERANCE_MS:
        return LONGER_THAN_CHAIN_TIME
    if units > peak * active_ms:
        return TOO_FAST
    return PLAUSIBLE
