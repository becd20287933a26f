"""Settle what single sentences leave open by the other sentences of their article."""

import re
from collections.abc import Sequence
from dataclasses import replace

from schemas.event import Finding

_SHOT_RULES = frozenset({"casualty.shoot", "casualty.shooting", "casualty.hit"})
_WOUND_RULES = frozenset({"casualty.wound", "casualty.injuries", "casualty.killing", "casualty.victims"})
_DYING_RULES = frozenset({"casualty.perish", "casualty.die", "casualty.dead"})
# Words for the one who was told of before.
_SAME = re.compile(r"(?:he|she|the \w+)\b", re.IGNORECASE)
_LONGEST_NAME = 3  # words
_IDENTIFIED = re.compile(r"\bidentif", re.IGNORECASE)
_GUN = re.compile(r"\b(?:gun)?shots?\b|\bgun(?:fire|men|man)?\b|\bbullets?\b", re.IGNORECASE)
# Who is known to live, or was hit where few die of it.
_ALIVE = re.compile(
    r"\b(?:surviv|recover|stable|non-?life|expected to|escaped|treated|released|"
    r"legs?\b|arms?\b|foot\b|feet\b|hands?\b|fingers?\b|thighs?\b|ankles?\b|cal(?:f|ves)\b|buttocks\b|shoulders?\b)",
    re.IGNORECASE,
)


def count_shot_as_killed(reports: Sequence[tuple[str, Finding]]) -> list[Finding]:
    """Return the casualty reports of one article, with those who were shot counted as killed where the article says so.

    Victims who are only named count as injured where the article has nobody killed.

    ``reports`` are sentences with their findings. A sentence says "the boy was shot", another one "the boy died": where
    an article reports deaths, and nobody who was hit and lived, the shot are the dead.
    """
    reports = [(text, _as_killed(f) if _is_dead_later(i, reports) else f) for i, (text, f) in enumerate(reports)]
    told = [f for text, f in reports if f.killed_low == f.killed_high and not _are_victims(text, f)]
    killed = max((f.killed_low or 0 for f in told), default=0)
    is_settled = killed > 0 and not any(_tells_of_survivors(text, finding) for text, finding in reports)
    reports = [(text, _as_killed(f) if is_settled and _may_be_dead(text, f, killed) else f) for text, f in reports]
    return [
        _as_injured(f) if _are_victims(text, f) and _is_of_injured(place, reports) else f
        for place, (text, f) in enumerate(reports)
    ]


def _are_victims(text: str, finding: Finding) -> bool:
    """Tell whether a sentence only says who the victims were; those whom police identify are dead."""
    is_open = finding.rule_id == "casualty.victims" and _IDENTIFIED.search(text) is None
    return is_open and bool(finding.killed_low) and finding.injured_low is None


def _is_of_injured(place: int, reports: Sequence[tuple[str, Finding]]) -> bool:
    """Tell whether the other reports of an article are of injured people and of nobody killed."""
    others = [f for i, (text, f) in enumerate(reports) if i != place and not _are_victims(text, f)]
    is_deadly = any(f.killed_low or f.event_subtype == "killed" for f in others)
    return not is_deadly and any(f.injured_low for f in others)


def _is_dead_later(place: int, reports: Sequence[tuple[str, Finding]]) -> bool:
    """Tell whether a single wounded person is said to have died: in the next report, or by name in any."""
    wounded = reports[place][1]
    if not _is_single(wounded.injured_low, wounded.injured_high) or wounded.killed_low:
        return False
    dead = [f for _, f in reports if _is_single(f.killed_low, f.killed_high) and not f.injured_low]
    name = _name(wounded.casualty_text)
    if name and any(_name(f.casualty_text) == name for f in dead):
        return True
    following = reports[place + 1 : place + 2]
    return any(
        f in dead and f.rule_id in _DYING_RULES and _SAME.match(f.casualty_text or "") is not None for _, f in following
    )


def _is_single(low: int | None, high: int | None) -> bool:
    return low == high == 1


def _name(victim: str | None) -> str:
    """Return the surname in the words for a victim, "" when there is none."""
    last = (victim or "").split()[-1:]
    return last[0] if last and last[0][0].isupper() and len((victim or "").split()) <= _LONGEST_NAME else ""


def _tells_of_survivors(text: str, finding: Finding) -> bool:
    """Tell whether a sentence says that somebody was hit and lived."""
    if not finding.injured_low:
        return False
    return bool(finding.killed_low) or not _is_of_gunshot(text, finding) or _ALIVE.search(text) is not None


def _is_of_gunshot(text: str, finding: Finding) -> bool:
    return finding.rule_id in _SHOT_RULES or (finding.rule_id in _WOUND_RULES and _GUN.search(text) is not None)


def _may_be_dead(text: str, finding: Finding, killed: int) -> bool:
    is_exact = finding.injured_low == finding.injured_high and 0 < (finding.injured_low or 0) <= killed
    return is_exact and not finding.killed_low and _is_of_gunshot(text, finding)


def _as_injured(finding: Finding) -> Finding:
    return replace(
        finding,
        event_subtype="injured",
        killed_low=None,
        killed_high=None,
        injured_low=finding.killed_low,
        injured_high=finding.killed_high,
    )


def _as_killed(finding: Finding) -> Finding:
    return replace(
        finding,
        event_subtype="killed",
        killed_low=finding.injured_low,
        killed_high=finding.injured_high,
        injured_low=None,
        injured_high=None,
    )
