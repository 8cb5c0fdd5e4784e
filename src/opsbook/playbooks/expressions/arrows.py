"""An arrow function while a method uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

Frame = list[Any]
Body = Callable[[Frame], Any]


class Function:
    """An arrow function in its frame. `over` asks it about each item, `fold` folds two into one.

    `figure` is set for a comparison that sorts by a figure: what reads it from the first parameter, and whether the
    order is descending.
    """

    __slots__ = ("body", "cost", "figure", "frame", "places")

    def __init__(
        self, frame: Frame, body: Body, places: list[int], cost: int, figure: tuple[Body, bool] | None = None
    ) -> None:
        self.frame = frame
        self.body = body
        self.places = places
        self.cost = cost
        self.figure = figure

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

    def fold(self) -> Callable[[Any, Any, int], Any]:
        """What calls it with (first, second, index)."""
        frame, body, places = self.frame, self.body, self.places
        if len(places) == 2:
            left, right = places

            def two(first: Any, second: Any, index: int) -> Any:
                frame[left] = first
                frame[right] = second
                return body(frame)

            return two

        def several(*values: Any) -> Any:
            for place, value in zip(places, values, strict=False):
                frame[place] = value
            return body(frame)

        return several
