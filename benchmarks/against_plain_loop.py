"""Compare communiqué with a plain spaCy loop over the same articles: ./run_local.sh bench.

Both start anew in every round and take turns. Start-up (importing libraries, loading the model) is measured with one
article and shown by itself, as it says nothing about longer input.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measure import Cost, measure, middle, run_command

NAMES = ("communiqué", "plain loop")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="./run_local.sh bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--input", action="append", default=[], metavar="PATTERN", help="default: examples/news")
    parser.add_argument("--limit", type=int, metavar="N", help="read N articles only")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default: 3")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of all rounds there, too")
    return parser.parse_args(arguments)


def one_round(options: argparse.Namespace, limit: int | None) -> tuple[Cost, Cost, dict[str, Any]]:
    """Run both over the same articles; return their costs and what was read."""
    with tempfile.TemporaryDirectory(prefix="communique-bench-") as folder:
        ours, summary = measure(run_command(options.input, Path(folder) / "tables", limit))
        articles = summary["articles_new"] + summary["articles_revised"]
        table = str(Path(folder) / "tables" / "articles")
        loop, _ = measure([sys.executable, str(Path(__file__).with_name("plain_loop.py")), table, str(articles)])
        return ours, loop, {"articles": articles, "events": sum(summary["events"].values())}


def main() -> None:
    """Measure, print a table, and write the figures where that was asked for."""
    options = parse()
    starts = one_round(options, 1)
    rounds = []
    for number in range(1, options.rounds + 1):
        print(f"round {number} of {options.rounds}", file=sys.stderr)
        rounds.append(one_round(options, options.limit))
    print(report(starts[:2], (middle([r[0] for r in rounds]), middle([r[1] for r in rounds])), rounds[0][2]))
    if options.json:
        figures = [{name: _figures(cost) for name, cost in zip(NAMES, r[:2], strict=True)} | r[2] for r in rounds]
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _figures(cost: Cost) -> dict[str, float]:
    return {name: round(getattr(cost, name), 3) for name in Cost.__slots__}


def report(starts: Sequence[Cost], costs: Sequence[Cost], seen: dict[str, Any]) -> str:
    """Return the figures as a table, with the ratios of communiqué to the loop."""
    rows = [
        ("seconds", *(f"{cost.wall:.1f}" for cost in costs), _ratio([cost.wall for cost in costs])),
        ("  of which start-up", *(f"{start.wall:.1f}" for start in starts), ""),
        ("seconds of processor", *(f"{cost.cpu:.1f}" for cost in costs), _ratio([cost.cpu for cost in costs])),
        ("peak memory, MB", *(f"{cost.peak:.0f}" for cost in costs), _ratio([cost.peak for cost in costs])),
        _rates("articles/s", [cost.wall for cost in costs], seen["articles"]),
    ]
    beyond = [cost.wall - start.wall for cost, start in zip(costs, starts, strict=True)]
    if min(beyond) > 1:
        rows.append(_rates("  after start-up", beyond, seen["articles"]))
    lines = [f"{'':22}{NAMES[0]:>12}{NAMES[1]:>12}{'ratio':>8}"]
    lines += [f"{label:22}{ours:>12}{loop:>12}{ratio:>8}" for label, ours, loop, ratio in rows]
    return "\n".join([f"{seen['articles']:,} articles, {seen['events']:,} events", *lines])


def _rates(label: str, seconds: Sequence[float], articles: int) -> tuple[str, str, str, str]:
    rates = [articles / each for each in seconds]
    return label, f"{rates[0]:.1f}", f"{rates[1]:.1f}", _ratio(rates)


def _ratio(pair: Sequence[float]) -> str:
    return f"{pair[0] / pair[1]:.2f}"


if __name__ == "__main__":
    main()
