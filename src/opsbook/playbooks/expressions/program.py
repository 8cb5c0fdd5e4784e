"""A tree becomes a program once: closures over our own functions, no code generated.

A closure takes the frame: a list whose first two places are the names and the budget, and whose others are the
parameters of arrow functions, each at a place of its own (there is no recursion, so places can be fixed).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opsbook.playbooks.expressions import nodes as n
from opsbook.playbooks.expressions import operators as op
from opsbook.playbooks.expressions.access import MISSING, SHORT, field_of, item_of
from opsbook.playbooks.expressions.arrows import Frame, Function
from opsbook.playbooks.expressions.budget import HEAD, Budget
from opsbook.playbooks.expressions.calls import call_function, call_method
from opsbook.playbooks.expressions.ordering import figure_of
from opsbook.playbooks.expressions.source import Misfit, brief, near, refusal
from opsbook.sdk.errors import InvalidDefinition
from opsbook.sdk.values import Json, Unknown, unknown_in

Run = Callable[[Frame], Any]
Scope = Mapping[str, int]
FIRST_PLACE = 2
FIELD = 48  # bytes of a place in an object


@dataclass(frozen=True)
class Program:
    """`run` on a frame; `cost` is charged before it starts."""

    run: Run
    cost: int

    def value(self, frame: Frame) -> Any:
        """The value: plain JSON or an `Unknown`. Raises `InvalidDefinition`."""
        frame[1].spend(self.cost)
        found = self.run(frame)
        return unknown_in(found) or found


class Maker:
    """Makes programs that share frames: for one expression, or for all of a template."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.places = FIRST_PLACE
        self.cost = 0

    def program(self, tree: n.Node, scope: Scope) -> Program:
        self.cost = 1
        run = self._make(tree, scope)
        return Program(run, self.cost)

    def place(self) -> int:
        """A new place in the frames."""
        self.places += 1
        return self.places - 1

    def frame(self, names: Mapping[str, Json], budget: Budget) -> Frame:
        return [names, budget, *([None] * (self.places - FIRST_PLACE))]

    def _make(self, node: n.Node, scope: Scope) -> Run:
        """A closure for the node's value."""
        match node:
            case n.Literal(value=value):
                return lambda frame: value
            case n.UnknownLiteral():
                said = Unknown("its expression says unknown for this case")
                return lambda frame: said
            case n.Name() | n.Member() | n.Index() | n.Call() | n.Bracket():
                return self._path(node, scope)
            case n.Array(items=items):
                return self._array([self._make(item, scope) for item in items])
            case n.Object(items=items):
                return self._object([(key, self._make(item, scope)) for key, item in items])
            case n.Unary():
                return self._unary(node, scope)
            case n.Binary():
                return self._binary(node, scope)
            case n.Choice():
                return self._choice(node, scope)
        raise refusal(self.source, node.at, "A function can only be an argument of a method.")

    def _path(self, node: n.Node, scope: Scope) -> Run:
        """A whole path: one that ended early is null."""
        link = self._link(node, scope, MISSING)
        if not _may_end_early(node):
            return link

        def read(frame: Frame) -> Any:
            found = link(frame)
            return None if found is SHORT else found

        return read

    def _link(self, node: n.Node, scope: Scope, missing: Any) -> Run:
        """A closure for one link of a path; `missing` as in `access`."""
        match node:
            case n.Member():
                return self._member(node, scope, missing)
            case n.Index():
                return self._index(node, scope, missing)
            case n.Call():
                return self._call(node, scope, missing)
            case n.Name():
                return self._name(node, scope, missing)
            case n.Bracket(inner=inner):
                return self._link(inner, scope, SHORT) if missing is SHORT else self._path(inner, scope)
        return self._make(node, scope)

    def _base(self, node: n.Node, optional: bool, scope: Scope, missing: Any) -> Run:
        """The base of a link: what a `?.` follows may be missing itself, and under a `??` everything may."""
        return self._link(node, scope, missing if missing is SHORT else None if optional else MISSING)

    def _name(self, node: n.Name, scope: Scope, missing: Any) -> Run:
        name, at, source = node.name, node.at, self.source
        if name in scope:
            place = scope[name]
            return lambda frame: frame[place]

        def read(frame: Frame) -> Any:
            found = frame[0].get(name, missing)
            if found is MISSING:
                raise refusal(
                    source, at, f"There is no {brief(name)} here.", near(name, [*frame[0], *scope]), "unknown_name"
                )
            return found

        return read

    def _member(self, node: n.Member, scope: Scope, missing: Any) -> Run:
        self.cost += 1
        base_of = self._base(node.base, node.optional, scope, missing)
        key, at, source = node.key, node.at, self.source
        soft = node.optional or missing is SHORT
        absent = None if node.optional and missing is MISSING else missing
        place = scope.get(node.base.name, 0) if isinstance(node.base, n.Name) else 0

        def read(frame: Frame) -> Any:
            base = base_of(frame)
            if type(base) is dict:
                found = base.get(key)
                if found is not None:
                    return found
            return field_of(base, key, absent, soft, frame[1], source, at)

        def read_parameter(frame: Frame) -> Any:
            base = frame[place]
            if type(base) is dict:
                found = base.get(key)
                if found is not None:
                    return found
            return field_of(base, key, absent, soft, frame[1], source, at)

        return read_parameter if place else read

    def _index(self, node: n.Index, scope: Scope, missing: Any) -> Run:
        self.cost += 3
        base_of = self._base(node.base, node.optional, scope, missing)
        key_of = self._make(node.key, scope)
        at, source = node.at, self.source
        soft = node.optional or missing is SHORT
        absent = None if node.optional and missing is MISSING else missing

        def read(frame: Frame) -> Any:
            base = base_of(frame)
            if base is SHORT or (base is None and soft):
                return SHORT
            return item_of(base, key_of(frame), absent, soft, frame[1], source, at)

        return read

    def _call(self, node: n.Call, scope: Scope, missing: Any) -> Run:
        self.cost += 8
        at, source, method = node.at, self.source, node.method
        if node.base is None:
            space = str(node.space)
            given = [self._argument(argument, scope) for argument in node.arguments]
            return lambda frame: call_function(space, method, [give(frame) for give in given], frame[1], source, at)
        base_of = self._base(node.base, node.optional, scope, missing)
        arguments = [self._argument(argument, scope) for argument in node.arguments]
        soft = node.optional or missing is SHORT

        def call(frame: Frame) -> Any:
            base = base_of(frame)
            if base is SHORT or (base is None and soft):
                return SHORT
            return call_method(base, method, [give(frame) for give in arguments], frame[1], source, at)

        return call

    def _argument(self, node: n.Node, scope: Scope) -> Run:
        self.cost += 1
        if not isinstance(node, n.Arrow):
            return self._make(node, scope)
        places = [self.place() for _ in node.names]
        outside, self.cost = self.cost, 1
        inside = {**scope, **dict(zip(node.names, places, strict=True))}
        body = self._make(node.body, inside)
        cost = self.cost
        by = figure_of(node)
        figure = (self._make(by[0], inside), by[1]) if by else None
        self.cost = outside
        return lambda frame: Function(frame, body, places, cost, figure)

    def _array(self, runs: list[Run]) -> Run:
        self.cost += 1

        def build(frame: Frame) -> Any:
            frame[1].list(len(runs))
            return [run(frame) for run in runs]

        return build

    def _object(self, fields: list[tuple[str, Run]]) -> Run:
        self.cost += 1

        def build(frame: Frame) -> Any:
            frame[1].grow(2 * HEAD + FIELD * len(fields))
            return {key: run(frame) for key, run in fields}

        return build

    def _unary(self, node: n.Unary, scope: Scope) -> Run:
        self.cost += 2
        operand, misfit = self._make(node.operand, scope), self._misfit(node.at)
        act = op.inverted if node.sign == "!" else op.negated

        def change(frame: Frame) -> Any:
            try:
                return act(operand(frame))
            except Misfit as error:
                raise misfit(error) from None

        return change

    def _binary(self, node: n.Binary, scope: Scope) -> Run:
        sign, at = node.sign, node.at
        if sign == "??":
            return _default(self._link(node.left, scope, SHORT), self._make(node.right, scope))
        left, right = self._make(node.left, scope), self._make(node.right, scope)
        if sign in ("===", "!==") and isinstance(node.right, n.Literal) and isinstance(node.right.value, str):
            self.cost += 1
            return _is_text(left, node.right.value, wanted=sign == "===")
        self.cost += 2
        if sign in ("&&", "||"):
            return _logic(left, right, self._misfit(at), stops_at=sign == "||")
        act, misfit = op.OPERATORS[sign], self._misfit(at)

        def operate(frame: Frame) -> Any:
            try:
                return act(left(frame), right(frame), frame[1])
            except Misfit as error:
                raise misfit(error) from None

        return operate

    def _misfit(self, at: int) -> Callable[[Misfit], InvalidDefinition]:
        source = self.source
        return lambda error: refusal(source, at, error.sentence, error.cure, "misfit")

    def _choice(self, node: n.Choice, scope: Scope) -> Run:
        self.cost += 1
        test, yes, no = (self._make(part, scope) for part in (node.test, node.yes, node.no))
        source, at = self.source, node.at

        def choose(frame: Frame) -> Any:
            answer = test(frame)
            if answer is True:
                return yes(frame)
            if answer is False:
                return no(frame)
            lost = unknown_in(answer)
            if lost is not None:
                return lost
            sentence = f"`?` asks a boolean, not {op.kind_of(answer)}."
            raise refusal(source, at, sentence, "Compare it: x.length > 0.", "misfit")

        return choose


def _may_end_early(node: n.Node) -> bool:
    """Whether a `?.` stands in the path."""
    while isinstance(node, n.Member | n.Index | n.Call) and node.base is not None:
        if node.optional:
            return True
        node = node.base
    return False


def _default(first: Run, second: Run) -> Run:
    def choose(frame: Frame) -> Any:
        found = first(frame)
        return second(frame) if found is SHORT or found is None else found

    return choose


def _is_text(left: Run, text: str, *, wanted: bool) -> Run:
    """The commonest comparison, with a text that stands in the source."""

    def compare(frame: Frame) -> Any:
        found = left(frame)
        if type(found) is str:
            return (found == text) is wanted
        same = op.equal(found, text)
        return same if isinstance(same, Unknown) else same is wanted

    return compare


def _logic(left: Run, right: Run, misfit: Callable[[Misfit], InvalidDefinition], *, stops_at: bool) -> Run:
    """`&&` and `||` in three values: what is certain wins over what is unknown, on either side."""
    goes_on = not stops_at

    def decide(frame: Frame) -> Any:
        first = left(frame)
        if first is stops_at:
            return stops_at
        second = right(frame)
        if first is goes_on and (second is True or second is False):
            return second
        lost, other = unknown_in(first), unknown_in(second)
        try:
            certain = (lost is None and op.boolean(first) is stops_at) or (
                other is None and op.boolean(second) is stops_at
            )
        except Misfit as error:
            raise misfit(error) from None
        return stops_at if certain else lost or other or goes_on

    return decide
