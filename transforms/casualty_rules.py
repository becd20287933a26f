"""The rules and word lists that casualty reports are found by, as ``rules/casualties.toml`` gives them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from transforms.rule_files import read_file
from transforms.scene import CountWords, Words

Effect = Literal["killed", "injured", "missing", "casualty", "none"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of trigger says of people, and what it needs to say so; the file explains the fields."""

    rule_id: str
    effect: Effect
    frame: str
    pos: str
    needs: str
    near: Words
    without: Words
    objects: Words
    confidence: float
    is_weak: bool


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The rules by the forms that trigger them, and the word lists by their names in the file."""

    rules: Mapping[str, tuple[Rule, ...]]
    gate: re.Pattern[str]
    bars: Mapping[str, Words]
    company: Mapping[str, Words]
    violence: Mapping[str, Words]
    victims: Mapping[str, Words]
    counting: Mapping[str, Words]
    kinds: Mapping[str, Words]
    times: Words
    longer: re.Pattern[str]
    comparing: re.Pattern[str]
    cumulative: re.Pattern[str]
    count: CountWords


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Return the contents of ``rules/casualties.toml``."""
    data = read_file("casualties")
    rules, counting, time = _rules_by_form(data["rules"]), _word_sets(data["counting"]), data["time"]
    return Lexicon(
        rules=rules,
        gate=re.compile("|".join(data["gate"]), re.IGNORECASE),
        bars=_word_sets(data["not_actual"]),
        company=_word_sets(data["company"]),
        violence=_word_sets(data["violence"]),
        victims=_word_sets(data["victims"]),
        counting=counting,
        kinds=_word_sets(data["kinds"]),
        times=frozenset(time["times"]),
        longer=re.compile(time["longer"], re.IGNORECASE),
        comparing=re.compile(time["comparing"], re.IGNORECASE),
        cumulative=re.compile("|".join(time["cumulative"]), re.IGNORECASE),
        count=_count_words(data, counting, _deeds(rules)),
    )


def _rules_by_form(entries: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Rule, ...]]:
    rules: dict[str, tuple[Rule, ...]] = {}
    for entry in entries:
        rule = Rule(
            rule_id=entry["id"],
            effect=entry["effect"],
            frame=entry["frame"],
            pos=entry.get("pos", "any"),
            needs=entry.get("needs", ""),
            near=frozenset(entry.get("near", ())),
            without=frozenset(entry.get("without", ())),
            objects=frozenset(entry.get("objects", ())),
            confidence=entry["confidence"],
            is_weak=entry.get("weak", False),
        )
        for form in entry["forms"]:
            rules[form] = (*rules.get(form, ()), rule)
    return rules


def _count_words(data: Mapping[str, Any], counting: Mapping[str, Words], deeds: Words) -> CountWords:
    return CountWords(
        partitives=counting["partitives"],
        sets=data["sets"],
        singular=counting["singular_pronouns"],
        ordinals=counting["ordinals"],
        collective=counting["collective"],
        people=counting["people"],
        skipped=counting["skipped"],
        things=frozenset(data["not_actual"]["things"]) | frozenset(data["not_actual"]["herds"]),
        generic=counting["said_again"] | counting["kin"],
        kin=counting["kin"],
        triggers=deeds - counting["people"],
    )


def _deeds(rules: Mapping[str, Sequence[Rule]]) -> Words:
    """Return the forms that end a phrase for people; a hospital and a word that may mean no harm do not."""
    telling = {rule for found in rules.values() for rule in found if rule.frame != "care" and not rule.is_weak}
    return frozenset(form for form, found in rules.items() if not telling.isdisjoint(found))


def _word_sets(table: Mapping[str, Any]) -> dict[str, Words]:
    return {name: frozenset(words) for name, words in table.items()}
