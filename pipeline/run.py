"""Run the graph once over bounded input and commit what it found."""

import secrets
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline import __version__
from pipeline.commit import commit, partition_of, prepare, recover
from pipeline.graph import GraphSettings, build
from pipeline.log import LOGGER, set_up_logging
from pipeline.options import RunOptions, described, new_run_id
from pipeline.output import Output, discard
from pipeline.progress import progress
from pipeline.summary import Summary, print_summary, summarize
from schemas.errors import UsageError
from schemas.source import Source
from schemas.tables import SCHEMA_VERSION
from transforms.counters import NAMESPACE
from transforms.files import expand_inputs, feed_sources, read_feed_list
from transforms.ledger import open_ledger
from transforms.model import load_model, model_name
from transforms.read import ReadSettings
from transforms.records import parse_mapping
from transforms.stage import StageSettings
from transforms.tag import TAGGER_VERSION

EXIT_REJECTS = 3


def run(options: RunOptions) -> int:
    """Read, tag and write as the options say; return the exit status."""
    set_up_logging(options.log_format, verbose=options.verbose)
    with interruptible(), output_of(options) as output:
        summary = process(options, output)
    print_summary(summary, as_json=options.json)
    return EXIT_REJECTS if fails(options, summary) else 0


def fails(options: RunOptions, summary: Summary) -> bool:
    """Tell whether more was rejected than ``--fail-on`` allows."""
    if not summary.rejected:
        return False
    return options.fail_on == "any" or (options.fail_on == "all" and not summary.articles_seen)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, and Ctrl-C as itself though Beam wraps it into another error."""
    received: list[int] = []

    def interrupt(kind: int, _frame: FrameType | None) -> None:
        received.append(kind)
        raise KeyboardInterrupt

    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, interrupt) for kind in kinds]
    try:
        yield
    except Exception:
        if received:
            raise KeyboardInterrupt from None
        raise
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


@contextmanager
def output_of(options: RunOptions) -> Iterator[Output]:
    """Yield the locked output, for a dry run a temporary one that knows what the real one holds."""
    if not options.dry_run:
        output = Output(options.output.absolute())
        with output.locked():
            recover(output)
            check_partitioning(output, options)
            yield output
        return
    with tempfile.TemporaryDirectory(prefix="communique-") as folder:
        trial = Output(Path(folder))
        with trial.locked():
            _copy_ledger(Output(options.output.absolute()).ledger, trial.ledger)
            yield trial


def _copy_ledger(source: Path, target: Path) -> None:
    copy = open_ledger(target)
    try:
        if source.exists():
            original = sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)
            original.backup(copy)
            original.close()
    finally:
        copy.close()


def check_partitioning(output: Output, options: RunOptions) -> None:
    """Refuse to mix two kinds of partitions in one table; readers would fail on it."""
    present = partition_of(output)
    if present is not None and present != options.partition_by:
        raise UsageError(
            f"--partition-by: the tables in {output.root} are partitioned by {present}, not by {options.partition_by}; "
            f"use --partition-by {present} or another --output"
        )


def list_sources(options: RunOptions) -> list[Source]:
    """Return all files and feeds that the options name."""
    feeds = [*options.feed, *(address for path in options.feeds for address in read_feed_list(path))]
    return [*expand_inputs(options.input), *feed_sources(feeds)]


def process(options: RunOptions, output: Output) -> Summary:
    """Run the graph into staging, merge, and commit unless it is a dry run."""
    started = datetime.now(UTC)
    sources = list_sources(options)
    run_id = options.run_id or new_run_id(started, secrets.token_hex(3))
    settings = graph_settings(options, output, run_id)
    LOGGER.info("run %s: %d sources", run_id, len(sources))
    try:
        counts = run_graph(options, sources, settings)
        prepared = prepare(output, settings.stage)
        summary = summarize(options, settings.stage, counts, prepared, started)
        if not options.dry_run:
            with _uninterrupted():
                commit(output, run_id, prepared.files, about_run(options, settings, summary))
    finally:
        if not output.pending(run_id).exists():
            discard(output.staging(run_id))
    LOGGER.info("run %s: done", run_id)
    return summary


def graph_settings(options: RunOptions, output: Output, run_id: str) -> GraphSettings:
    """Return what the steps need to know."""
    return GraphSettings(
        read=ReadSettings(
            mapping=parse_mapping(options.map),
            default_language=options.default_language,
            max_characters=options.max_characters,
            since=options.since,
            until=options.until,
            limit=options.limit,
            allow_private=options.allow_private_addresses,
        ),
        stage=StageSettings(
            folder=str(output.staging(run_id)),
            run_id=run_id,
            partition_by=options.partition_by,
            tagger_version=TAGGER_VERSION,
            model_name=model_name(load_model(options.model), options.tagger),
        ),
        ledger=str(output.ledger),
        model=options.model,
        tagger=options.tagger,
    )


def run_graph(options: RunOptions, sources: list[Source], settings: GraphSettings) -> dict[str, int]:
    """Run the graph to its end and return its counters."""
    Path(settings.stage.folder).mkdir(parents=True, exist_ok=True)
    open_ledger(Path(settings.ledger)).close()
    sizes = [source.size for source in sources if source.size is not None]
    pipeline = beam.Pipeline(runner=_runner(options), options=PipelineOptions(list(options.beam)))
    build(pipeline, sources, settings)
    with progress(sum(sizes) if len(sizes) == len(sources) else None):
        result = pipeline.run()
        result.wait_until_finish()
    counters = result.metrics().query()["counters"]
    return {each.key.metric.name: each.result for each in counters if each.key.metric.namespace == NAMESPACE}


def _runner(options: RunOptions) -> Any:
    # Beam's own DirectRunner tries to download another engine first; ours is always the one in this process.
    return FnApiRunner() if options.runner == "DirectRunner" else options.runner


def about_run(options: RunOptions, settings: GraphSettings, summary: Summary) -> dict[str, Any]:
    """Return what the commit record says of the run beside its files."""
    return {
        "communique_version": __version__,
        "schema_version": SCHEMA_VERSION,
        "partition_by": options.partition_by,
        "tagger_version": settings.stage.tagger_version,
        "model_name": settings.stage.model_name,
        "started_at": summary.started_at.isoformat(),
        "finished_at": datetime.now(UTC).isoformat(),
        "options": described(options),
        "counts": summary.counts(),
    }


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold off Ctrl-C and SIGTERM for the moment of the commit."""
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, signal.SIG_IGN) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
