"""Where a figure comes from: its definition, its query, the rows behind it, and what was left out and why.

`explain` asks the same functions as the tools do, and beside them the metric's own file in `behind/`, which names every
row that the figure looked at. The figure is made once more from the counted rows: the two must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import JsonObject, Unknown, plain
from opsbook.warehouse.activity import active_users, gmv
from opsbook.warehouse.changes import COMPARED, Baseline, baseline_near, compared
from opsbook.warehouse.contracts import Contract
from opsbook.warehouse.daily import METRICS
from opsbook.warehouse.figures import measure
from opsbook.warehouse.health import errors, quota_use
from opsbook.warehouse.revenue import mrr_figure, mrr_now, past_due_figure
from opsbook.warehouse.risk import NEEDS as RISK_NEEDS
from opsbook.warehouse.risk import organizations_at_risk
from opsbook.warehouse.sheets import Fold, Sheet, sheet_named
from opsbook.warehouse.signups import OF_STEP, funnel, signups
from opsbook.warehouse.silence import NEEDS as SILENCE_NEEDS
from opsbook.warehouse.silence import silent_organizations

if TYPE_CHECKING:
    from opsbook.records.snapshots import Snapshots
    from opsbook.warehouse.store import Warehouse

DAY = timedelta(days=1)
SHOWN = 20


@dataclass(frozen=True)
class Question:
    """A metric over `[start, end)`, or as it is at `end`, with the baseline that it compares with, if it does."""

    sheet: Sheet
    start: datetime
    end: datetime
    baseline: Baseline | Unknown


@dataclass(frozen=True)
class Explanation:
    """`rows` are the first of `counted` rows and `excluded` counts the others by reason, the most frequent first.

    `recomputed` is the figure made of the counted rows, None where there is none; `agrees` whether it is the figure's.
    `unreadable` says why no rows can be shown. `recorded` is what the snapshot of the local date says, if there is one.
    """

    sheet: Sheet
    contract: Contract
    figure: JsonObject
    query: str
    parameters: Mapping[str, Any]
    counted: int
    rows: list[dict[str, Any]]
    excluded: Mapping[str, int]
    recomputed: float | int | None
    agrees: bool
    unreadable: str
    baseline: JsonObject | None
    recorded: JsonObject | None

    @property
    def other_words(self) -> bool:
        """Whether the snapshot was counted by other definitions than those of now."""
        return self.recorded is not None and self.recorded["terms"] not in (None, self.figure["terms"])

    @property
    def differs(self) -> bool:
        """Whether the snapshot, of the same window, says something else than what is loaded now."""
        kept = self.recorded
        if kept is None or kept["as_of"] is None or kept["value"] is None:
            return False
        same = datetime.fromisoformat(str(kept["as_of"])) == datetime.fromisoformat(str(self.figure["as_of"]))
        return same and kept["value"] != self.figure.get("observed", self.figure["value"])

    def as_json(self) -> JsonObject:
        sheet = self.sheet
        return {
            "metric": sheet.name,
            "title": sheet.title,
            "definition": sheet.definition,
            "unit": sheet.unit,
            "source": list(sheet.tables),
            "contract": plain(self.contract),
            "why": sheet.why,
            "figure": self.figure,
            "query": self.query,
            "parameters": plain(self.parameters),
            "counted": self.counted,
            "rows": plain(self.rows),
            "excluded": dict(self.excluded),
            "recomputed": self.recomputed,
            "agrees": self.agrees,
            "unreadable": self.unreadable or None,
            "baseline": self.baseline,
            "recorded": self.recorded,
            "differs": self.differs,
            "other_words": self.other_words,
        }


def explain(
    warehouse: Warehouse,
    name: str,
    at: datetime,
    *,
    days: int | None = None,
    limit: int = SHOWN,
    snapshots: Snapshots | None = None,
    zone: ZoneInfo,
) -> Explanation:
    """Explain a metric over the `days` before `at` (its usual window where none are given), or as it is at `at`.

    What compares two moments needs `snapshots`, by local dates of `zone`. Raises `NotFound` for a name that is no
    metric's, `InvalidInput` for days of a metric that has no window.
    """
    sheet = sheet_named(name)
    if days is not None and sheet.window is None:
        cure = "Leave --days out."
        raise InvalidInput(f"{name} is true at a moment and has no days.", field="days", cure=cure)
    start = at - (days * DAY if days is not None else sheet.window or timedelta())
    question = Question(sheet, start, at, _baseline(warehouse, sheet, snapshots, start, at, zone))
    figure = figure_of(warehouse, question)
    recorded = _recorded(snapshots, sheet, start, at, zone)
    contract, parameters = warehouse.contract(name), _parameters(warehouse, question)
    if isinstance(parameters, Unknown):
        return _told(question, contract, figure, recorded, _Behind({}, [], []), parameters.reason)
    bound = {key: value for key, value in parameters.items() if key in sheet.parameters}
    return _told(question, contract, figure, recorded, _behind(warehouse, sheet, bound, limit), "")


def figure_of(warehouse: Warehouse, question: Question) -> JsonObject:
    """The figure as the tools answer it."""
    name, start, end = question.sheet.name, question.start, question.end
    if name in COMPARED:
        return compared(warehouse, name, start, end, mrr_now(warehouse, end), question.baseline)
    found: JsonObject = _FIGURES[name](warehouse, start, end)
    return found


def _inactive(name: str) -> Callable[[Warehouse, datetime, datetime], JsonObject]:
    def answer(warehouse: Warehouse, start: datetime, end: datetime) -> JsonObject:
        match_all = warehouse.definitions.inactive.match == "all"
        found = silent_organizations(warehouse, end, (end - start) // DAY, match_all=match_all, limit=1)
        return measure(warehouse, name, start, end, found) if isinstance(found, Unknown) else found.figures[name]

    return answer


def _risky(name: str) -> Callable[[Warehouse, datetime, datetime], JsonObject]:
    def answer(warehouse: Warehouse, start: datetime, end: datetime) -> JsonObject:
        terms = warehouse.definitions.at_risk
        found = organizations_at_risk(
            warehouse,
            end,
            login_days=terms.login_days,
            campaign_days=terms.campaign_days,
            match_all=terms.match == "all",
            limit=1,
        )
        return measure(warehouse, name, None, end, found) if isinstance(found, Unknown) else found.figures[name]

    return answer


_FIGURES: Mapping[str, Callable[[Any, datetime, datetime], Any]] = {
    "signups": lambda warehouse, start, end: signups(warehouse, start, end)[0],
    **{
        metric: lambda warehouse, start, end, step=step: funnel(warehouse, start, end)[step]  # type: ignore[misc]
        for step, metric in OF_STEP.items()
    },
    "active_users": active_users,
    "mrr": lambda warehouse, start, end: mrr_figure(warehouse, end),
    "past_due_mrr": lambda warehouse, start, end: past_due_figure(warehouse, end, mrr_now(warehouse, end)),
    **{name: _inactive(name) for name in ("inactive", "inactive_rate")},
    **{name: _risky(name) for name in ("at_risk", "at_risk_rate")},
    "gmv": gmv,
    "error_count": lambda warehouse, start, end: errors(warehouse, start, end)["count"],
    "critical_errors": lambda warehouse, start, end: errors(warehouse, start, end)["critical"],
    "error_rate": lambda warehouse, start, end: errors(warehouse, start, end)["rate"],
    "quota_use": lambda warehouse, start, end: quota_use(warehouse, end),
}


def _baseline(
    warehouse: Warehouse, sheet: Sheet, snapshots: Snapshots | None, start: datetime, end: datetime, zone: ZoneInfo
) -> Baseline | Unknown:
    if not sheet.compares:
        return Unknown("it compares with nothing")
    if snapshots is None:
        return Unknown("there are no snapshots to compare with")
    return baseline_near(warehouse, snapshots, start, end, zone)


def _parameters(warehouse: Warehouse, question: Question) -> dict[str, Any] | Unknown:
    """Everything that a query behind may ask for; unknown when there is nothing to be asked."""
    end, start, base = question.end, question.start, question.baseline
    tables = [need.partition(".")[0] for need in question.sheet.needs]
    if missing := warehouse.lacks(*tables):
        return missing
    found = {"start": start, "end": end, "as_of": end, **_signals(warehouse, question)}
    if question.sheet.compares:
        if isinstance(base, Unknown):
            return base
        found |= {"before_ids": list(base.mrr), "before_cents": list(base.mrr.values())}
        found["paid_earlier"] = sorted(base.paid_earlier)
    return found


def _signals(warehouse: Warehouse, question: Question) -> dict[str, Any]:
    """What the signals of silence and of risk are asked with, and which of them can be read at all."""
    terms, risky = warehouse.definitions, "login_start" in question.sheet.parameters
    login, campaign = (question.end - days * DAY for days in (terms.at_risk.login_days, terms.at_risk.campaign_days))
    since = {"login": login, "campaign": campaign} if risky else dict.fromkeys(SILENCE_NEEDS, question.start)
    needs = RISK_NEEDS if risky else SILENCE_NEEDS
    readable = {name: warehouse.lacks(need, since=since.get(name)) is None for name, need in needs.items()}
    return {
        "login_start": login,
        "campaign_start": campaign,
        "match_all": (terms.at_risk.match if risky else terms.inactive.match) == "all",
        "logins": readable["login"],
        "orders": readable.get("orders"),
        "campaigns": readable["campaign" if risky else "campaigns"],
        "tickets": readable.get("ticket"),
    }


@dataclass(frozen=True)
class _Behind:
    """`groups` are the sums of equal reasons, the counted rows' among them; `rows` some of the counted ones."""

    bound: Mapping[str, Any]
    groups: list[dict[str, Any]]
    rows: list[dict[str, Any]]


def _behind(warehouse: Warehouse, sheet: Sheet, bound: Mapping[str, Any], limit: int) -> _Behind:
    groups = warehouse.ask(_GROUPED.format(query=sheet.behind), bound)
    some = f"SELECT * EXCLUDE (counted, reason) FROM (\n{sheet.behind}\n) WHERE counted LIMIT {int(limit)}"  # noqa: S608 ours
    return _Behind(bound, groups, warehouse.ask(some, bound))


_GROUPED = """
    SELECT
        counted, reason, count(*) AS rows, CAST(sum(n) AS BIGINT) AS n, CAST(sum(part) AS DOUBLE) AS part,
        CAST(sum(whole) AS DOUBLE) AS whole, CAST(max(part) AS DOUBLE) AS most
    FROM (
        {query}
    )
    GROUP BY counted, reason
    ORDER BY count(*) DESC, reason
"""


def _told(
    question: Question,
    contract: Contract,
    figure: JsonObject,
    recorded: JsonObject | None,
    behind: _Behind,
    unreadable: str,
) -> Explanation:
    sheet, base = question.sheet, question.baseline
    counted = next((group for group in behind.groups if group["counted"]), None)
    value, n = _made(sheet.fold, counted), counted["n"] if counted else 0
    seen = figure.get("observed", figure["value"])
    return Explanation(
        sheet,
        contract,
        figure,
        sheet.behind,
        {key: f"{len(one):,} values" if isinstance(one, list) else one for key, one in behind.bound.items()},
        counted["rows"] if counted else 0,
        behind.rows,
        {group["reason"]: group["rows"] for group in behind.groups if not group["counted"]},
        value,
        not unreadable and (seen is None or (seen, figure["n"]) == (value, n)),
        unreadable,
        None if isinstance(base, Unknown) else _of_baseline(base),
        recorded,
    )


def _made(fold: Fold, counted: Mapping[str, Any] | None) -> float | int | None:
    """The figure that the counted rows make; None where there are too few for one."""
    if fold is Fold.SUM:
        return int(counted["part"]) if counted else 0
    if counted is None:
        return None
    if fold is Fold.MAX:
        return float(counted["most"])
    return round(float(counted["part"]) / float(counted["whole"]), 6) if counted["whole"] else None


def _of_baseline(base: Baseline) -> JsonObject:
    return {
        "local_date": base.local_date.isoformat(),
        "taken_at": base.taken_at.isoformat(),
        "reconstructed": base.reconstructed,
    }


_KEPT = {metric: kept for kept, metric in METRICS.items()}  # what a daily snapshot calls a metric


def _recorded(
    snapshots: Snapshots | None, sheet: Sheet, start: datetime, end: datetime, zone: ZoneInfo
) -> JsonObject | None:
    """What the local date's snapshot says of the metric. It covers a day, so a longer window has none."""
    if snapshots is None or sheet.name not in _KEPT or end - start > DAY:
        return None
    return snapshots.metric_on(end.astimezone(zone).date(), _KEPT[sheet.name])
