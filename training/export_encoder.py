"""Write trained encoders as int8 ONNX: ``python training/export_encoder.py LABELLED CHECKPOINT... --fold N``.

The weights of several checkpoints (the same training with other seeds) are averaged: one model, better than each.

The encoder is cut in two. The first layers (``glance.onnx``) see every sentence that passes the gate. They end in a
linear probe, fitted here, that tells whether there can be an event; the rest (``encoder.onnx``) sees what is left.
"""

import argparse
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fit_encoder import TagHead, examples_of, inputs_of, labelled_pairs
from fit_weights import FOLDS
from onnxruntime.quantization import QuantType, quantize_dynamic
from sklearn.linear_model import LogisticRegression

OUTPUT = Path(__file__).parent.parent / "transforms" / "encoder"
GLANCE_LAYERS = 2
ANY_IDS = [101, 2009, 102, 2009, 102]  # "[CLS] it [SEP] it [SEP]": what is traced
PROBE_SENTENCES = 5000
PROBE_STRENGTH = 0.1


class Glance(torch.nn.Module):
    """The first layers and the probe, for one sentence: without padding there is no mask."""

    def __init__(self, model: TagHead, probe: LogisticRegression) -> None:
        super().__init__()
        self.encoder = model.encoder
        self.probe = torch.nn.Linear(probe.coef_.shape[1], 1)
        self.probe.weight.data = torch.tensor(probe.coef_, dtype=torch.float32)
        self.probe.bias.data = torch.tensor(probe.intercept_, dtype=torch.float32)

    def forward(self, ids: Any, types: Any) -> tuple[Any, Any]:
        """Return the log odds of any event, and the vectors that the rest goes on from."""
        hidden = glance(self.encoder, ids, types, torch.ones_like(ids))
        return self.probe(own_mean(hidden, types, torch.ones_like(ids))).squeeze(-1), hidden


class Rest(torch.nn.Module):
    """The other layers and the scores."""

    def __init__(self, model: TagHead) -> None:
        super().__init__()
        self.model = model

    def forward(self, hidden: Any, types: Any) -> tuple[Any, Any]:
        """Return the scores of the sentence and of its tokens."""
        mask = torch.ones_like(types)
        for layer in self.model.encoder.encoder["layer"][GLANCE_LAYERS:]:
            hidden = layer(hidden, torch.zeros(1, 1, 1, 1))
        events, tokens = self.model.score(hidden, types, mask)
        return events, tokens


def glance(encoder: Any, ids: Any, types: Any, mask: Any) -> Any:
    """Return the vectors after the first layers."""
    hidden, bias = encoder.embed(ids, types, mask)
    for layer in encoder.encoder["layer"][:GLANCE_LAYERS]:
        hidden = layer(hidden, bias)
    return hidden


def own_mean(hidden: Any, types: Any, mask: Any) -> Any:
    """Return the mean vector of the sentence's own tokens."""
    own = (mask * (1 - types)).unsqueeze(-1).to(hidden.dtype)
    return (hidden * own).sum(1) / own.sum(1)


def fit_probe(model: TagHead, examples: Sequence[Any]) -> LogisticRegression:
    """Return a classifier of the first layers' mean vectors: is there any event."""
    means = []
    with torch.no_grad():
        for start in range(0, len(examples), 32):
            ids, types, mask = inputs_of(examples[start : start + 32])
            means.append(own_mean(glance(model.encoder, ids, types, mask), types, mask).numpy())
    truth = np.array([1 in example.tags for example in examples])
    return LogisticRegression(C=PROBE_STRENGTH, max_iter=2000).fit(np.concatenate(means), truth)


def averaged(paths: Sequence[Path]) -> TagHead:
    """Return the model with the mean of the weights."""
    states = [torch.load(path, weights_only=True) for path in paths]
    mean = {name: torch.stack([state[name].float() for state in states]).mean(0) for name in states[0]}
    model = TagHead()
    model.load_state_dict(mean)
    return model.eval()


def export(model: torch.nn.Module, example: tuple[Any, ...], inputs: list[str], outputs: list[str], path: Path) -> None:
    """Write a model with int8 weights."""
    axes = {name: {1: "length"} for name in [*inputs, outputs[-1]]}
    with tempfile.TemporaryDirectory() as folder:
        full = str(Path(folder) / "full.onnx")
        names = {"input_names": inputs, "output_names": outputs, "dynamic_axes": axes}
        torch.onnx.export(model.eval(), example, full, opset_version=17, dynamo=False, **names)
        # Seven bits: eight overflow on processors without VNNI, which then see other numbers than those with it.
        quantize_dynamic(full, str(path), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    print(f"{path}: {path.stat().st_size:,} bytes")


def main() -> None:
    """Average, fit the probe and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("labelled", type=Path)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--fold", type=int, choices=range(FOLDS), help="fold that the checkpoints have not seen")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    model = averaged(options.checkpoints)
    pairs = labelled_pairs(options.labelled, options.fold)
    examples = examples_of(random.Random(0).sample(pairs, min(PROBE_SENTENCES, len(pairs))))
    probe = fit_probe(model, examples)
    ids = torch.tensor([ANY_IDS])
    types = torch.tensor([[0] * 3 + [1] * (len(ANY_IDS) - 3)])
    first = Glance(model, probe)
    export(first, (ids, types), ["ids", "types"], ["chance", "hidden"], options.output / "glance.onnx")
    with torch.no_grad():
        hidden = first(ids, types)[1]
    export(Rest(model), (hidden, types), ["hidden", "types"], ["events", "tokens"], options.output / "encoder.onnx")


if __name__ == "__main__":
    main()
