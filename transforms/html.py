"""The article of an HTML page, as trafilatura finds it."""

import re

import trafilatura

from transforms.clean import clean_line, decode
from transforms.draft import Draft, Feed, Flaw

_SAMPLE = 1_000
_LANGUAGE = re.compile(rb"<html\b[^>]{0,500}?\blang\s*=\s*[\"']?([A-Za-z0-9-]{2,35})", re.IGNORECASE)
# The day in the page's own metadata or address; no guess from the text around the article.
_DATES = {"original_date": True, "extensive_search": False}


def read_page(data: bytes, *, url: str | None = None) -> Feed:
    """Return one record: the draft of a page's main text, or the flaw ``no_main_text``.

    ``url`` is where the page comes from; without it the page's own canonical address counts.
    """
    try:
        return Feed((_read(data, url),))
    except MemoryError:
        raise
    except Exception as error:  # whatever a page does to its parsers
        return Feed((Flaw(reason="unreadable", detail=f"{type(error).__name__}: {error}"),))


def _read(data: bytes, url: str | None) -> Draft | Flaw:
    # Comments of readers are not the article. fast=True leaves out two slower extractors that find hardly more.
    found = trafilatura.bare_extraction(
        data, url=url, fast=True, with_metadata=True, include_comments=False, date_extraction_params=_DATES
    )
    if found is None or isinstance(found, dict) or not (found.text or "").strip():
        return Flaw(reason="no_main_text", sample=decode(data[:_SAMPLE]))
    language = _LANGUAGE.search(data[:10_000])
    return Draft(
        title=found.title,
        text=_without_headline(found.text or "", found.title),
        url=url or found.url,
        language=language[1].decode("ascii") if language else None,
        authors=tuple(name.strip() for name in (found.author or "").split(";")),
        source_name=found.sitename or found.hostname,
        published=found.date,
    )


def _without_headline(text: str, title: str | None) -> str:
    """Return the text without a first line that repeats the title: its sentences would count twice."""
    first, _, rest = text.lstrip().partition("\n")
    return rest if rest and clean_line(first) == clean_line(title) else text
