# What the verifier program is told when its answer is used: claim for a whole proof, claim_trace for a sampled one.
from seahorse.prelude import *
from digests import append_digest


# sha256("global:claim")[:8], then what the receipt must say.
def claim_data(
    context: Array[u8, 32], key_hash: Array[u8, 32], srs: Array[u8, 32], input: Array[u8, 32], params: Array[u8, 32],
    output: Array[u8, 32]
) -> List[u8]:
    data: List[u8] = [62, 198, 214, 193, 213, 159, 108, 210]
    append_digest(data, context)
    append_digest(data, key_hash)
    append_digest(data, srs)
    append_digest(data, input)
    append_digest(data, params)
    append_digest(data, output)
    return data


# sha256("global:claim_trace")[:8], then what the trace must be.
def claim_trace_data(
    context: Array[u8, 32], manifest: Array[u8, 32], input: Array[u8, 32], output: Array[u8, 32], prompt: u32,
    generated: u32, limit: u32
) -> List[u8]:
    data: List[u8] = [51, 252, 193, 59, 182, 180, 140, 169]
    append_digest(data, context)
    append_digest(data, manifest)
    append_digest(data, input)
    append_digest(data, output)
    for count in array(prompt, generated, limit):
        for b in int_bytes(count):
            data.append(b)
    return data
