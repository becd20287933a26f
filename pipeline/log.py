"""Logs go to stderr, as text or as one JSON object a line."""

import json
import logging
import sys
from datetime import UTC, datetime

from pipeline.options import LogFormat

LOGGER = logging.getLogger("communique")


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def set_up_logging(log_format: LogFormat, *, verbose: bool) -> None:
    """Send all logs to stderr; without ``verbose`` only communiqué's warnings, as the error that ends it is printed."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(levelname)s %(name)s: %(message)s")
    handler.setFormatter(_JsonFormatter() if log_format == "json" else text)
    logging.basicConfig(handlers=[handler], level=logging.WARNING if verbose else logging.CRITICAL, force=True)
    LOGGER.setLevel(logging.INFO if verbose else logging.WARNING)
