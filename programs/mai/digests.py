# Digests: an instruction takes four little-endian u64 words, for want of byte parameters; an account keeps 32 bytes.
from seahorse.prelude import *


def digest(word0: u64, word1: u64, word2: u64, word3: u64) -> Array[u8, 32]:
    data: List[u8] = []
    for word in array(word0, word1, word2, word3):
        for b in int_bytes(word):
            data.append(b)
    return Array(data, 32)


# Appends a digest to the data of a cross-program call.
def append_digest(data: List[u8], digest: Array[u8, 32]):
    for b in digest:
        data.append(b)


# A digest read from one account, for a field of another: Seahorse cannot assign it directly.
def copied(digest: Array[u8, 32]) -> Array[u8, 32]:
    return digest
