"""placeholder"""

from datetime import datetime

from pipeline.options import CompactOptions
from pipeline.output import Output


def compact(output: Output, *, before: datetime | None = None) -> None: ...
def run_compact(options: CompactOptions) -> int:
    return 0
