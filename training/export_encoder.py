"""Write trained encoders as int8 ONNX: ``python training/export_encoder.py CHECKPOINT...``.

The weights of several checkpoints (the same training with other seeds) are averaged: one model, better than each.

The encoder is cut in two. The first layers (``glance.onnx``) see every sentence that passes the gate and tell whether
there can be an event; the rest (``encoder.onnx``) sees what is left.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from fit_encoder import GLANCE_LAYERS, TagHead
from onnxruntime.quantization import QuantType, quantize_dynamic

OUTPUT = Path(__file__).parent.parent / "transforms" / "encoder"
ANY_IDS = [101, 2009, 102, 2009, 102]  # "[CLS] it [SEP] it [SEP]": what is traced


class Glance(torch.nn.Module):
    """The first layers, for one sentence: without padding there is no mask."""

    def __init__(self, model: TagHead) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Any, types: Any) -> tuple[Any, Any]:
        """Return the log odds of any event, and the vectors that the rest goes on from."""
        mask = torch.ones_like(ids)
        hidden = self.model.encoder.through(*self.model.encoder.embed(ids, types, mask), 0, GLANCE_LAYERS)
        return self.model.at_a_glance(hidden, types, mask), hidden


class Rest(torch.nn.Module):
    """The other layers and the scores."""

    def __init__(self, model: TagHead) -> None:
        super().__init__()
        self.model = model

    def forward(self, hidden: Any, types: Any) -> tuple[Any, Any]:
        """Return the scores of the sentence and of its tokens."""
        hidden = self.model.encoder.through(hidden, torch.zeros(1, 1, 1, 1), GLANCE_LAYERS, None)
        events, tokens = self.model.score(hidden, types, torch.ones_like(types))
        return events, tokens


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
    """Average and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    model = averaged(options.checkpoints)
    ids = torch.tensor([ANY_IDS])
    types = torch.tensor([[0] * 3 + [1] * (len(ANY_IDS) - 3)])
    first = Glance(model)
    export(first, (ids, types), ["ids", "types"], ["chance", "hidden"], options.output / "glance.onnx")
    with torch.no_grad():
        hidden = first(ids, types)[1]
    export(Rest(model), (hidden, types), ["hidden", "types"], ["events", "tokens"], options.output / "encoder.onnx")


if __name__ == "__main__":
    main()
