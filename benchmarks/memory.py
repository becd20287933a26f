"""Show the peak memory of a run at growing numbers of articles: it should not grow with them."""

import argparse
import tempfile
from pathlib import Path

from measure import measure, run_command


def main() -> None:
    """Run once for each size and print a line for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--input", action="append", default=[], metavar="PATTERN", help="default: examples/news")
    parser.add_argument("--limits", type=int, nargs="+", default=[500, 1000, 2000, 4000], metavar="N")
    options = parser.parse_args()
    print(f"{'articles':>9}{'peak, MB':>10}{'seconds':>9}{'articles/s':>12}", flush=True)
    for limit in options.limits:
        with tempfile.TemporaryDirectory(prefix="communique-bench-") as folder:
            cost, summary = measure(run_command(options.input, Path(folder) / "tables", limit))
        articles = summary["articles_new"] + summary["articles_revised"]
        print(f"{articles:>9,}{cost.peak:>10.0f}{cost.wall:>9.1f}{articles / cost.wall:>12.1f}", flush=True)


if __name__ == "__main__":
    main()
