"""What one parsed sentence says somebody did: rules and encoder joined, with trigger, roles and confidence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from spacy.tokens import Doc, Token

from schemas.event import EVENT_TYPES, EventType, Finding
from transforms.actors import choose_actor
from transforms.casualties import Reading, find_casualties, read_casualties
from transforms.decide import Evidence, is_event, probability
from transforms.encode import Scores
from transforms.match import Match, find_matches, is_denied, rule_of_encoder, token_at
from transforms.odds import cut, log_odds, sigmoid
from transforms.roles import find_roles
from transforms.rule_files import read_file
from transforms.weigh import WEIGHED, threshold, weigh, weigh_match

CLAUSES = frozenset({"ROOT", "ccomp", "advcl", "relcl", "conj", "parataxis", "pcomp", "acl"})


def find_events(doc: Doc, text: str, before: Sequence[str] = (), scores: Scores | None = None) -> list[Finding]:
    """Return what a parsed sentence says somebody did; without ``scores`` rules and weights decide alone."""
    matches = find_matches(doc)
    if scores is None:
        return [*find_casualties(doc), *_by_rules(doc, matches, text, before)]
    casualties = read_casualties(doc)
    found: list[Finding] = []
    for event_type, evidence in gather(doc, matches, casualties, scores).items():
        confidence = probability(event_type, evidence)
        if not is_event(event_type, confidence):
            continue
        if event_type in WEIGHED:
            own = [match for match in matches if match.rule.event_type == event_type]
            best = best_matches(own) or encoder_matches(doc, event_type, scores)
            found += [finding_of(match, confidence, text, before, scores) for match in best]
        else:
            report = casualties.report() or casualty_of_encoder(scores)
            found.append(replace(report, confidence=round(confidence, 3)))
    return found


def gather(doc: Doc, matches: Sequence[Match], casualties: Reading, scores: Scores) -> dict[EventType, Evidence]:
    """Return for each event type what speaks for it."""
    weights = {kind: cut(found) for kind, found in weigh(doc, matches).items()}
    weights["casualty_report"] = log_odds(casualties.strength) if casualties.strength else 0.0
    fired: set[EventType] = {match.rule.event_type for match in matches}
    if casualties.strength:
        fired.add("casualty_report")
    return {
        kind: Evidence(score, weights[kind], float(kind in fired))
        for kind, score in zip(EVENT_TYPES, scores.events, strict=True)
    }


def _by_rules(doc: Doc, matches: Sequence[Match], text: str, before: Sequence[str]) -> list[Finding]:
    found: list[Finding] = []
    if matches:
        for event_type, found_odds in weigh(doc, matches).items():
            confidence = sigmoid(found_odds)
            if confidence >= threshold(event_type):
                own = [match for match in matches if match.rule.event_type == event_type]
                found += [finding_of(match, confidence, text, before) for match in best_matches(own)]
    return found


def encoder_matches(doc: Doc, event_type: EventType, scores: Scores) -> list[Match]:
    """Return the word on which the encoder sees an event that no rule knows; none where a rule's trigger is denied."""
    if any(is_denied(event_type, token) for token in doc):
        return []
    start, end = scores.trigger(event_type)
    token = token_at(doc, start, end)
    return [Match(rule_of_encoder(event_type, token), token, start, end)]


def casualty_of_encoder(scores: Scores) -> Finding:
    """Return a casualty report in which no rule knows a word: it has no counts."""
    start, end = scores.trigger("casualty_report")
    return Finding(
        event_type="casualty_report",
        rule_id="encoder.casualty_report",
        confidence=0.0,
        trigger_start=start,
        trigger_end=end,
    )


def best_matches(matches: Iterable[Match]) -> list[Match]:
    """Return the strongest match, and of the other clauses those that speak for the event too."""
    ranked = sorted(matches, key=lambda match: (-weigh_match(match), match.start, match.end, match.rule.id))
    kept: list[Match] = []
    for match in ranked:
        first = not kept
        if first or (weigh_match(match) > 0 and not any(_same_clause(match, other) for other in kept)):
            kept.append(match)
    return kept


def _same_clause(match: Match, other: Match) -> bool:
    overlap = match.start < other.end and other.start < match.end
    return overlap or clause_of(match.token).i == clause_of(other.token).i


def clause_of(token: Token) -> Token:
    """Return the word that heads the token's clause."""
    while token.head.i != token.i and not (token.dep_ in CLAUSES and token.pos_ in ("VERB", "AUX")):
        token = token.head
    return token


def codes(event_type: EventType, subtype: str | None) -> Mapping[str, str]:
    """Return the PLOVER category and the CAMEO code of an event, as far as it has one."""
    found: Mapping[str, str] = read_file("codes")[event_type].get(subtype or "", {})
    return found


def finding_of(
    match: Match, confidence: float, text: str, before: Sequence[str], scores: Scores | None = None
) -> Finding:
    """Return the finding of one match."""
    rule, roles = match.rule, find_roles(match, text, before)
    code = codes(rule.event_type, rule.subtype)
    actor = roles.actor
    if scores and not roles.is_sure:
        actor = choose_actor(match, actor, scores)
    return Finding(
        event_type=rule.event_type,
        event_subtype=rule.subtype,
        rule_id=rule.id,
        confidence=round(confidence, 3),
        trigger_start=match.start,
        trigger_end=match.end,
        actor=actor,
        target=None if roles.target == actor else roles.target,
        speaker=roles.speaker,
        attribution_text=roles.attribution_text,
        content_text=roles.content_text,
        condition_text=roles.condition_text,
        plover=code.get("plover"),
        cameo=code.get("cameo"),
    )
