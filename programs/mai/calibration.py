# What a device class can plausibly do: caps on declared hardware, trust, and the checks on a work's metadata.
from seahorse.prelude import *

DEVICE_MOBILE = 0
DEVICE_CPU = 1
DEVICE_GPU_CONSUMER = 2
DEVICE_GPU_HIGH_END = 3
DEVICE_GPU_WORKSTATION = 4
DEVICE_GPU_SERVER = 5
DEVICE_GPU_CONFIDENTIAL = 6

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


def check_device_class(device_class: u8):
    assert device_class <= DEVICE_GPU_CONFIDENTIAL, 'UnknownDeviceClass: the device class must be 0 to 6'


# The most that counts of each resource, by device class: MH/s, MHz, MHz, GB, Mbps.
def gpu_cap(device_class: u8) -> u32:
    caps = array(u32(5), 0, 100, 200, 250, 300, 400)
    return caps[device_class]


def cpu_cap(device_class: u8) -> u32:
    caps = array(u32(3_500), 6_000, 6_000, 6_000, 6_000, 6_000, 6_000)
    return caps[device_class]


def ram_cap(device_class: u8) -> u32:
    caps = array(u32(6_400), 8_000, 8_000, 8_000, 8_000, 8_800, 8_800)
    return caps[device_class]


def storage_cap(device_class: u8) -> u32:
    caps = array(u32(100), 2_000, 2_000, 4_000, 8_000, 20_000, 20_000)
    return caps[device_class]


def network_cap(device_class: u8) -> u32:
    caps = array(u32(100), 1_000, 1_000, 1_000, 2_500, 10_000, 10_000)
    return caps[device_class]


# The most work units (millions of multiply-accumulates) that a class can do in a millisecond: its published peak
# with room to spare. 1,000 tokens of a 1-billion-parameter model in 0.1 s are 10,000 a millisecond: not on a CPU.
def peak_units(device_class: u8) -> u64:
    units = array(u64(100), 500, 100_000, 400_000, 1_000_000, 1_000_000, 5_000_000)
    return units[device_class]


# Trust in basis points: 0.60 without a hardware attestation, 1.00 with one on a class that has NVTrust.
def trust(device_class: u8, attested: bool) -> u64:
    if not attested:
        return SOFTWARE_TRUST
    if device_class < FIRST_ATTESTABLE:
        return SOFTWARE_TRUST
    if device_class == SERVER_WITHOUT_ATTESTATION:
        return SOFTWARE_TRUST
    return FULL_TRUST


# When the work can have begun: after the task was posted, and after the miner was registered and its earlier work ended.
# Two works of one miner never count the same time twice. All in milliseconds since the Unix epoch.
def earliest_start(posted_ms: u64, busy_until_ms: u64) -> u64:
    return max(posted_ms, busy_until_ms)


# Judges a work's metadata: PLAUSIBLE or the reason why not.
# units: of the whole work; start_ms: see earliest_start; now_ms: the chain's clock; most_ms: the model's limit.
def plausibility(device_class: u8, units: u64, active_ms: u64, start_ms: u64, now_ms: u64, most_ms: u64) -> u8:
    if active_ms > most_ms:
        return LONGER_THAN_MODEL_ALLOWS
    if start_ms + active_ms > now_ms + CLOCK_TOLERANCE_MS:
        return LONGER_THAN_CHAIN_TIME
    if units > peak_units(device_class) * active_ms:
        return TOO_FAST
    return PLAUSIBLE
