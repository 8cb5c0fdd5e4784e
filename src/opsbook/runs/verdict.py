"""How a run is judged: its playbook's criteria and alert rules over what it found. Pure.

A criterion is `met` when `expr` is true; when it is false, `warn` when its `warn` is true, else `not_met`; a true
`warn` beside a true `expr` is `warn` too. Unknown satisfies nothing and alerts nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from opsbook.playbooks.expressions import Ground, evaluate, fill_key, fill_text, grounds, parse, truth
from opsbook.playbooks.model import AlertRule, Criterion, Playbook
from opsbook.sdk.errors import InvalidDefinition
from opsbook.sdk.values import Json, JsonObject, Unknown


class Verdict(StrEnum):
    """What a criterion, and a whole run, come to."""

    MET = "met"
    WARN = "warn"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


ORDER = (Verdict.NOT_MET, Verdict.UNKNOWN, Verdict.WARN, Verdict.MET)


@dataclass(frozen=True)
class Judgement:
    """One criterion's answer; `reads` are the names that its expression depends on.

    `seen` are the values that decided it, each `{of?, path, value}`: `of` is the name of the item of a list that it
    belongs to, `value` the figure, the status or the measurement.
    """

    id: str
    name: str
    expr: str
    verdict: Verdict
    reason: str = ""
    reads: tuple[str, ...] = ()
    seen: tuple[JsonObject, ...] = ()

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "name": self.name,
            "expr": self.expr,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "reads": list(self.reads),
            "seen": list(self.seen),
        }


@dataclass(frozen=True)
class Firing:
    """An alert rule that fired, for one subject. `thread` is the dedup key of the thread that goes with it.

    `muted`: nobody is to be alarmed about the subject now.
    """

    rule: AlertRule
    subject: str
    key: str
    message: str
    thread: str | None = None
    muted: bool = False


@dataclass(frozen=True)
class RuleAnswer:
    """What a rule came to: fired for these, quiet, or not to be known."""

    rule: AlertRule
    firings: tuple[Firing, ...]
    unknown: str | None = None


def judge(playbook: Playbook, names: Mapping[str, Json]) -> tuple[Judgement, ...]:
    """Every criterion of the playbook, in document order."""
    return tuple(_criterion(criterion, names) for criterion in playbook.success)


def overall(judgements: tuple[Judgement, ...]) -> Verdict | None:
    """The run's verdict: the worst of its criteria (not met, unknown, warn, met); None without criteria."""
    found = {judgement.verdict for judgement in judgements}
    return next((verdict for verdict in ORDER if verdict in found), None)


def alerts(playbook: Playbook, names: Mapping[str, Json]) -> tuple[RuleAnswer, ...]:
    """Every alert rule's answer, in document order."""
    return tuple(_rule(rule, names) for rule in playbook.alerts)


def _criterion(criterion: Criterion, names: Mapping[str, Json]) -> Judgement:
    verdict, reason = Verdict.UNKNOWN, ""
    try:
        answer = truth(criterion.expr, names)
        if isinstance(answer, Unknown):
            reason = answer.reason or "it could not be measured"
        else:
            warned = truth(criterion.warn, names) if criterion.warn else False
            if warned is True:
                verdict = Verdict.WARN
            elif answer:
                verdict = Verdict.MET
            elif isinstance(warned, Unknown):
                verdict, reason = Verdict.NOT_MET, f"its warn band is unknown: {warned.reason}"
            else:
                verdict = Verdict.NOT_MET
    except InvalidDefinition as error:
        reason = error.sentence
    known = verdict is not Verdict.UNKNOWN
    seen = tuple(_seen(one) for one in grounds(criterion.expr, names)) if known else ()
    reads = tuple(sorted(".".join(path) for path in parse(criterion.expr).paths))
    return Judgement(criterion.id, criterion.name or criterion.id, criterion.expr, verdict, reason, reads, seen)


def _seen(ground: Ground) -> JsonObject:
    """One value that decided a criterion. An item without a name says nothing to a reader: its value stands alone."""
    item = ground.of if isinstance(ground.of, dict) else {}
    whose = str(item.get("name") or item.get("id") or "")
    about: JsonObject = {"path": ".".join(ground.path), "value": ground.value}
    return {"of": whose, **about} if whose else about


def _rule(rule: AlertRule, names: Mapping[str, Json]) -> RuleAnswer:
    try:
        answer = truth(rule.expr, names)
        if isinstance(answer, Unknown):
            return RuleAnswer(rule, (), answer.reason or "it could not be measured")
        if not answer:
            return RuleAnswer(rule, ())
        subjects = evaluate(rule.subjects, names) if rule.subjects else [None]
        if isinstance(subjects, Unknown) or not isinstance(subjects, list):
            return RuleAnswer(rule, (), "its subjects are not a list that is known")
        return RuleAnswer(rule, tuple(_firing(rule, subject, names) for subject in subjects))
    except InvalidDefinition as error:
        return RuleAnswer(rule, (), error.sentence)


def _firing(rule: AlertRule, subject: Json, names: Mapping[str, Json]) -> Firing:
    known = names if subject is None else {**names, "subject": subject}
    label = subject if isinstance(subject, str) else ""
    if isinstance(subject, dict):
        label = str(subject.get("name") or subject.get("id") or "")
    key = _key(rule.key, known) or (str(subject.get("id") or label) if isinstance(subject, dict) else label)
    message = fill_text(rule.message, known) or f"{rule.id.replace('_', ' ')}" + (f": {label}" if label else "")
    muted = rule.mute is not None and truth(rule.mute, known) is True  # unknown: better an alarm too many
    return Firing(rule, label, key, message, _key(rule.thread, known), muted)


def _key(template: str, names: Mapping[str, Json]) -> str | None:
    """What tells the alert, or its thread, from others; None where there is none, or where it cannot be known."""
    found = fill_key(template, names)
    return None if isinstance(found, Unknown) else found or None
