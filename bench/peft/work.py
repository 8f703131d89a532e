#!/usr/bin/env python3
"""The engine's work in PyTorch, transformers and PEFT: one contender of `npm run bench -- --peft <python>`.

It speaks lines of JSON as ../contender.ts says: the first line that it gets is the work, each other one asks for a
repetition. PyTorch runs with what suits it best: SDPA attention, no gradient checkpointing, fused AdamW, and for decoding the
adapter merged into the weights and a cache of keys and values. `"compile": true` in the work adds torch.compile.
"""

import json
import os
import re
import resource
import sys
import time
import warnings

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ["HF_HUB_OFFLINE"] = "1"

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model
from threadpoolctl import threadpool_info
from torch.nn import functional as F
from transformers import AutoModelForCausalLM, DynamicCache

transformers.utils.logging.disable_progress_bar()
warnings.filterwarnings("ignore", category=FutureWarning)

TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def say(message):
    print(json.dumps(message), flush=True)


def create_clock(threads):
    """Seconds: with one thread those of the processor in this process, with more elapsed ones (../clock.ts)."""
    return time.perf_counter if threads > 1 else time.process_time


def lora_of(work):
    return LoraConfig(r=work["rank"], lora_alpha=work["alpha"], lora_dropout=0.0, target_modules=TARGETS)


def with_adapter(model, work):
    # In bfloat16 adapters are so too: casts to and fro would only cost.
    return get_peft_model(model, lora_of(work), autocast_adapter_dtype=False)


def mean_loss(model, tokens):
    """Mean nats per token of rows of T + 1 tokens."""
    logits = model(input_ids=tokens[:, :-1], use_cache=False).logits
    return F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


def forward(model, tokens, work):
    model.eval()

    @torch.inference_mode()
    def run():
        return mean_loss(model, tokens).item()

    return run


def step(model, tokens, work):
    model = with_adapter(model, work)
    model.train()
    if work.get("compile"):
        model = torch.compile(model, dynamic=False)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, betas=(0.9, 0.95), weight_decay=0.0, fused=True)

    def run():
        loss = mean_loss(model, tokens)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    return run


def decoding(model, tokens, work):
    model = with_adapter(model, work).merge_and_unload()
    model.eval()

    @torch.inference_mode()
    def run():
        cache = DynamicCache(config=model.config)
        for position in range(work["context"]):
            logits = model(input_ids=tokens[:, position : position + 1], past_key_values=cache).logits
            torch.log_softmax(logits[0, -1], dim=-1)

    return run


def gemm_speed(yardstick, clock):
    """The best speed of a moment in products of the feed-forward shapes, FLOP/s (../gemm.ts)."""
    width, hidden = yardstick
    x = torch.ones(1024, width)
    up, down = torch.full((hidden, width), 1 / width), torch.full((width, hidden), 1 / hidden)
    flops = 2 * 2 * 2 * 1024 * width * hidden
    best, end = 0.0, clock() + 0.2
    with torch.inference_mode():
        while True:
            begin = clock()
            y = x
            for _ in range(2):
                y = (y @ up.T) @ down.T
            best = max(best, flops / (clock() - begin))
            if clock() >= end:
                return best


def libraries():
    blas = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show()).group(1)
    version = re.search(r"Kernel Library Version (\S+)", torch.__config__.show())
    capability = torch.backends.cpu.get_cpu_capability()
    pools = ", ".join(sorted({pool["internal_api"] for pool in threadpool_info()}))
    return (
        f"torch {torch.__version__} with {blas} {version.group(1) if version else ''} ({capability}; thread pools: {pools}), "
        f"transformers {transformers.__version__}, PEFT {peft.__version__}"
    )


def main():
    work = json.loads(sys.stdin.readline())
    torch.set_num_threads(work["threads"])
    clock = create_clock(work["threads"])
    dtype = getattr(torch, work.get("dtype", "float32"))
    model = AutoModelForCausalLM.from_pretrained(work["folder"], dtype=dtype, attn_implementation="sdpa")
    tokens = torch.tensor(work["tokens"]).reshape(work["rows"], work["context"] + 1)
    run = {"forward": forward, "step": step, "decoding": decoding}[work["kind"]](model, tokens, work)
    loss = run()
    count = work["rows"] * work["context"]
    say({"tokens": count, "libraries": libraries()} | ({} if loss is None else {"loss": loss}))
    for _ in sys.stdin:
        before = gemm_speed(work["yardstick"], clock)
        begin = clock()
        run()
        seconds = clock() - begin
        gemm = max(before, gemm_speed(work["yardstick"], clock))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        say({"seconds": seconds, "gemm": gemm, "peakMiB": peak})


if __name__ == "__main__":
    main()
