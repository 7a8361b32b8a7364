# The data of the calls that consume what the verifier has found to be true: a receipt of a whole proof, a proved trace.
from seahorse.prelude import *
from digests import append_digest
from registry import PROOF_TRACE, Model
from tasks import Task


# `claim`: its discriminator, then context, key hash, SRS, input, params and output.
def claim_data(
    context: Array[u8, 32], key_hash: Array[u8, 32], srs: Array[u8, 32], input: Array[u8, 32],
    params: Array[u8, 32], output: Array[u8, 32]
) -> List[u8]:
    data: List[u8] = [62, 198, 214, 193, 213, 159, 108, 210]
    append_digest(data, context)
    append_digest(data, key_hash)
    append_digest(data, srs)
    append_digest(data, input)
    append_digest(data, params)
    append_digest(data, output)
    return data


# `claim_trace`: its discriminator, then context, manifest, input and output, and three u32: the prompt's tokens, the
# answer's, and the most that were asked for. The manifest names its SRS.
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


# What consumes the proof of this output: of a model that is proved whole a receipt, else a trace of so many tokens.
def claim_of(
    srs: Array[u8, 32], model: Model, task: Task, context: Array[u8, 32], output: Array[u8, 32], tokens: u32
) -> List[u8]:
    if model.proof == PROOF_TRACE:
        return claim_trace_data(
            context, model.key_hash, task.input, output, task.prompt_tokens, tokens, task.max_tokens
        )
    return claim_data(context, model.key_hash, srs, task.input, model.params, output)
