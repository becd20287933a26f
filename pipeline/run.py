"""Run the graph once over bounded input and commit what it found."""

import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline import __version__
from pipeline.commit import commit, prepare, recover, take_over_states
from pipeline.disk import explained, telling
from pipeline.graph import GraphSettings, build
from pipeline.log import LOGGER, set_up_logging
from pipeline.options import ReadOptions, RunOptions, described, new_run_id
from pipeline.output import Output, discard
from pipeline.poll import Polled, Poller, count_outcomes, fetch_settings, with_flaws
from pipeline.progress import progress
from pipeline.records import read_records
from pipeline.signals import Signals, interruptible
from pipeline.summary import Summary, print_summary, summarize
from schemas.errors import UsageError, UserError
from schemas.source import Source
from schemas.tables import SCHEMA_VERSION
from transforms.counters import NAMESPACE
from transforms.feed_state import load_feeds
from transforms.files import Feeds, expand_inputs, find_feeds
from transforms.full_text import FullTextSettings
from transforms.ledger import has_run, open_ledger, read_ledger
from transforms.model import load_model, model_name
from transforms.read import ReadSettings
from transforms.records import parse_mapping
from transforms.stage import StageSettings, staged_flaws
from transforms.tag import TAGGER_VERSION

EXIT_REJECTS = 3
_FEEDS = ".feeds"


def run(options: RunOptions) -> int:
    """Read, tag and write as the options say; return the exit status."""
    set_up_logging(options.log_format, verbose=options.verbose)
    with interruptible() as signals, output_of(options) as output:
        feeds = find_feeds(options.feed, options.feeds)
        summary = process(options, output, feeds, datetime.now(UTC), signals)
    with telling():
        print_summary(summary, as_json=options.json)
    return EXIT_REJECTS if fails(options, summary) else 0


def fails(options: RunOptions, summary: Summary) -> bool:
    """Tell whether more was rejected than ``--fail-on`` allows."""
    if not summary.rejected:
        return False
    is_all = not summary.articles_seen and not summary.feeds.get("unchanged")
    return options.fail_on == "any" or (options.fail_on == "all" and is_all)


@contextmanager
def output_of(options: ReadOptions) -> Iterator[Output]:
    """Yield the locked output, for a dry run a temporary one that knows what the real one holds."""
    if not options.dry_run:
        output = Output(options.output.absolute())
        with output.locked(), explained(output):
            recover(output)
            check_shape(output, options)
            yield output
        return
    with tempfile.TemporaryDirectory(prefix="communique-") as folder:
        trial = Output(Path(folder))
        with trial.locked(), explained(trial):
            _copy_ledger(Output(options.output.absolute()).ledger, trial.ledger)
            yield trial


def _copy_ledger(source: Path, target: Path) -> None:
    with closing(open_ledger(target)) as copy:
        if source.exists():
            with closing(read_ledger(source)) as original:
                original.backup(copy)


def check_shape(output: Output, options: ReadOptions) -> None:
    """Refuse to mix two kinds of partitions or of columns in one table; readers would fail on it."""
    for record in read_records(output):
        if record.partition_by != options.partition_by:
            raise UsageError(
                f"--partition-by: the tables in {output.root} are partitioned by {record.partition_by}, not by "
                f"{options.partition_by}; use --partition-by {record.partition_by} or another --output"
            )
        if record.schema_version != SCHEMA_VERSION:
            raise UserError(
                f"{output.root}: its tables have the columns of version {record.schema_version}, this program writes "
                f"version {SCHEMA_VERSION}; choose another --output (docs/years.md, Upgrading)"
            )


def process(options: ReadOptions, output: Output, feeds: Feeds, now: datetime, signals: Signals) -> Summary:
    """Poll, run the graph into staging, merge, and commit unless it is a dry run."""
    run_id = options.run_id or new_run_id(now, secrets.token_hex(3))
    files = [*expand_inputs(options.input), *feeds.files]
    settings = graph_settings(options, output, run_id)
    try:
        polled = poll_feeds(options, output, run_id, feeds.addresses, now)
        sources = [*files, *(each.source for each in polled if each.source)]
        LOGGER.info("run %s: %d sources", run_id, len(sources))
        counts = run_graph(options, sources, settings) if sources else {}
        flaws = staged_flaws(Path(settings.stage.folder)) if polled else {}
        states = with_flaws([each.state for each in polled], flaws)
        prepared = prepare(output, settings.stage, states)
        summary = summarize(options, settings.stage, counts, prepared, count_outcomes(polled), now)
        if not options.dry_run:
            with signals.held():
                if prepared.files or prepared.replaces or isinstance(options, RunOptions):
                    commit(output, run_id, prepared, about_run(options, settings, summary))
                else:
                    take_over_states(output, run_id)
    finally:
        if not output.pending(run_id).exists():
            discard(output.staging(run_id))
    LOGGER.info("run %s: done", run_id)
    return summary


def poll_feeds(
    options: ReadOptions, output: Output, run_id: str, addresses: Sequence[str], now: datetime
) -> list[Polled]:
    """Ask the feeds that are due. A run that reads only some of a feed, or replaces rows, takes all of its content."""
    if not addresses:
        return []
    with closing(open_ledger(output.ledger)) as ledger:
        known, replaces = load_feeds(ledger), has_run(ledger, run_id)
    poller = Poller(
        fetcher=fetch_settings(options).fetcher(),
        folder=output.staging(run_id) / _FEEDS,
        now=now,
        conditional=not (replaces or options.since or options.until or options.limit),
        on_schedule=not replaces,
    )
    return poller.poll(addresses, known)


def graph_settings(options: ReadOptions, output: Output, run_id: str) -> GraphSettings:
    """Return what the steps need to know."""
    return GraphSettings(
        read=ReadSettings(
            mapping=parse_mapping(options.map),
            default_language=options.default_language,
            max_characters=options.max_characters,
            since=options.since,
            until=options.until,
            limit=options.limit,
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
        full_text=FullTextSettings(fetch_settings(options), options.max_characters) if options.full_text else None,
    )


def run_graph(options: ReadOptions, sources: list[Source], settings: GraphSettings) -> dict[str, int]:
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


def _runner(options: ReadOptions) -> Any:
    # Beam's own DirectRunner tries to download another engine first; ours is always the one in this process.
    return FnApiRunner() if options.runner == "DirectRunner" else options.runner


def about_run(options: ReadOptions, settings: GraphSettings, summary: Summary) -> dict[str, Any]:
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
