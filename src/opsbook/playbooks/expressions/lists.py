"""The methods of lists. None changes its list.

Three values: an answer is certain only when no unknown could have changed it. `some` with a true answer is true,
`every` with a false one is false; a filter, a search or a sort that depends on an unknown is unknown as a whole.
"""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from opsbook.playbooks.expressions.arrows import Body, Function
from opsbook.playbooks.expressions.budget import HEAD, ITEM, Budget
from opsbook.playbooks.expressions.methods import Method
from opsbook.playbooks.expressions.numbers import double, text_of
from opsbook.playbooks.expressions.operators import boolean, equal, is_number, kind_of
from opsbook.playbooks.expressions.source import Misfit
from opsbook.playbooks.expressions.strings import joined, units
from opsbook.sdk.values import Unknown, unknown_in

Items = list[Any]


def clamp(index: int, size: int) -> int:
    """A place in a list or a text; negative ones count from the end."""
    return max(0, size + index) if index < 0 else min(index, size)


def shown(value: Any) -> str:
    """A scalar as `String(x)` has it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if is_number(value):
        return text_of(value)
    raise Misfit(f"{kind_of(value)} has no text of its own.", "Pick a field of it.")


def _undecided(answer: Any) -> Unknown | None:
    """None for false, the unknown for unknown; true is told before. Raises `Misfit` for anything else."""
    lost = unknown_in(answer)
    if lost is None:
        boolean(answer)
    return lost


def _some(budget: Budget, items: Items, test: Function) -> bool | Unknown:
    test.charge(len(items))
    lost = None
    for answer in test.over(items):
        if answer is True:
            return True
        if answer is not False:
            lost = lost or _undecided(answer)
    return lost or False


def _every(budget: Budget, items: Items, test: Function) -> bool | Unknown:
    test.charge(len(items))
    lost = None
    for answer in test.over(items):
        if answer is False:
            return False
        if answer is not True:
            lost = lost or _undecided(answer)
    return lost or True


def _filter(budget: Budget, items: Items, test: Function) -> Items | Unknown:
    test.charge(len(items))
    budget.list(len(items))
    kept: Items = []
    lost = None
    for item, answer in zip(items, test.over(items), strict=False):
        if answer is True:
            kept.append(item)
        elif answer is not False:
            lost = lost or _undecided(answer)
    return lost or kept


def _map(budget: Budget, items: Items, change: Function) -> Items:
    change.charge(len(items))
    budget.list(len(items))
    return list(change.over(items))


def _position(items: Items, test: Function) -> int | Unknown:
    test.charge(len(items))
    for index, answer in enumerate(test.over(items)):
        if answer is True:
            return index
        if answer is not False and (lost := _undecided(answer)) is not None:
            return lost
    return -1


def _find(budget: Budget, items: Items, test: Function) -> Any:
    at = _position(items, test)
    return at if isinstance(at, Unknown) else items[at] if at >= 0 else None


def _find_index(budget: Budget, items: Items, test: Function) -> int | Unknown:
    return _position(items, test)


def _same(budget: Budget, item: Any, wanted: Any) -> bool | Unknown:
    if type(item) is str and type(wanted) is str and len(item) == len(wanted):
        budget.look(len(item))
    return equal(item, wanted)


def _includes(budget: Budget, items: Items, wanted: Any) -> bool | Unknown:
    budget.spend(len(items) * 2)
    lost = None
    for item in items:
        same = _same(budget, item, wanted)
        if same is True:
            return True
        if same is not False:
            lost = same
    return lost or False


def _index_of(budget: Budget, items: Items, wanted: Any, start: int = 0) -> int | Unknown:
    budget.spend(len(items) * 2)
    for index in range(clamp(start, len(items)), len(items)):
        same = _same(budget, items[index], wanted)
        if same is True:
            return index
        if same is not False:
            return same
    return -1


def _join(budget: Budget, items: Items, between: str = ",") -> str | Unknown:
    budget.spend(len(items) * 4)
    parts = []
    for item in items:
        lost = unknown_in(item)
        if lost is not None:
            return lost
        parts.append("" if item is None else shown(item))
    return joined(parts, between, budget)


def _slice(budget: Budget, items: Items, start: int = 0, end: int | None = None) -> Items:
    size = len(items)
    first, last = clamp(start, size), size if end is None else clamp(end, size)
    budget.list(max(0, last - first))
    return items[first:last]


def _concat(budget: Budget, items: Items, *more: Any) -> Items:
    budget.list(len(items) + sum(len(value) if isinstance(value, list) else 1 for value in more))
    out = list(items)
    for value in more:
        if isinstance(value, list):
            out += value
        else:
            out.append(value)
    return out


def _reverse(budget: Budget, items: Items) -> Items:
    budget.list(len(items))
    return items[::-1]


def _reduce(budget: Budget, items: Items, fold: Function, *initial: Any) -> Any:
    fold.charge(len(items))
    if not items and not initial:
        raise Misfit("an empty list has no first value.", "Give one: reduce((sum, x) => sum + x, 0).")
    total = initial[0] if initial else items[0]
    call = fold.fold()
    for index in range(0 if initial else 1, len(items)):
        total = call(total, items[index], index)
    return total


def _flat(budget: Budget, items: Items, depth: int = 1) -> Items | Unknown:
    for _ in range(depth):
        budget.spend(len(items))
        lost = next((lost for item in items if (lost := unknown_in(item)) is not None), None)
        if lost is not None:
            return lost
        if not any(isinstance(item, list) for item in items):
            break
        budget.list(sum(len(item) if isinstance(item, list) else 1 for item in items))
        items = [part for item in items for part in (item if isinstance(item, list) else (item,))]
    budget.list(len(items))
    return list(items)


def _flat_map(budget: Budget, items: Items, change: Function) -> Items | Unknown:
    return _flat(budget, _map(budget, items, change))


def _at(budget: Budget, items: Items, index: int) -> Any:
    return items[index] if -len(items) <= index < len(items) else None


class _Undecided(Exception):
    """A comparison came out unknown, so that there is no order."""

    def __init__(self, lost: Unknown) -> None:
        super().__init__()
        self.lost = lost


def _sort(budget: Budget, items: Items, compare: Function | None = None) -> Items | Unknown:
    budget.list(len(items))
    if compare is None:
        return _sorted_as_text(budget, items)
    if compare.figure is not None and len(items) > 1:
        by_figure = _sorted_by_figure(budget, items, compare, *compare.figure)
        if by_figure is not None:
            return by_figure
    cost, call = compare.cost + 4, compare.fold()

    def answer(left: Any, right: Any) -> int:
        budget.spend(cost)
        found = call(left, right, 0)
        if is_number(found):
            return int(found > 0) - int(found < 0)
        lost = unknown_in(found)
        if lost is not None:
            raise _Undecided(lost)
        raise Misfit(f"its function gives {kind_of(found)}, not a number.", "Write (a, b) => a.total - b.total.")

    try:
        return sorted(items, key=cmp_to_key(answer))
    except _Undecided as undecided:
        return undecided.lost


def _sorted_by_figure(
    budget: Budget, items: Items, compare: Function, read: Body, descending: bool
) -> Items | Unknown | None:
    """In the order of a figure of each; None when one has none, so that the comparison itself says what is wrong."""
    size = len(items)
    compare.charge(size)
    budget.grow(size * (HEAD + ITEM))
    budget.spend(size * size.bit_length() // 4)
    frame, place = compare.frame, compare.places[0]
    figures = []
    for item in items:
        frame[place] = item
        figure = read(frame)
        if not is_number(figure):
            return unknown_in(figure)
        figures.append(double(figure))
    return [items[at] for at in sorted(range(size), key=figures.__getitem__, reverse=descending)]


def _sorted_as_text(budget: Budget, items: Items) -> Items | Unknown:
    size = len(items)
    budget.spend(size * (2 + size.bit_length() // 2))
    texts = []
    for item in items:
        lost = unknown_in(item)
        if lost is not None:
            return lost
        if item is None:
            raise Misfit("it cannot place null.", "Filter it out first, or give a function (a, b) => number.")
        texts.append(shown(item))
        budget.look(len(texts[-1]) * size.bit_length())
    keys: list[Any] = texts
    if not all(map(str.isascii, texts)):
        budget.grow(sum(2 * len(text) + HEAD for text in texts))
        keys = [units(text, budget) for text in texts]
    return [items[at] for at in sorted(range(size), key=keys.__getitem__)]


LIST = {
    "some": Method(_some, "function"),
    "every": Method(_every, "function"),
    "filter": Method(_filter, "function"),
    "map": Method(_map, "function"),
    "find": Method(_find, "function"),
    "findIndex": Method(_find_index, "function"),
    "includes": Method(_includes, "scalar"),
    "indexOf": Method(_index_of, "scalar integer?"),
    "join": Method(_join, "text?"),
    "slice": Method(_slice, "integer? integer?"),
    "concat": Method(_concat, "any*"),
    "sort": Method(_sort, "function?"),
    "reverse": Method(_reverse),
    "reduce": Method(_reduce, "function any?", parameters=3),
    "flat": Method(_flat, "integer?"),
    "flatMap": Method(_flat_map, "function"),
    "at": Method(_at, "integer"),
}
