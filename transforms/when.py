"""When an event happened: the date phrase of its sentence that belongs to it; null rather than a guess."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from transforms.date_phrases import EventDate, Phrase, read_phrases
from transforms.rule_files import read_file

__all__ = ["EventDate", "find_date"]

# A phrase costs its distance from the trigger in characters, and more for what stands between.
_COMMA, _QUOTE, _CLAUSE = 15, 25, 20
_TOO_FAR, _OUT_OF_SIGHT = 230, 500
_WINDOW = 120  # characters before a phrase that tell what it dates
_LEADING = 25  # a phrase that opens the sentence dates all of it
_LEADING_COST = 40
_DATELINE_REACH = 50
_ASIDE = re.compile(r", including [^,]*(?=,)| (?:--?|–|—) [^–—]{1,80}? (?:--?|–|—)(?= )")
_BREAK = re.compile(r"[a-z\d”\"]{2}[.?!]['”\"’]* |;")
_SUPERLATIVE = re.compile(r"\b(?:first|most|only|worst|\w{3,}est)\b")
_AGENCY = re.compile(r"\s*(?:\d\d\s*)?[(\[–—-]")
_NOUN_NEXT = re.compile(
    r" (?!(?:in|at|on|near|by|and|as|when|while|after|outside|from|for|to|of)\b)[a-z]", re.IGNORECASE
)
_NEXT_WORDS = re.compile(r"\s(?:[\w’'-]+\s){0,3}")  # "the 2013 murder", "the 18 August car bombing"


def find_date(
    text: str, trigger_start: int, published: datetime | None, *, is_report: bool = False
) -> EventDate | None:
    """Return when the event at ``trigger_start`` happened, None when the sentence does not say.

    Days without a year are resolved against ``published``; without it only dates with a year count. ``is_report``
    says that the event is not itself an act of speech: then "police said on Friday" does not date it.
    """
    today = published.date() if published else None
    costs = [
        (cost, phrase.start, phrase.resolved)
        for phrase in read_phrases(text, today)
        if not _is_to_come(phrase, today) and (cost := _cost(phrase, text, trigger_start, is_report)) is not None
    ]
    return min(costs, key=lambda found: found[:2])[2] if costs else None


def _is_to_come(phrase: Phrase, today: date | None) -> bool:
    """Tell whether it lies behind publication: what is planned for then has not happened."""
    if today is None:
        return False
    return phrase.resolved.date > today or (phrase.is_ahead and phrase.resolved.precision != "day")


def _cost(phrase: Phrase, text: str, trigger: int, is_report: bool) -> int | None:
    """Return how far a phrase is from belonging to the trigger; None when it dates something else."""
    is_first = phrase.start < trigger
    is_leading = is_first and phrase.start <= _LEADING
    if abs(phrase.start - trigger) > _OUT_OF_SIGHT and not is_leading:
        return None
    between = _ASIDE.sub("", text[phrase.end : trigger] if is_first else text[trigger : phrase.start])
    if _is_dateline(phrase, text) or _compares(phrase, text) or (is_report and _dates_speech(phrase, text)):
        return None
    # "was hospitalized on Friday after being shot" dates the shot, "was arrested on Friday after" does not.
    is_harmed = _words("harmed", r"\W*(?:on )?$").search(_before(phrase, text)) is not None
    if _parts(between, is_first, is_report, is_harmed):
        return None
    if _modifies_other(phrase, text, between if is_first else None):
        return None
    cost = len(between) + _COMMA * between.count(",") + _QUOTE * len(re.findall('[“”"]', between))
    cost += _CLAUSE * len(_joints().findall(between))
    cost = min(cost, _LEADING_COST) if is_leading else cost
    return cost if cost <= _TOO_FAR else None


def _is_dateline(phrase: Phrase, text: str) -> bool:
    """Tell whether it is the "16 FEB 90" of "PORT SELIM, 16 FEB 90 (AGENCY) --"."""
    is_led = phrase.start < _DATELINE_REACH and text[: phrase.start].upper() == text[: phrase.start]
    return is_led and phrase.kind in ("day_month", "month_day") and bool(_AGENCY.match(text, phrase.end))


def _compares(phrase: Phrase, text: str) -> bool:
    """Tell whether it is the "since 1959" of "the first since 1959"."""
    since = text[max(0, phrase.start - 7) : phrase.end].lower()
    return "since " in since and _SUPERLATIVE.search(_before(phrase, text)) is not None


def _parts(between: str, is_first: bool, is_report: bool, is_harmed: bool) -> bool:
    """Tell whether the words between phrase and trigger begin something else."""
    if _BREAK.search(between) or between.count(" – ") == 1 or _words("apart").search(between):
        return True
    if is_first:
        return _words("apart_when_date_first").search(between) is not None and not is_harmed
    # "dead since Friday": right before the phrase these words belong to it.
    inner = between[:-8]
    if _words("apart_when_trigger_first").search(inner):
        return True
    return not is_report and _words("apart_in_speech_acts").search(inner) is not None


def _dates_speech(phrase: Phrase, text: str) -> bool:
    return bool(_words("say_before", r"\W*$").search(_before(phrase, text))) or bool(
        _words("say_after").match(text[phrase.end : phrase.end + _WINDOW].lstrip(" ,"))
    )


def _before(phrase: Phrase, text: str) -> str:
    return text[max(0, phrase.start - _WINDOW) : phrase.start]


def _modifies_other(phrase: Phrase, text: str, between: str | None) -> bool:
    """Tell whether the phrase stands before a noun of its own, as in "his 2007 film" and "the 18 August vote"."""
    is_year = phrase.kind == "year" and re.match(r"(?:the|a|his|her|its|their)\s", phrase.resolved.text, re.I)
    led = phrase.kind == "day_month" and _before(phrase, text).lower().endswith("the ")
    if not is_year and not (led and _NOUN_NEXT.match(text, phrase.end)):
        return False
    return between is None or _NEXT_WORDS.fullmatch(between) is None


@cache
def _joints() -> re.Pattern[str]:
    return re.compile(r"\b(?:and|but|who|which|that|while|as|because|when|where)\b", re.IGNORECASE)


@cache
def _words(name: str, end: str = r"\b") -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_data()[name]}){end}", re.IGNORECASE)


def _data() -> Mapping[str, Any]:
    return read_file("when")
