import json
from pathlib import Path

import apache_beam as beam
import made
import pyarrow.parquet as pq
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.test_stream import TestStream as Stream

from pipeline.graph import GraphSettings, build
from pipeline.output import Output
from schemas.source import Source
from transforms.ledger import SkipKnown, open_ledger
from transforms.read import ReadArticles, ReadSettings
from transforms.split import SplitSentences
from transforms.stage import StageRows, staged_files
from transforms.tag import TagEvents

TEXT = "Estmark rejected the plan on Monday. It rained."


def sources(folder: Path) -> list[Source]:
    found = []
    for number in range(3):
        path = folder / f"{number}.jsonl"
        path.write_text(json.dumps({"id": f"g{number}", "text": f"{TEXT} Edition {number}."}) + "\n{\n")
        found.append(Source(str(path), size=path.stat().st_size))
    return found


def graph_settings(tmp_path: Path) -> GraphSettings:
    output = Output(tmp_path / "out")
    open_ledger(output.ledger).close()
    return GraphSettings(ReadSettings(), made.stage_settings(output), str(output.ledger), None, "rules")


def staged(settings: GraphSettings, table: str) -> int:
    return sum(pq.read_metadata(file).num_rows for file in staged_files(Path(settings.stage.folder), table))


def test_the_graph_stages_all_three_tables(tmp_path):
    settings = graph_settings(tmp_path)
    with beam.Pipeline(runner=FnApiRunner(), options=PipelineOptions([])) as pipeline:
        build(pipeline, sources(tmp_path), settings)
    assert [staged(settings, table) for table in ("articles", "events", "rejects")] == [3, 3, 3]


def test_the_same_composites_take_unbounded_input(tmp_path):
    settings = graph_settings(tmp_path)
    files = sources(tmp_path)
    stream = Stream().add_elements(files[:1]).advance_processing_time(60).add_elements(files[1:])
    options = PipelineOptions([], streaming=True)
    with beam.Pipeline(runner=BundleBasedDirectRunner(), options=options) as pipeline:
        read = pipeline | stream.advance_watermark_to_infinity() | ReadArticles(settings.read)
        split = read.articles | SkipKnown(settings.ledger, "first") | SplitSentences()
        tagged = split.articles | TagEvents(None, "rules")
        _ = tagged.articles | StageRows(settings.stage)
    assert [staged(settings, table) for table in ("articles", "events")] == [3, 3]


def test_the_flow_fits_on_one_screen():
    lines = Path(build.__code__.co_filename).read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 50
