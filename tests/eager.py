"""Run a transform over a list at once, so that a pipeline test is one comparison."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import apache_beam as beam
from apache_beam.testing.test_pipeline import TestPipeline as InProcess

_collected: dict[str, list[Any]] = defaultdict(list)


class _Collect(beam.DoFn):
    def __init__(self, key: str) -> None:
        self._key = key

    def process(self, element: Any) -> None:
        _collected[self._key].append(element)


def run(transform: Any, inputs: Iterable[Any], outputs: tuple[str, ...] = ()) -> Any:
    """Return what the transform makes of the inputs: a list, or one list for each of the named outputs."""
    key = uuid.uuid4().hex
    with InProcess(runner="FnApiRunner") as pipeline:
        result = pipeline | beam.Create(list(inputs)) | transform
        collections = {name: getattr(result, name) for name in outputs} if outputs else {"": result}
        for name, collection in collections.items():
            _ = collection | f"Collect{name}" >> beam.ParDo(_Collect(f"{key}{name}"))
    lists = [_collected.pop(f"{key}{name}", []) for name in collections]
    return tuple(lists) if outputs else lists[0]
