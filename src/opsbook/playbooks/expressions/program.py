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
from opsbook.playbooks.expressions.budget import Budget
from opsbook.playbooks.expressions.calls import Function, call_function, call_method
from opsbook.playbooks.expressions.operators import Misfit
from opsbook.playbooks.expressions.source import near, refusal
from opsbook.sdk.values import Json, Unknown, unknown_in

Frame = list[Any]
Run = Callable[[Frame], Any]
Scope = Mapping[str, int]
FIRST_PLACE = 2


@dataclass(frozen=True)
class Program:
    """`run` on a frame of `places`; `cost` is charged before it starts."""

    run: Run
    places: int
    cost: int

    def value(self, names: Mapping[str, Json], budget: Budget) -> Any:
        """The value: plain JSON or an `Unknown`. Raises `InvalidDefinition`."""
        budget.spend(self.cost)
        found = self.run([names, budget, *([None] * (self.places - FIRST_PLACE))])
        return unknown_in(found) or found


def program(tree: n.Node, source: str) -> Program:
    maker = _Maker(source)
    run = maker.make(tree, {})
    return Program(run, maker.places, maker.cost)


class _Maker:
    def __init__(self, source: str) -> None:
        self.source = source
        self.places = FIRST_PLACE
        self.cost = 0

    def make(self, node: n.Node, scope: Scope) -> Run:
        """A closure for the node's value."""
        self.cost += 1
        match node:
            case n.Literal(value=value):
                return lambda frame: value
            case n.UnknownLiteral():
                said = Unknown("the playbook says so")
                return lambda frame: said
            case n.Name():
                return self._name(node, scope)
            case n.Member() | n.Index() | n.Call():
                return self._chain_value(node, scope)
            case n.Array(items=items):
                runs = [self.make(item, scope) for item in items]
                return self._array(runs)
            case n.Object(items=items):
                return self._object([(key, self.make(item, scope)) for key, item in items])
            case n.Unary():
                return self._unary(node, scope)
            case n.Binary():
                return self._binary(node, scope)
            case n.Choice():
                return self._choice(node, scope)
        raise refusal(self.source, node.at, "A function can only be an argument of a method.")

    def _name(self, node: n.Name, scope: Scope) -> Run:
        name, at, source = node.name, node.at, self.source
        if name in scope:
            place = scope[name]
            return lambda frame: frame[place]

        def read(frame: Frame) -> Any:
            found = frame[0].get(name, MISSING)
            if found is MISSING:
                raise refusal(source, at, f"There is no {name} here.", near(name, [*frame[0], *scope]), "unknown_name")
            return found

        return read

    def _chain_value(self, node: n.Node, scope: Scope) -> Run:
        chain = self._chain(node, scope, lenient=False)

        def read(frame: Frame) -> Any:
            found = chain(frame)
            return None if found is SHORT else found

        return read

    def _chain(self, node: n.Node, scope: Scope, *, lenient: bool) -> Run:
        """A closure for one link of a path: SHORT when a `?.` before it, or leniency, ended the path."""
        if isinstance(node, n.Member):
            return self._member(node, scope, lenient)
        if isinstance(node, n.Index):
            return self._index(node, scope, lenient)
        if isinstance(node, n.Call):
            return self._call(node, scope, lenient)
        if lenient and isinstance(node, n.Name) and node.name not in scope:
            name = node.name
            return lambda frame: frame[0].get(name, SHORT)
        return self.make(node, scope)

    def _member(self, node: n.Member, scope: Scope, lenient: bool) -> Run:
        self.cost += 1
        base_of = self._chain(node.base, scope, lenient=lenient)
        key, at, source = node.key, node.at, self.source
        soft, quick = lenient or node.optional, node.key != "value"

        def read(frame: Frame) -> Any:
            base = base_of(frame)
            if quick and type(base) is dict:
                found = base.get(key, MISSING)
                if found is not MISSING:
                    return found
            return field_of(base, key, soft, source, at)

        return read

    def _index(self, node: n.Index, scope: Scope, lenient: bool) -> Run:
        self.cost += 1
        base_of = self._chain(node.base, scope, lenient=lenient)
        key_of = self.make(node.key, scope)
        at, source, soft = node.at, self.source, lenient or node.optional

        def read(frame: Frame) -> Any:
            base = base_of(frame)
            return base if base is SHORT else item_of(base, key_of(frame), soft, source, at)

        return read

    def _call(self, node: n.Call, scope: Scope, lenient: bool) -> Run:
        self.cost += 1
        arguments = [self._argument(argument, scope) for argument in node.arguments]
        at, source, method = node.at, self.source, node.method
        if node.space is not None or node.base is None:
            space = str(node.space)
            return lambda frame: call_function(space, method, [give(frame) for give in arguments], frame[1], source, at)
        base_of = self._chain(node.base, scope, lenient=lenient)
        soft = lenient or node.optional

        def call(frame: Frame) -> Any:
            base = base_of(frame)
            if base is SHORT or (base is None and soft):
                return SHORT
            return call_method(base, method, [give(frame) for give in arguments], frame[1], source, at)

        return call

    def _argument(self, node: n.Node, scope: Scope) -> Run:
        if not isinstance(node, n.Arrow):
            return self.make(node, scope)
        places = list(range(self.places, self.places + len(node.names)))
        self.places += len(places)
        outside, self.cost = self.cost, 1
        body = self.make(node.body, {**scope, **dict(zip(node.names, places, strict=True))})
        cost, self.cost = self.cost, outside + 1
        return lambda frame: Function(frame, body, places, cost)

    def _array(self, runs: list[Run]) -> Run:
        def build(frame: Frame) -> Any:
            frame[1].grow(8 * len(runs) + 16)
            return [run(frame) for run in runs]

        return build

    def _object(self, fields: list[tuple[str, Run]]) -> Run:
        def build(frame: Frame) -> Any:
            frame[1].grow(16 * len(fields) + 16)
            return {key: run(frame) for key, run in fields}

        return build

    def _unary(self, node: n.Unary, scope: Scope) -> Run:
        operand = self.make(node.operand, scope)
        act = op.inverted if node.sign == "!" else op.negated
        return self._guarded(node.at, lambda frame: act(operand(frame)))

    def _binary(self, node: n.Binary, scope: Scope) -> Run:
        sign = node.sign
        if sign == "??":
            first, second = self._chain(node.left, scope, lenient=True), self.make(node.right, scope)

            def default(frame: Frame) -> Any:
                found = first(frame)
                return second(frame) if found is SHORT or found is None else found

            return default
        left, right = self.make(node.left, scope), self.make(node.right, scope)
        if sign in ("&&", "||"):
            return self._guarded(node.at, _logic(left, right, stops_at=sign == "||"))
        if sign in ("===", "!=="):
            return self._guarded(node.at, _equality(left, right, wanted=sign == "==="))
        if sign in ("<", "<=", ">", ">="):
            return self._guarded(node.at, lambda frame: op.compare(sign, left(frame), right(frame)))
        return self._guarded(node.at, lambda frame: op.arithmetic(sign, left(frame), right(frame), frame[1]))

    def _choice(self, node: n.Choice, scope: Scope) -> Run:
        test, yes, no = (self.make(part, scope) for part in (node.test, node.yes, node.no))

        def choose(frame: Frame) -> Any:
            answer = test(frame)
            lost = unknown_in(answer)
            if lost is not None:
                return lost
            return yes(frame) if op.boolean(answer) else no(frame)

        return self._guarded(node.at, choose)

    def _guarded(self, at: int, run: Run) -> Run:
        """The same, with values that do not fit told with their place."""
        source = self.source

        def guarded(frame: Frame) -> Any:
            try:
                return run(frame)
            except Misfit as error:
                raise refusal(source, at, error.sentence, error.cure, "misfit") from None

        return guarded


def _logic(left: Run, right: Run, *, stops_at: bool) -> Run:
    """`&&` and `||` in three values: what is certain wins over what is unknown, on either side."""

    def decide(frame: Frame) -> Any:
        first = left(frame)
        lost = unknown_in(first)
        if lost is None and op.boolean(first) is stops_at:
            return stops_at
        second = right(frame)
        other = unknown_in(second)
        if other is None and op.boolean(second) is stops_at:
            return stops_at
        return lost or other or (not stops_at)

    return decide


def _equality(left: Run, right: Run, *, wanted: bool) -> Run:
    def compare(frame: Frame) -> Any:
        a, b = left(frame), right(frame)
        if type(a) is str and type(b) is str:
            return (a == b) is wanted
        same = op.equal(a, b)
        return same if isinstance(same, Unknown) else same is wanted

    return compare
