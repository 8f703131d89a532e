#!/usr/bin/env python3
"""Splitting by perplexity and training of all experts as the idea has it, in PyTorch, transformers and PEFT: the other side of
`node dist/bench/peft-method.js`.

k LoRA experts learn from random piles; then, round by round, every expert scores the prefix of every document, each document goes to
the expert with the lowest perplexity, and experts learn from their piles. At last fresh experts learn from the piles, each from its share
of the tokens. It reads
the work as JSON and says as JSON what it found: piles, seconds of each part, nats [k, n] of each test document.
PyTorch is used as suits it best: one base model with k adapters, SDPA attention, batches of like lengths, fused AdamW.
"""

import json
import math
import random
import sys
import time

import torch
from torch.nn import functional as F
from transformers import AutoModelForCausalLM

from work import create_clock, libraries, lora_of, mean_loss
from peft import get_peft_model

ROWS_PER_RUN = 32


class Experts:
    """k adapters of one base model, each with an optimiser of its own."""

    def __init__(self, work):
        torch.manual_seed(work["seed"])
        base = AutoModelForCausalLM.from_pretrained(work["folder"], dtype=torch.float32, attn_implementation="sdpa")
        self.names = [f"expert{e}" for e in range(work["k"])]
        self.model = get_peft_model(base, lora_of(work), adapter_name=self.names[0])
        for name in self.names[1:]:
            self.model.add_adapter(name, lora_of(work))
        self.optimizers = [self.optimizer_of(name) for name in self.names]

    def optimizer_of(self, adapter):
        parameters = [parameter for name, parameter in self.model.named_parameters() if f".{adapter}." in name]
        return torch.optim.AdamW(parameters, betas=(0.9, 0.95), weight_decay=0.0, fused=True)

    def train(self, e, windows, rows, rates):
        """Steps of `rows` windows each, one per learning rate of `rates`."""
        self.model.set_adapter(self.names[e])
        self.model.train()
        optimizer = self.optimizers[e]
        parameters = optimizer.param_groups[0]["params"]
        for rate in rates:
            optimizer.param_groups[0]["lr"] = rate
            mean_loss(self.model, torch.stack([next(windows) for _ in range(rows)])).backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    @torch.inference_mode()
    def score(self, sequences):
        """Nats [k][document] -> [n] of each token after the first, under every expert."""
        self.model.eval()
        order = sorted(range(len(sequences)), key=lambda d: len(sequences[d]))
        found = [[None] * len(sequences) for _ in self.names]
        for e, name in enumerate(self.names):
            self.model.set_adapter(name)
            for at in range(0, len(order), ROWS_PER_RUN):
                batch = order[at : at + ROWS_PER_RUN]
                tokens = torch.nn.utils.rnn.pad_sequence([torch.tensor(sequences[d]) for d in batch], batch_first=True)
                logits = self.model(input_ids=tokens[:, :-1], use_cache=False).logits
                nats = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none").view(len(batch), -1)
                for row, d in enumerate(batch):
                    found[e][d] = nats[row, : len(sequences[d]) - 1]
        return found


def windows_of(texts, length, order):
    """Texts one after another in a drawn order, as windows of `length` predicted tokens, without end."""
    order.shuffle(texts)
    stream = torch.tensor([token for text in texts for token in text])
    count = math.ceil(len(stream) / length)
    while True:
        for window in order.sample(range(count), count):
            yield stream[(window * length + torch.arange(length + 1)) % len(stream)]


def cosine(peak, steps):
    """A twentieth of the steps up to the peak, then half a cosine down to a tenth of it."""
    warmup = math.ceil(steps / 20)
    for step in range(steps):
        if step < warmup:
            yield peak * (step + 1) / warmup
        else:
            progress = (step - warmup) / max(1, steps - warmup)
            yield peak * (0.1 + 0.9 * (1 + math.cos(math.pi * progress)) / 2)


def main():
    work = json.load(sys.stdin)
    torch.set_num_threads(work["threads"])
    clock, order, k = create_clock(work["threads"]), random.Random(work["seed"]), work["k"]
    experts = Experts(work)
    documents, rounds, final = work["documents"], work["rounds"], work["final"]
    prefixes = [tokens[: work["prefix"] + 1] for tokens in documents]
    seconds = {"score": 0.0, "learn": 0.0, "train": 0.0, "elapsed": 0.0}
    began = time.perf_counter()

    def timed(part, do):
        begin = clock()
        result = do()
        seconds[part] += clock() - begin
        return result

    def learn(texts, piles, length, rows, rates):
        for e in range(k):
            own = [text for text, pile in zip(texts, piles) if pile == e]
            if own:
                experts.train(e, windows_of(own, length, order), rows, rates)

    def closest():
        means = torch.tensor([[nats.mean() for nats in of] for of in experts.score(prefixes)])
        return means.argmin(dim=0).tolist()

    piles = [d % k for d in order.sample(range(len(documents)), len(documents))]
    steps = max(1, round(rounds["tokens"] / (rounds["rows"] * work["prefix"])))
    for _ in range(rounds["count"]):
        timed("learn", lambda: learn(prefixes, piles, work["prefix"], rounds["rows"], [work["rate"]] * steps))
        piles = timed("score", closest)
    steps = max(1, round(final["tokens"] / (final["rows"] * final["context"])))
    rates = list(cosine(work["rate"], steps))
    experts = Experts(work)
    timed("train", lambda: learn(documents, piles, final["context"], final["rows"], rates))
    seconds["elapsed"] = time.perf_counter() - began
    losses = [torch.cat(of).tolist() for of in zip(*experts.score(work["test"]))]
    json.dump({"libraries": libraries(), "piles": piles, "seconds": seconds, "losses": losses}, sys.stdout)


main()
