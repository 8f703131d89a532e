#!/usr/bin/env python3
"""A small random model of a family, with a tokenizer made of this repository's README, for main.ts and check_peft.py.

    python test/reference/make_family.py <family> <new folder>      # without a family: lists them
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

VOCABULARY = 384
LAYERS = 7
COMMON = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": None,
    "tie_word_embeddings": True,
}
GRANITE = {
    "embedding_multiplier": 12.0,
    "residual_multiplier": 0.22,
    "attention_multiplier": 0.05,
    "logits_scaling": 6.0,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 32.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 128,
}
LONG = {
    "rope_type": "longrope",
    "rope_theta": 10000.0,
    "partial_rotary_factor": 0.75,
    "short_factor": [1.0 + 0.1 * i for i in range(6)],
    "long_factor": [1.0 + 3 * i for i in range(6)],
}
# Classes are called by name: which of them are there depends on the version.
FAMILIES = {
    "llama": ("Llama", {"rope_parameters": LLAMA3}),
    "mistral": ("Mistral", {"sliding_window": 16}),
    "qwen2": ("Qwen2", {}),
    "qwen3": ("Qwen3", {"head_dim": 32}),
    "gemma3": ("Gemma3Text", {"head_dim": 32, "query_pre_attn_scalar": 24, "sliding_window": 16}),
    "smollm3": ("SmolLM3", {"no_rope_layer_interval": 4}),
    "granite": ("Granite", GRANITE),
    "granite4": (
        "GraniteMoeHybrid",
        {
            **GRANITE,
            "num_local_experts": 0,
            "num_experts_per_tok": 0,
            "shared_intermediate_size": 96,
            "layer_types": ["attention"] * LAYERS,
            "position_embedding_type": "rope",
            "mamba_n_heads": 8,
        },
    ),
    "phi3": ("Phi3", {}),
    "phi4": (
        "Phi3",
        {"max_position_embeddings": 2048, "original_max_position_embeddings": 512, "rope_parameters": LONG},
    ),
    "gpt2": ("GPT2", {"n_positions": 512, "n_embd": 64, "n_layer": LAYERS, "n_head": 4}),
}


def write_tokenizer(folder):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(Path("README.md").read_text().split("\n"), trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    ends = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", **ends}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def main():
    if len(sys.argv) < 3:
        sys.exit(f"families: {', '.join(FAMILIES)}")
    family, folder = sys.argv[1], Path(sys.argv[2])
    name, own = FAMILIES[family]
    config = getattr(transformers, f"{name}Config")(**(COMMON | own))
    model = transformers.AutoModelForCausalLM.from_config(config)
    random = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            values = torch.randn(parameter.shape, generator=random)
            center = 0 if family == "gemma3" or key.endswith("bias") else 1
            parameter.copy_(center + 0.2 * values if parameter.dim() == 1 else 0.7 / parameter.shape[-1] ** 0.5 * values)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    write_tokenizer(folder)


if __name__ == "__main__":
    main()
