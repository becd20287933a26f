"""What could not be processed, and why."""

from dataclasses import dataclass

from schemas.ids import stable_id

SAMPLE_CHARACTERS = 500
DETAIL_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One piece of input that became no article: a file, a line, a feed entry, an article.

    ``stage`` is the step that gave up (fetch, read, split, tag, write, commit), ``reason`` a short snake_case word that
    can be counted, ``detail`` a sentence for people, ``position`` a line, row, record or entry counted from 1.
    """

    stage: str
    source_uri: str
    position: int | None = None
    reason: str
    detail: str
    sample: str | None = None

    @property
    def reject_id(self) -> str:
        """Return an id that is the same whenever the same piece of input fails in the same way."""
        return stable_id(self.stage, self.source_uri, self.position, self.reason, self.sample)
