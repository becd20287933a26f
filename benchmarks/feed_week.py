"""Play a week of feeds that do all that feeds do, killing the watch at random moments; nothing may be lost or doubled.

The rows and the states of feeds have to be those of a watch that nobody disturbed. Ends with 1 when they are not.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from week_check import play


def main() -> None:
    """Play and print what came out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name, default in (("feeds", 50), ("hours", 168), ("kills", 100), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"default: {default}")
    parser.add_argument("--compact", action="store_true", help="watch --compact")
    options = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="communique-week-") as folder:
        report = play(Path(folder), **vars(options))
    played = report.played
    print(f"seed {options.seed}: {options.feeds} feeds, {options.hours} hours, {time.monotonic() - start:.0f} seconds")
    print(f"{report.pace.start:.1f} seconds to the first cycle, {report.pace.cycle:.2f} for each of the others")
    print(f"{played.kills.total()} kills, {len(played.cycles)} cycles seen to end, {played.looks} looks of a reader")
    print(*(f"  {count:>4} {step}" for step, count in played.kills.most_common()), sep="\n")
    print(", ".join(f"{count:,} {table}" for table, count in report.rows.items()))
    print(f"{len(report.faults)} differences", *report.faults[:20], sep="\n")
    sys.exit(bool(report.faults) or played.kills.total() < options.kills)


if __name__ == "__main__":
    main()
