"""A tool's answer as a model may see it: the declared fields, each as it is declared; everything else is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from opsbook.agents.cleaning import visible
from opsbook.agents.privacy.declared import GROUPS, TOKENS, As
from opsbook.agents.privacy.shapes import is_key, is_system, is_time, is_word
from opsbook.agents.privacy.tokens import Kind, Pseudonyms
from opsbook.sdk.values import Json, JsonObject, unknown_in

LONGEST_NAME = 200
NAMED_BY_DATA = frozenset(("sources", "cohorts"))  # objects whose keys are not ours
_WORDS_OF_A_FIGURE = ("status", "unit", "currency")
_TIMES_OF_A_FIGURE = ("on", "at")


class Withheld:
    """What stands where nothing leaves."""


WITHHELD = Withheld()
Leaf: TypeAlias = "Json | Withheld"


@dataclass
class Walk:
    """One way through an answer. `rows` of a list are gone through at most; `written` makes a text of somebody's, with
    the key that it stood under, one that may leave.

    With `bare` names are only learned, and leave this walk as they are: what comes of it stays here. `words` are those
    that left as they are.

    `withheld` has the places that nobody declared, `left_off` how many rows of a list are not among those shown.
    """

    fields: Mapping[str, As]
    tokens: Pseudonyms
    written: Callable[[str, str], str]
    rows: int
    bare: bool = False
    words: set[str] = field(default_factory=set)
    withheld: dict[str, None] = field(default_factory=dict)
    left_off: dict[str, int] = field(default_factory=dict)

    def through(self, value: Any, path: tuple[str, ...] = ()) -> Leaf:
        """What leaves of a value at a place."""
        place = ".".join(path)
        holds_more = not path or any(name.startswith(f"{place}.") for name in self.fields)
        if isinstance(value, list):
            return self._list(value, path)
        if holds_more and isinstance(value, Mapping) and not unknown_in(value):
            return self._object(value, path)
        how = As.FIGURE if holds_more else self._declared(path)
        found = WITHHELD if how is None else self._leaf(how, value, path[-1] if path else "value")
        if isinstance(found, Withheld):
            self.withheld[place or "value"] = None
        return found

    def _list(self, value: list[Any], path: tuple[str, ...]) -> Leaf:
        shown = [self.through(item, path) for item in value[: self.rows]]
        if len(value) > self.rows:
            place = ".".join(path) or "value"
            self.left_off[place] = self.left_off.get(place, 0) + len(value) - self.rows
        kept = [one for one in shown if not isinstance(one, Withheld)]
        return kept if kept or not shown else WITHHELD

    def _object(self, value: Mapping[str, Any], path: tuple[str, ...]) -> Leaf:
        shown: JsonObject = {}
        named = bool(path) and path[-1] in NAMED_BY_DATA
        for key, item in value.items():
            ours = key in GROUPS if named else is_key(key)
            if self.bare and not ours:
                self.withheld[".".join((*path, "*"))] = None
            elif not isinstance(found := self.through(item, (*path, key)), Withheld):
                shown[key if ours else self.tokens.token(Kind.NAME, _short(key))] = found
        return shown if shown or not value else WITHHELD

    def _declared(self, path: tuple[str, ...]) -> As | None:
        """How the field at a place leaves; any one of its keys may be the `*` of a declaration."""
        place = ".".join(path)
        wild = (".".join((*path[:at], "*", *path[at + 1 :])) for at in range(len(path)))
        return self.fields.get(place) or next((self.fields[name] for name in wild if name in self.fields), None)

    def _leaf(self, how: As, value: Any, key: str) -> Leaf:
        if value is None or isinstance(value, bool):
            return value
        if how is As.FIGURE or unknown_in(value):
            return self.figure(value)
        if not isinstance(value, str):
            return WITHHELD
        if how is As.TEXT:
            return self.written(value, key)
        if how is As.TIME:
            return value if is_time(value) else WITHHELD
        if (how is As.WORD and is_word(value)) or (how is As.SYSTEM and is_system(value)):
            self.words.add(value)
            return value
        name = _short(value)
        token = self.tokens.token(TOKENS.get(how, Kind.NAME), name) if name else ""
        return name if self.bare else token

    def figure(self, value: Any) -> Leaf:
        """A number or a flag; of a measurement the numbers, the words that belong to it and why it is unknown."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if not isinstance(value, Mapping):
            return WITHHELD
        shown: JsonObject = {}
        for key, part in value.items():
            found = self._part(key, part) if is_key(key) else WITHHELD
            if not isinstance(found, Withheld):
                shown[key] = found
        return shown

    def _part(self, key: str, part: Any) -> Leaf:
        if not isinstance(part, str):
            return self.figure(part)
        if key == "reason":
            return self.written(part, key)
        if key in _TIMES_OF_A_FIGURE:
            return part if is_time(part) else WITHHELD
        return part if key in _WORDS_OF_A_FIGURE and is_word(part) else WITHHELD


def _short(text: str) -> str:
    return visible(text)[:LONGEST_NAME]
