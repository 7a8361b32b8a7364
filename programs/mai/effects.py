# What a proposal may change: the risk and the checks of each kind of effect, the same when it is proposed and executed.
from seahorse.prelude import *
from governance import PROPOSE_CALIBRATION, PROPOSE_COLLECTION, PROPOSE_MODEL, PROPOSE_PARAMETER
from nfts import NFT_AIRDROP, NFT_NONE, NftRegistry, collection_tier
from parameters import FULL_BPS, RISK_HIGH, RISK_MEDIUM, check_deterrence, check_parameter, parameter_risk


def risk_of(kind: u8, index: u32, value: u64) -> u8:
    assert kind <= PROPOSE_COLLECTION, 'UnknownKind: the kind of a proposal is 0 to 4'
    if kind == PROPOSE_PARAMETER:
        return parameter_risk(u8(min(index, 31)))
    elif kind == PROPOSE_CALIBRATION:
        return RISK_MEDIUM
    elif kind == PROPOSE_MODEL and value == 0:
        return RISK_MEDIUM
    return RISK_HIGH


# A proposal has one reading: what its kind does not use is zero.
def check_form(kind: u8, index: u32, target: Pubkey, value: u64, nobody: Pubkey):
    if kind == PROPOSE_PARAMETER or kind == PROPOSE_CALIBRATION:
        assert target == nobody, 'TargetNotUsed: a number that changes has no target'
    elif kind == PROPOSE_COLLECTION:
        assert value == 0, 'ValueNotUsed: a collection that changes has no value'
    else:
        assert index == 0, 'IndexNotUsed: a model or a payment has no index'


def check_changes(changes: bool):
    assert changes, 'NothingChanges: the proposal would change nothing'


def check_present(present: bool):
    assert present, 'StaleProposal: what the proposal changes is no longer what it was when it was proposed'


# The new number is within its bounds, and with it cheating still does not pay.
def check_new_parameter(parameters: Array[u64, 32], index: u32, value: u64):
    check_parameter(u8(min(index, 255)), value)
    moved: List[u64] = []
    for at in range(32):
        moved.append(parameters[at])
    moved[index] = value
    check_deterrence(Array(moved, 32))


# 1 admits the model, 0 withdraws it.
def check_model_value(value: u64):
    assert value <= 1, 'NotYesOrNo: a model is admitted (1) or withdrawn (0)'


# The zero key closes a tier; no collection has two.
def check_new_collection(nfts: NftRegistry, tier: u32, collection: Pubkey):
    exists = tier > u32(NFT_NONE) and tier <= u32(NFT_AIRDROP)
    assert exists, 'UnknownTier: the tiers of collections are 1 to 5'
    taken = collection_tier(nfts, collection)
    free = taken == NFT_NONE or u32(taken) == tier
    assert free, 'CollectionTaken: the collection is that of another tier'


def check_spending(value: u64, balance: u64, spend_bps: u64):
    within = u128(value) * FULL_BPS <= u128(balance) * u128(spend_bps)
    assert within, 'SpendsTooMuch: one proposal spends at most its share of the treasury'
