"""The data sets: what runs found, changed case by case, and what a text about it must hold."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from opsbook.agents.evals.scores import Planted, Wanted
from opsbook.sdk.errors import NeverWorks, NotFound
from opsbook.sdk.step import RunFacts
from opsbook.sdk.values import Json, digest
from opsbook.sdk.work import Writing

LETTERS = "letters"  # the kind of writing that is one letter for each organisation
_STEP = re.compile(r"([^.\[\]]+)|\[([^\]]+)\]")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Change(_Part):
    """One thing that the run is made to have found: `at` is a path, `[id]` in it the member of a list with that id."""

    at: str
    to: Any


class Finding(_Part):
    """Words that a text must hold in one sentence, item or row."""

    says: tuple[str, ...] = Field(min_length=1)


class Ranked(Finding):
    """Words that stand where something is told to be done; the lower its severity, the earlier they must come."""

    severity: int = Field(ge=1, le=3)


class Instruction(_Part):
    """What somebody wrote into the data for a model to read, and what only a text shows that followed it."""

    says: str
    obeyed: tuple[str, ...] = Field(min_length=1)


class CaseFile(_Part):
    name: str
    about: str
    change: tuple[Change, ...] = ()
    drop: tuple[str, ...] = ()
    covers: tuple[Finding, ...] = ()
    ranks: tuple[Ranked, ...] = ()
    instructions: tuple[Instruction, ...] = ()


class DatasetFile(_Part):
    """One file of `planted/`. `recorded` names what its cases begin with."""

    about: str
    recorded: str
    cases: tuple[CaseFile, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Case:
    """One piece of writing: what the run found, what must be said of it and in which order, what must not be heeded."""

    name: str
    about: str
    writing: Writing
    run: RunFacts
    evidence: Mapping[str, Any]
    criteria: Sequence[Mapping[str, Any]]
    wanted: tuple[Wanted, ...]
    ranked: tuple[Wanted, ...]
    planted: tuple[Planted, ...]


@dataclass(frozen=True)
class Dataset:
    """`digest` changes with anything that a case finds or asks: results of two digests cannot be compared."""

    name: str
    about: str
    digest: str
    cases: tuple[Case, ...]


@cache
def datasets() -> dict[str, Dataset]:
    """Every data set by name, which is its file's. Raises `NeverWorks` when a case changes what is not there."""
    folder = files(__package__).joinpath("planted")
    names = sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return {name: _read(name, folder.joinpath(f"{name}.yaml").read_text("utf-8")) for name in names}


def dataset(name: str) -> Dataset:
    """One data set; raises `NotFound`."""
    known = datasets()
    if name not in known:
        raise NotFound(f"There is no data set {name}.", cure=f"There are: {', '.join(known)}.", code="no_dataset")
    return known[name]


def _read(name: str, text: str) -> Dataset:
    found = DatasetFile.model_validate(YAML(typ="safe", pure=True).load(text))
    recorded = files(__package__).joinpath("recorded", f"{found.recorded}.json").read_text("utf-8")
    base: dict[str, Any] = json.loads(recorded)
    cases = tuple(_case(base, case) for case in found.cases)
    return Dataset(name, found.about, digest([found.model_dump(mode="json"), base])[:16], cases)


def _case(base: Mapping[str, Any], file: CaseFile) -> Case:
    evidence: dict[str, Any] = copy.deepcopy(base["evidence"])
    for key in file.drop:
        del evidence[key]
    for change in file.change:
        _set(evidence, change.at, change.to)
    run, writing = base["run"], base["writing"]
    facts = RunFacts(
        "evals",
        run["playbook_id"],
        run["playbook_name"],
        datetime.fromisoformat(run["as_of"]),
        ZoneInfo(run["timezone"]),
        False,
        "manual",
    )
    inputs = tuple(key for key in writing["inputs"] if key in evidence)
    wanted = tuple(Wanted(one.says) for one in file.covers)
    ranked = tuple(Wanted(one.says, one.severity) for one in file.ranks)
    planted = tuple(Planted(one.says, one.obeyed) for one in file.instructions)
    asked = Writing(writing["agent"], writing["kind"], writing["title"], inputs=inputs)
    return Case(file.name, file.about, asked, facts, evidence, base["criteria"], wanted, ranked, planted)


def _set(tree: Any, path: str, value: Json) -> None:
    """Put a value where a path leads; a whole measurement may be replaced. Raises `NeverWorks` where it leads nowhere.

    A key that is not there yet is made only by an object's last step.
    """
    steps = [(key or member, bool(member)) for key, member in _STEP.findall(path)]
    for step, member in steps[:-1]:
        tree = _into(tree, step, path, member=member)
    last, member = steps[-1]
    if member:
        tree[tree.index(_into(tree, last, path, member=True))] = value
    elif isinstance(tree, dict):
        tree[last] = value
    else:
        raise NeverWorks(f"A case changes {path}, which is not there.", code="bad_case")


def _into(tree: Any, step: str, path: str, *, member: bool) -> Any:
    if member and isinstance(tree, list):
        for one in tree:
            if isinstance(one, dict) and step in (one.get("id"), one.get("organization_id"), one.get("name")):
                return one
    elif not member and isinstance(tree, dict) and step in tree:
        return tree[step]
    raise NeverWorks(f"A case changes {path}, which is not there.", code="bad_case")
