"""Compare what the two taggers cost over the same articles: python benchmarks/taggers.py --input PATTERN --limit N."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from measure import Cost, measure, middle, run_command

TAGGERS = ("rules", "both")


def one_run(options: argparse.Namespace, tagger: str, limit: int | None) -> tuple[Cost, dict[str, Any]]:
    """Run one tagger into a new output."""
    with tempfile.TemporaryDirectory(prefix="communique-bench-") as folder:
        command = run_command(options.input, Path(folder) / "tables", limit)
        return measure([*command, "--tagger", tagger])


def main() -> None:
    """Let the taggers take turns; print medians, with start-up (a run over one article) taken off, and the ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--input", action="append", default=[], metavar="PATTERN", help="default: examples/news")
    parser.add_argument("--limit", type=int, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    options = parser.parse_args()
    starts = {tagger: one_run(options, tagger, 1)[0] for tagger in TAGGERS}
    rounds = [{tagger: one_run(options, tagger, options.limit) for tagger in TAGGERS} for _ in range(options.rounds)]
    seconds = {}
    print(f"{'':8}{'articles':>10}{'sentences':>11}{'events':>8}{'ms/article':>12}{'ms/sentence':>13}{'MB':>7}")
    for tagger in TAGGERS:
        cost, summary = middle([each[tagger][0] for each in rounds]), rounds[0][tagger][1]
        seconds[tagger] = cost.cpu - starts[tagger].cpu
        articles, sentences = summary["articles_new"], summary["sentences"]
        rates = [1000 * seconds[tagger] / articles, 1000 * seconds[tagger] / sentences]
        events = sum(summary["events"].values())
        print(
            f"{tagger:8}{articles:>10,}{sentences:>11,}{events:>8,}{rates[0]:>12.1f}{rates[1]:>13.2f}{cost.peak:>7.0f}"
        )
    print(f"seconds of processor, {TAGGERS[1]} to {TAGGERS[0]}: {seconds[TAGGERS[1]] / seconds[TAGGERS[0]]:.2f}")


if __name__ == "__main__":
    main()
