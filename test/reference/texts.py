#!/usr/bin/env python3
"""What transformers reads and writes: the other side of texts.ts, which starts this.

    python texts.py <model folder> <input.json> <output.json>

Of each prompt the ids and the greedy continuation, of each sequence of ids the nats of every token but the first. In float32.
"""

import json
import os
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

transformers.utils.logging.disable_progress_bar()


def main():
    folder, source, target = sys.argv[1:]
    given = json.load(open(source))
    torch.set_num_threads(given["threads"])
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    made = {"ids": [], "written": [], "losses": [], "version": transformers.__version__}
    with torch.inference_mode():
        for prompt in given["prompts"]:
            ids = tokenizer(prompt).input_ids
            written = model.generate(
                torch.tensor([ids]),
                attention_mask=torch.ones(1, len(ids), dtype=torch.long),
                max_new_tokens=given["tokens"],
                do_sample=False,
                eos_token_id=given["ends"],
                pad_token_id=given["ends"][0],
            )
            made["ids"].append(ids)
            made["written"].append(written[0, len(ids) :].tolist())
        for ids in given["sequences"]:
            logs = torch.log_softmax(model(torch.tensor([ids]), use_cache=False).logits[0], dim=-1)
            made["losses"].append((-logs[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0]).tolist())
    json.dump(made, open(target, "w"))


if __name__ == "__main__":
    main()
