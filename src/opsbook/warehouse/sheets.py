"""The sheet of each metric that a person may name: read from the header of its file in `behind/`.

The file's name is the metric's. Beside the fields that every query has, its header says

* `Query`: the file in `metrics/` that the figure comes from; `snapshots` for what compares two moments
* `Needs`: tables, or `table.column`, without which there is no figure; how fresh it is goes by them
* `Reads`: columns whose cells matter, and may be missing in a row; how complete it is goes by them
* `Window`: its usual length, `1 day` or `7 days`; `moment` for what is true at a time
* `Fold`: how the counted rows make the figure: `sum` of their `part`, `share` (`part` / `whole`) or `max` of `part`
* `Counts`: what `n` counts
* `Contract`: as `minimum_n 20, fresh_within 26h, minimum_completeness 0.95`, each only where it is another than usual
* `Why`: where the contract's numbers come from
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

from pydantic import ValidationError

from opsbook.sdk.errors import NeverWorks, NotFound
from opsbook.warehouse.contracts import Contract
from opsbook.warehouse.headers import BASIC, NONE, Header, names, read_header, without_header

FIELDS = (*BASIC, "Query", "Needs", "Reads", "Window", "Fold", "Counts", "Contract", "Why")
SNAPSHOTS = "snapshots"  # a source that lies in the records and not in the tables
MOMENT = "moment"
T = TypeVar("T")
_DAYS = re.compile(r"([1-9][0-9]{0,2}) days?")


class Fold(StrEnum):
    """How the counted rows make the figure."""

    SUM = "sum"  # of their parts
    SHARE = "share"  # their parts, divided by their wholes
    MAX = "max"  # the largest part


@dataclass(frozen=True)
class Sheet:
    """One metric. `window` is its usual length, None for what is true at a moment. `counts` is what `n` counts."""

    name: str
    title: str
    definition: str
    unit: str
    tables: tuple[str, ...]
    parameters: tuple[str, ...]
    query: str
    needs: tuple[str, ...]
    reads: tuple[str, ...]
    window: timedelta | None
    fold: Fold
    counts: str
    contract: Contract
    why: str
    behind: str

    @property
    def compares(self) -> bool:
        """Whether it needs the revenue of an earlier moment."""
        return SNAPSHOTS in self.tables


@cache
def sheets() -> Mapping[str, Sheet]:
    """Every metric by name. Raises `NeverWorks` for a header that is not as it must be."""
    return {file.name.removesuffix(".sql"): _sheet(file) for file in _files()}


def sheet_named(name: str) -> Sheet:
    """One metric; raises `NotFound` with the nearest name, else all of them."""
    found = sheets()
    if name not in found:
        near = get_close_matches(name, found, n=1, cutoff=0.6)
        cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(found)}."
        raise NotFound(f"There is no metric {name}.", cure=cure, code="no_metric")
    return found[name]


def only_metrics(given: dict[str, T]) -> dict[str, T]:
    """What is given by the names of metrics. Raises ValueError for another name."""
    if unknown := sorted(set(given) - set(sheets())) if given else []:
        near = get_close_matches(unknown[0], sheets(), 1)
        raise ValueError(f"there is no metric {unknown[0]}" + (f"; did you mean {near[0]}?" if near else ""))
    return given


def _files() -> Iterator[Traversable]:
    folder = files(__package__).joinpath("behind")
    yield from sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)


def _sheet(file: Traversable) -> Sheet:
    text = file.read_text("utf-8")
    header = read_header(text, f"behind/{file.name}", FIELDS)
    fields = header.fields
    try:
        return Sheet(
            file.name.removesuffix(".sql"),
            header.title,
            fields["Definition"],
            fields["Unit"],
            header.tables,
            header.parameters,
            fields["Query"],
            names(fields["Needs"]),
            names(fields["Reads"]),
            _window(fields["Window"]),
            Fold(fields["Fold"]),
            fields["Counts"],
            _contract(header),
            "" if fields["Why"] == NONE else fields["Why"],
            without_header(text),
        )
    except (ValueError, ValidationError) as error:
        raise NeverWorks(
            f"The header of behind/{file.name} cannot be read: {error}.",
            cure="warehouse/sheets.py says what its fields are.",
            code="bad_header",
        ) from error


def _window(text: str) -> timedelta | None:
    if text == MOMENT:
        return None
    found = _DAYS.fullmatch(text)
    if not found:
        raise ValueError(f"the window {text} is neither a moment nor a number of days")
    return timedelta(days=int(found[1]))


def _contract(header: Header) -> Contract:
    terms = [term.split(" ") for term in names(header.fields["Contract"]) if term != "usual"]
    if any(len(term) != 2 for term in terms):
        raise ValueError("its contract is no list of names, each with its value")
    return Contract.model_validate(dict(terms))
