"""Words that a checker of English must know: nobody's names, those for a rise, a fall and for the one before."""

from __future__ import annotations

import re

from opsbook.agents.checking.dates import MONTHS, WEEKDAYS

_COMMON = """
i a an the this that these those we our it its they their you your no not and or but of in on at to for
action actions high medium low first second third next also however meanwhile still today
est edt cst cdt mst mdt pst pdt utc gmt am pm usd mrr nrr arr arpu api sms kpi sla url id http dns q1 q2 q3 q4
"""
ORDINARY = frozenset({*_COMMON.split(), *MONTHS, *WEEKDAYS, *(day[:3] for day in (*MONTHS, *WEEKDAYS))})
GENERIC = frozenset({"the", "of", "a", "an", "in", "by", "value", "before", "after", "now", "change", "period", "then"})
STATUSES = ("online", "offline", "degraded", "healthy", "unhealthy", "outage")

RISE = re.compile(
    r"\b(rose|risen|rises|grew|grows|growth|up|increas\w+|gain\w*|higher|more|climb\w*|improv\w+)\b", re.IGNORECASE
)
FALL = re.compile(
    r"\b(fell|fall\w*|dropp?\w*|down|declin\w+|decreas\w+|shr[aiu]nk\w*|lower|less|fewer|lost|sank)\b", re.IGNORECASE
)
MOVE = re.compile(rf"{RISE.pattern}|{FALL.pattern}|\b(chang|mov|differ)\w*|[+−-]\s?\d", re.IGNORECASE)
CHANGE = re.compile(r"\b(change|growth)\b", re.IGNORECASE)
BACK = re.compile(r"\b(it|its|they|their|them|that|this|which|who|whose)\b", re.IGNORECASE)
LINK = re.compile(r",\s|;|\bwhile\b|\bwhereas\b|\bbut\b|\band\b|\(|\)|\||\bwith\b", re.IGNORECASE)


def stems(text: str) -> frozenset[str]:
    """The words of a text that mean something, without the s of a plural."""
    words = re.findall(r"[a-z]+", text.lower().replace("-", "").replace("’", "'"))
    return frozenset(word.removesuffix("s") for word in words if word not in GENERIC)
