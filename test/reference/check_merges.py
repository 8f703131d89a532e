#!/usr/bin/env python3
"""Compares merges of experts with PEFT's add_weighted_adapter and with mergekit, on the same adapters and models.

    npm run build
    python test/reference/check_merges.py [model folder [words]]     # the bundled model, and all methods by default

1. `polymath merge --on factors --as adapter` (and cat), against add_weighted_adapter: factors A and B, number by number.
2. `polymath merge` of models on what they change (TIES, DARE, SLERP), against mergekit's methods, tensor by tensor: the largest
   difference by the largest change of its tensor.

Drop masks are drawn here as the engine draws them (sfc32, one stream per expert and tensor) and given to both in place of
torch.bernoulli. mergekit sorts magnitudes in no certain order where they are equal; here the first come first, as in the engine.
It rescales what DARE leaves to the size that the tensor had; the paper's 1/density is its `lambda` with `rescale` off. Its SLERP
is given double precision: in single, whole weights would be rounded to more than 1e-5 of what experts change. Prints what was
found, and fails where it is more than 1e-5. With words, only methods are compared whose names have one of them.
"""

import functools
import json
import math
import subprocess
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import peft
import torch
from mergekit.merge_methods import registry
from mergekit.merge_methods.base import TensorGroup
from mergekit.merge_methods.slerp import slerp
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM
from transformers.utils import logging

warnings.filterwarnings("ignore")
logging.set_verbosity_error()
logging.disable_progress_bar()
HOUSE = Path(__file__).resolve().parents[2]
LIMIT = 1e-5
LETTERS = "ABC"
# Sums of multiples of a quarter are exact in either precision, so no sign is elected by how a sum was rounded.
WEIGHTS = [0.75, 0.5, -0.25]
DENSITY = 0.5
SEED = 7

ONLY = sys.argv[2:]

failures = []


def wanted(what):
    return ONLY == [] or any(word in what for word in ONLY)


def report(what, difference):
    print(f"{what:44s} {difference:.1e}{'' if difference <= LIMIT else '   TOO LARGE'}", flush=True)
    if not difference <= LIMIT:
        failures.append(what)


def polymath(folder, *arguments):
    command = ["node", str(HOUSE / "dist/backend/cli/main.js"), *map(str, arguments), "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"polymath {' '.join(map(str, arguments))}:\n{done.stderr}")
    return json.loads(done.stdout)


M = 0xFFFFFFFF


def uniforms(count, *seeds):
    """The engine's random numbers: sfc32 seeded through splitmix32."""
    mix = 0x9E3779B9

    def split():
        nonlocal mix
        mix = (mix + 0x9E3779B9) & M
        z = ((mix ^ (mix >> 16)) * 0x21F0AAAD) & M
        z = ((z ^ (z >> 15)) * 0x735A2D97) & M
        return z ^ (z >> 15)

    for seed in seeds:
        mix = split() ^ seed
    a, b, c, counter = split(), split(), split(), 1
    halves = []
    for _ in range(12 + 2 * count):
        total = (a + b + counter) & M
        counter = (counter + 1) & M
        a = b ^ (b >> 9)
        b = (c + (c << 3)) & M
        c = (((c << 21) | (c >> 11)) + total) & M
        halves.append(total)
    drawn = torch.tensor(halves[12:], dtype=torch.float64)
    return (drawn[0::2] * 2**21 + (drawn[1::2] / 2**11).floor()) / 2**53


@functools.cache
def mask(shape, expert, name):
    drawn = uniforms(math.prod(shape), SEED, expert, *name.encode())
    return (drawn < DENSITY).to(torch.float32).reshape(shape)


def with_masks(masks, act):
    """Runs something for which torch.bernoulli gives these masks, one after the other."""
    given, own = iter(masks), torch.bernoulli
    torch.bernoulli = lambda like, *_: next(given).reshape(like.shape)
    try:
        return act()
    finally:
        torch.bernoulli = own
        assert next(given, None) is None, "not every mask was asked for"


def make_adapters(base, folder):
    folders = [folder / letter for letter in LETTERS]
    for seed, path in enumerate(folders):
        torch.manual_seed(seed)
        settings = LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=6, target_modules="all-linear")
        model = get_peft_model(load(base), settings)
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.1)
        model.save_pretrained(path)
    return folders


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def check_peft(base, folder, folders):
    experts = polymath(folder, "experts", "import", *folders, "--model", base)["id"]
    model = PeftModel.from_pretrained(load(base), folders[0], adapter_name="A")
    for letter, path in zip("BC", folders[1:]):
        model.load_adapter(path, adapter_name=letter)
    layers = [name for name, module in model.base_model.model.named_modules() if isinstance(module, peft.tuners.lora.LoraLayer)]
    shapes = {key: tuple(tensor.shape) for key, tensor in load_file(folders[0] / "adapter_model.safetensors").items()}

    def masks():
        for name in layers:
            for factor in "AB":
                shape = shapes[f"base_model.model.{name}.lora_{factor}.weight"]
                for expert in range(len(LETTERS)):
                    yield mask(shape, expert, f"{name}.lora_{factor}")

    cases = [("linear", {}), ("cat", {}), ("magnitude_prune", {}), ("dare_linear", {})]
    cases += [(name, {"majority_sign_method": sign}) for name in ("ties", "dare_ties") for sign in ("total", "frequency")]
    for number, (name, options) in enumerate(cases):
        if not wanted(name):
            continue
        told = {} if name in ("linear", "cat") else {"density": DENSITY}
        merged, to = f"merged{number}", folder / f"factors{number}"
        with_masks(
            masks() if name.startswith("dare") else [],
            lambda: model.base_model.add_weighted_adapter(
                list(LETTERS), WEIGHTS, merged, combination_type=name, **told, **options
            ),
        )
        flags = [f"--{key}={value}" for key, value in told.items()]
        flags += [f"--sign={sign}" for sign in options.values()] + ([] if name == "cat" else ["--on=factors"])
        given = f"--weights={','.join(map(str, WEIGHTS))}"
        polymath(
            folder, "merge", *LETTERS, given, "--experts", experts, "--method", name.replace("_", "-"), *flags,
            "--seed", SEED, "--as", "adapter", "--to", to,
        )
        ours, theirs = load_file(to / "adapter_model.safetensors"), model.state_dict()
        worst = max(
            (tensor - theirs[key.replace(".weight", f".{merged}.weight")]).abs().max().item() for key, tensor in ours.items()
        )
        assert len(ours) == 2 * len(layers)
        report(" ".join(["PEFT", name, *options.values()]), worst)
    return experts


def check_mergekit(base, folder, experts):
    models = [folder / f"model{letter}" for letter in LETTERS]
    for letter, path in zip(LETTERS, models):
        polymath(folder, "merge", letter, "--experts", experts, "--dtype", "float32", "--to", path)
    full = polymath(folder, "experts", "import", *models, "--model", base)["id"]
    plain = {name: tensor.float() for name, tensor in load_file(base / "model.safetensors").items()}
    own = [load_file(path / "model.safetensors") for path in models]
    argsort = torch.argsort
    torch.argsort = functools.partial(argsort, stable=True)
    usual = {"int8_mask": False, "rescale": False, "density": dict.fromkeys(LETTERS, DENSITY)}
    usual |= {"weight": dict(zip(LETTERS, WEIGHTS)), "lambda": 1.0, "normalize": False}
    dare = {"lambda": 1 / DENSITY}

    def of_group(method, **options):
        def merged(name):
            tensors = [plain[name], *(weights[name] for weights in own)]
            group = TensorGroup.from_tensors(tensors, ids=["base", *LETTERS], base_index=0)
            masks = [mask(tuple(plain[name].shape), e, name) for e in range(3)] if method.startswith("dare") else []
            return with_masks(masks, lambda: registry.get(method).merge_group(group, **usual | options))

        return merged

    def between(t, start):
        def merged(name):
            origin = start(name).double()
            pair = [(weights[name] - origin)[None] for weights in own[:2]]
            return origin + slerp(torch.tensor([t]), *pair)[0]

        return merged

    two = ["A", "B"]
    cases = [
        ("task_arithmetic", ["linear"], LETTERS, of_group("task_arithmetic")),
        ("ties", ["ties", f"--density={DENSITY}"], LETTERS, of_group("ties", normalize=True)),
        ("dare_linear", ["dare-linear", f"--density={DENSITY}"], LETTERS, of_group("dare_linear", **dare)),
        ("dare_ties", ["dare-ties", f"--density={DENSITY}"], LETTERS, of_group("dare_ties", **dare)),
        ("slerp of weights", ["slerp", "--t=0.3"], two, between(0.3, lambda name: torch.zeros_like(plain[name]))),
        ("slerp of deltas", ["slerp", "--t=0.3", "--on=deltas"], two, between(0.3, lambda name: plain[name])),
    ]
    for number, (what, flags, letters, merged) in enumerate(cases):
        if not wanted(what):
            continue
        given = [] if letters == two else [f"--weights={','.join(map(str, WEIGHTS))}"]
        to = folder / f"merged{number}"
        polymath(
            folder, "merge", *letters, *given, "--experts", full, "--method", *flags, "--seed", SEED,
            "--dtype", "float32", "--to", to,
        )
        worst = 0
        for name, tensor in load_file(to / "model.safetensors").items():
            theirs = merged(name)
            change = (theirs - plain[name]).abs().max().item()
            difference = (tensor - theirs).abs().max().item()
            worst = max(worst, difference / change if change > 1e-7 else difference)
        report(f"mergekit {what}", worst)
    torch.argsort = argsort


def main():
    base = Path(sys.argv[1] if len(sys.argv) > 1 else HOUSE / "models/polymath-base").resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        experts = check_peft(base, folder, make_adapters(base, folder))
        check_mergekit(base, folder, experts)
    print(", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "peft", "mergekit")))
    if failures:
        sys.exit(f"{len(failures)} differ by more than {LIMIT}")


main()
