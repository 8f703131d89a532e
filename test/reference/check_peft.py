#!/usr/bin/env python3
"""Compares this engine with PyTorch, transformers and PEFT on a real model: adapters in both directions, and merging.

    npm run build
    python test/reference/check_peft.py [model folder [training tokens]]     # the bundled model and 6,000 by default

1. Adapters trained here (polymath split, train), loaded by PEFT: the same logits.
2. Adapters trained by PEFT (plain; rank and alpha patterns; rsLoRA in half precision), loaded here: the same logits, alone
   and side by side in one stack of differing ranks.
3. polymath merge in float32 and float16: transformers loads the folder, and says what PEFT's merge_and_unload says; so does
   this engine.

Prints the largest difference of a logit for each, and fails where one is above 1e-3; in float16 above 1e-2, because the sums
of two engines differ in their last bit, and where that decides how a weight is rounded it moves by a whole step of float16.
"""

import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

warnings.filterwarnings("ignore", category=FutureWarning)
logging.set_verbosity_error()
logging.disable_progress_bar()
HOUSE = Path(__file__).resolve().parents[2]
TOLERANCE = 1e-3
HALF_TOLERANCE = 1e-2
TEXTS = [
    "The captain said that the wind had turned, and nobody on the deck answered him.",
    "Stir the butter into the flour, then add the milk and a spoon of salt.",
    "The court finds that the plea was entered without the advice of counsel.",
]
ADAPTERS = {
    "plain": {"r": 8, "lora_alpha": 16, "target_modules": "all-linear"},
    "patterns": {
        "r": 4,
        "lora_alpha": 8,
        "target_modules": ["q_proj", "v_proj", "down_proj", "c_attn", "c_fc"],
        "rank_pattern": {"v_proj": 12, r".*\.1\.mlp\..*": 2},
        "alpha_pattern": {r"(layers|h)\.0\..*": 3},
    },
    "rslora": {"r": 6, "lora_alpha": 4, "target_modules": r".*\.[13]\..*(o_proj|c_proj|up_proj)", "use_rslora": True},
}

failures = []


def report(what, difference, tolerance=TOLERANCE):
    print(f"{what:60s} max |Δ| {difference:.2e}{'' if difference <= tolerance else '   TOO LARGE'}", flush=True)
    if difference > tolerance:
        failures.append(what)


def polymath(folder, *arguments):
    command = ["node", str(HOUSE / "dist/backend/cli/main.js"), *arguments, "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"polymath {' '.join(arguments)}:\n{done.stderr}")
    return json.loads(done.stdout)


def our_logits(folder, model, ids, adapters=()):
    """[experts, positions of all texts, V]"""
    out = folder / "logits.bin"
    request = {"model": str(model), "adapters": [str(a) for a in adapters], "texts": ids}
    command = ["node", str(HOUSE / "dist/test/reference/logits.js"), str(out)]
    subprocess.run(command, input=json.dumps(request), text=True, check=True, cwd=HOUSE)
    count = max(1, len(adapters))
    flat = torch.from_numpy(numpy.fromfile(out, dtype=numpy.float32))
    return flat.reshape(sum(map(len, ids)), count, -1).transpose(0, 1)


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


@torch.no_grad()
def their_logits(model, ids):
    return torch.cat([model(torch.tensor([text])).logits[0] for text in ids])


def largest(a, b):
    return (a - b).abs().max().item()


def train_with_peft(base, folder, ids, settings, half):
    torch.manual_seed(1)
    model = get_peft_model(load(base), LoraConfig(task_type="CAUSAL_LM", **settings))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-3)
    for step in range(20):
        text = torch.tensor([ids[step % len(ids)]])
        loss = model(text, labels=text).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    if half:
        path = folder / "adapter_model.safetensors"
        save_file({k: v.to(torch.bfloat16) for k, v in load_file(path).items()}, path, metadata={"format": "pt"})


def corpus(folder):
    lines = [json.dumps({"text": f"{text} {i}."}) for i in range(40) for text in TEXTS]
    (folder / "corpus.jsonl").write_text("\n".join(lines) + "\n")


def check_ours(base, folder, ids, tokens):
    """Adapters trained here, loaded by PEFT."""
    lines = [json.dumps({"text": f"{text} {i}."}) for i in range(40) for text in TEXTS]
    (folder / "corpus.jsonl").write_text("\n".join(lines) + "\n")
    polymath(folder, "import", "corpus.jsonl", "--near", "0")
    polymath(folder, "split", "random", "--k", "2", "--model", str(base))
    trained = polymath(folder, "train", "--tokens", tokens, "--learning-rate", "0.005", "--model", str(base))
    for letter in "AB":
        adapter = folder / ".polymath/experts" / trained["id"] / letter
        theirs = their_logits(PeftModel.from_pretrained(load(base), adapter), ids)
        moved = largest(theirs, their_logits(load(base), ids))
        ours = our_logits(folder, base, ids, [adapter])[0]
        report(f"trained here, loaded by PEFT: {letter} (moved by {moved:.1f})", largest(ours, theirs))


def check_theirs(base, folders, ids):
    """Adapters trained by PEFT, loaded here."""
    expected = []
    for path, settings in zip(folders, ADAPTERS.values()):
        train_with_peft(base, path, ids, settings, half=path.name == "rslora")
        theirs = their_logits(PeftModel.from_pretrained(load(base), path), ids)
        moved = largest(theirs, their_logits(load(base), ids))
        ours = our_logits(path.parent, base, ids, [path])[0]
        report(f"trained by PEFT, loaded here: {path.name} (moved by {moved:.1f})", largest(ours, theirs))
        expected.append(theirs)
    for path, ours, theirs in zip(folders, our_logits(path.parent, base, ids, folders), expected):
        report(f"side by side: {path.name}", largest(ours, theirs))


def check_merging(base, folder, folders, ids):
    polymath(folder, "experts", "import", *map(str, folders), "--model", str(base))
    # In double precision: what an adapter changes is small beside the weights, and the difference of two sums would lose its last bits.
    plain, weights = load(base).double().state_dict(), [0.5, 0.3, -0.2]
    several = {name: tensor.clone() for name, tensor in plain.items()}
    for letter, path, weight in zip("ABC", folders, weights):
        exact = PeftModel.from_pretrained(load(base).double(), path).double().merge_and_unload()
        for name, tensor in exact.state_dict().items():
            several[name] += weight * (tensor - plain[name])
        merged = PeftModel.from_pretrained(load(base), path).merge_and_unload()
        for dtype, tolerance in [("float32", TOLERANCE), ("float16", HALF_TOLERANCE)]:
            to = folder / f"{path.name}-{dtype}"
            polymath(folder, "merge", letter, "--dtype", dtype, "--to", str(to))
            theirs = their_logits(merged.to(getattr(torch, dtype)).float(), ids)
            opened = our_logits(folder, to, ids)[0]
            report(f"merged in {dtype}, in transformers: {path.name}", largest(their_logits(load(to), ids), theirs), tolerance)
            report(f"merged in {dtype}, opened here: {path.name}", largest(opened, theirs), tolerance)
    given = ",".join(map(str, weights))
    polymath(folder, "merge", f"--weights={given}", "--dtype", "float32", "--to", "all")
    expected = load(base)
    expected.load_state_dict(several)
    ours = their_logits(load(folder / "all"), ids)
    report(f"merged with weights {given}, in transformers", largest(ours, their_logits(expected, ids)))


def main():
    base = Path(sys.argv[1] if len(sys.argv) > 1 else HOUSE / "models/polymath-base").resolve()
    tokens = sys.argv[2] if len(sys.argv) > 2 else "6000"
    tokenizer = AutoTokenizer.from_pretrained(base)
    ids = [tokenizer(text)["input_ids"] for text in TEXTS]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folders = [folder / kind for kind in ADAPTERS]
        report("base model", largest(our_logits(folder, base, ids)[0], their_logits(load(base), ids)))
        check_ours(base, folder, ids, tokens)
        check_theirs(base, folders, ids)
        check_merging(base, folder, folders, ids)
    if failures:
        sys.exit(f"{len(failures)} differ by more than {TOLERANCE}")


main()
