"""Nats of choices after questions, by transformers in float32: choices.py <model folder> <asked.json> <nats.json>, see choices.ts."""

import json
import sys

import torch
from transformers import AutoModelForCausalLM

folder, asked, out = sys.argv[1:]
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def nats_of(opening, choice):
    logits = model(torch.tensor([opening + choice])).logits[0].log_softmax(-1)
    return -sum(logits[len(opening) - 1 + i, token].item() for i, token in enumerate(choice))


with torch.no_grad(), open(asked) as file:
    nats = [[nats_of(one["opening"], choice) for choice in one["choices"]] for one in json.load(file)]
with open(out, "w") as file:
    json.dump(nats, file)
