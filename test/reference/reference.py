#!/usr/bin/env python3
"""What transformers and PEFT compute with a model folder: the other side of main.ts, which starts this.

    python reference.py <model folder> <work folder>

Reads input.json (texts, batches, LoRA settings) in the work folder; writes logits.safetensors ([B, T, V] of the texts), adapter/ (as
PEFT starts it) and losses.json (of the steps that train it). Everything in float32, as the packages come.
"""

import json
import os
import sys
import warnings
from pathlib import Path

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ["HF_HUB_OFFLINE"] = "1"

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from torch.nn import functional as F
from transformers import AutoModelForCausalLM

transformers.utils.logging.disable_progress_bar()
warnings.filterwarnings("ignore", category=FutureWarning)


def main():
    folder, work = Path(sys.argv[1]), Path(sys.argv[2])
    given = json.loads((work / "input.json").read_text())
    torch.manual_seed(1)
    torch.set_num_threads(given["threads"])
    # No dropout: the engine has none.
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        logits = [model(torch.tensor([text]), use_cache=False).logits[0] for text in given["texts"]]
    save_file({"logits": torch.stack(logits).contiguous()}, work / "logits.safetensors")

    settings = LoraConfig(
        r=given["rank"],
        lora_alpha=given["alpha"],
        target_modules=given["targets"],
        fan_in_fan_out=model.config.model_type == "gpt2",
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(model, settings)
    model.save_pretrained(work / "adapter")
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=given["learningRate"], betas=tuple(given["betas"]), eps=given["epsilon"], weight_decay=0.0
    )
    losses = []
    for batch in given["batches"]:
        tokens = torch.tensor(batch)
        optimizer.zero_grad()
        logits = model(tokens[:, :-1], use_cache=False).logits
        loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, given["clipNorm"])
        optimizer.step()
        losses.append(loss.item())
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
    (work / "losses.json").write_text(json.dumps({"losses": losses, "versions": versions}))


if __name__ == "__main__":
    main()
