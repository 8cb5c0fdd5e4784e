"""An arrow function while a method uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

Frame = list[Any]


class Function:
    """An arrow function in its frame. `over` asks it about each item, `fold` takes up to three arguments."""

    __slots__ = ("body", "cost", "frame", "places")

    def __init__(self, frame: Frame, body: Callable[[Frame], Any], places: list[int], cost: int) -> None:
        self.frame = frame
        self.body = body
        self.places = places
        self.cost = cost

    def charge(self, times: int) -> None:
        """For that many calls, before the first of them."""
        self.frame[1].spend(self.cost * times)

    def over(self, items: Iterable[Any]) -> Iterator[Any]:
        """The answers for (item, index), one by one, each when it is asked for. Charged by the caller."""
        frame, body, places = self.frame, self.body, self.places
        if len(places) == 1:
            place = places[0]

            def one(item: Any) -> Any:
                frame[place] = item
                return body(frame)

            return map(one, items)
        if not places:
            return (body(frame) for _ in items)
        first, second = places

        def two(item: Any, index: int) -> Any:
            frame[first] = item
            frame[second] = index
            return body(frame)

        return map(two, items, count())

    def fold(self, *values: Any) -> Any:
        """One call with these arguments; what the function does not name is dropped."""
        frame = self.frame
        for place, value in zip(self.places, values, strict=False):
            frame[place] = value
        return self.body(frame)
