"""Expressions out of a seed. Typed, so that most of them mean something; contexts to evaluate them over.

The source is written with the brackets that JavaScript's precedences demand, and now and then more, so that a wrong
precedence shows. Values lean towards what interpreters get wrong: halves of emoji, exponents, large integers, ties.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

_SAMPLES = json.loads(Path(__file__).with_name("samples.json").read_text("utf-8"))
TEXTS: list[str] = _SAMPLES["texts"]
NUMBERS: list[str] = _SAMPLES["numbers"]
KEYS = ("id", "name", "total", "ok", "tags", "note", "2", "10", "1", "k")
TERNARY, NULLISH, OR, AND, EQUALITY, RELATION, SUM, PRODUCT, UNARY, PATH = range(10)
LISTS = {"num": "nums", "text": "words", "bool": "flags", "row": "rows"}


class Source(str):
    """A piece of source and how tightly it holds together."""

    level: int

    def __new__(cls, text: str, level: int = PATH) -> Source:
        made = super().__new__(cls, text)
        made.level = level
        return made


class Generator:
    """All that it makes follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.scope: list[tuple[str, str]] = []

    def case(self) -> tuple[str, dict[str, Any]]:
        """An expression and the names that it is evaluated over."""
        self.scope = []
        kind = self.random.choice(
            ["num", "num", "text", "text", "bool", "bool", "bool", "list", "list", "object", "absent"]
        )
        depth = self.random.choice([1, 2, 2, 3, 3, 4])
        if kind == "list":
            return str(self.list_of(self.random.choice(["num", "text", "bool", "row"]), depth)), self.context()
        return str(self.of(kind, depth)), self.context()

    def context(self) -> dict[str, Any]:
        return {
            "nums": [self.number() for _ in range(self.random.randint(0, 6))],
            "words": [self.text() for _ in range(self.random.randint(0, 6))],
            "flags": [self.random.random() < 0.5 for _ in range(self.random.randint(0, 4))],
            "rows": [self.row() for _ in range(self.random.randint(0, 5))],
            "n": self.number(),
            "i": self.random.randint(-3, 6),
            "s": self.text(),
            "t": self.text(),
            "b": self.random.random() < 0.5,
            "o": {"a": {"b": self.number(), "text": self.text()}, "z": None, "k": self.text(), **self._odd_keys()},
        }

    def row(self) -> dict[str, Any]:
        row = {
            "id": self.random.randint(0, 9),
            "name": self.text(),
            "total": self.number(),
            "ok": self.random.random() < 0.5,
        }
        row["tags"] = [self.text() for _ in range(self.random.randint(0, 3))]
        row["note"] = None if self.random.random() < 0.5 else self.text()
        if self.random.random() < 0.5:
            row["extra"] = self.number()
        return row

    def _odd_keys(self) -> dict[str, Any]:
        keys = self.random.sample(_SAMPLES["odd_keys"], 3)
        return {key: self.random.randint(0, 9) for key in keys}

    def number(self) -> int | float:
        roll = self.random.random()
        if roll < 0.5:
            return self.random.randint(-20, 20)
        if roll < 0.75:
            return round(self.random.uniform(-1000, 1000), self.random.randint(0, 4))
        value = float(self.random.choice(NUMBERS)) * self.random.choice([1, -1])
        return int(value) if value.is_integer() and abs(value) < 1e20 else value

    def text(self) -> str:
        text = self.random.choice(TEXTS)
        if self.random.random() < 0.2:
            text += self.random.choice(TEXTS)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")

    # What follows makes source.

    def of(self, kind: str, depth: int) -> Source:
        made: Source = getattr(self, f"_{kind}")(depth - 1)
        return Source(f"({made})") if self.random.random() < 0.05 else made

    def within(self, part: Source, level: int) -> Source:
        """The part, in brackets where its place asks for a tighter one."""
        return part if part.level >= level else Source(f"({part})")

    def _pick(self, *makers: Callable[[], Source]) -> Source:
        return self.random.choice(makers)()

    def _local(self, kind: str) -> Source | None:
        names = [name for name, its in self.scope if its == kind]
        return Source(self.random.choice(names)) if names and self.random.random() < 0.7 else None

    def binary(self, sign: str, level: int, left: Source, right: Source) -> Source:
        least = level + 1 if sign == "??" else level
        tight = EQUALITY if sign == "??" else least
        return Source(f"{self.within(left, tight)} {sign} {self.within(right, max(tight, level + 1))}", level)

    def choice(self, kind: str, depth: int) -> Source:
        test = self.within(self.of("bool", depth), NULLISH)
        return Source(f"{test} ? {self.of(kind, depth)} : {self.of(kind, depth)}", TERNARY)

    def path(self, base: Source, rest: str) -> Source:
        simple = base.level == PATH and not base[:1].isdigit() and not base.startswith((".", "{"))
        return Source((base if simple else f"({base})") + rest)

    def arrow(self, kind: str, gives: str, depth: int, *, index: bool = True) -> Source:
        """A function of an item of that kind."""
        name = f"x{len(self.scope)}"
        with_index = index and self.random.random() < 0.2
        outside = list(self.scope)
        self.scope.append((name, kind))
        if with_index:
            self.scope.append((f"{name}i", "num"))
        body = self.of(gives, depth)
        self.scope = outside
        head = f"({name}, {name}i)" if with_index else self.random.choice([name, f"({name})"])
        return Source(f"{head} => {f'({body})' if body.startswith('{') else body}", TERNARY)

    def literal(self, text: str) -> Source:
        quote = self.random.choice("\"'")
        body = json.dumps(text, ensure_ascii=self.random.random() < 0.5 or not text.isprintable())[1:-1]
        if quote == "'":
            body = body.replace('\\"', '"').replace("'", "\\'")
        return Source(f"{quote}{body}{quote}")

    def _int(self, depth: int) -> Source:
        return self._pick(
            lambda: Source(str(self.random.randint(0, 4))), lambda: Source("i"), lambda: Source("-1", UNARY)
        )

    def _num(self, depth: int) -> Source:
        local = self._local("num")
        if depth <= 0 or self.random.random() < 0.1:
            return local or self._pick(
                lambda: Source(self.random.choice(NUMBERS)), lambda: Source("n"), lambda: Source("i")
            )
        of = self.of
        return self._pick(
            lambda: local or Source("o.a.b"),
            lambda: self.binary(s := self.random.choice("+-"), SUM, of("num", depth), of("num", depth)),
            lambda: self.binary(self.random.choice("*/%"), PRODUCT, of("num", depth), of("num", depth)),
            lambda: Source(f"- {self.within(of('num', depth), UNARY)}", UNARY),
            lambda: self.choice("num", depth),
            lambda: self.path(self._any_list(depth), ".length"),
            lambda: self.path(of("text", depth), ".length"),
            lambda: self.path(of("text", depth), f".indexOf({of('text', depth)})"),
            lambda: self.path(of("text", depth), f".indexOf({of('text', depth)}, {self._int(0)})"),
            lambda: self.path(self.list_of("num", depth), f".indexOf({of('num', depth)})"),
            lambda: self.path(self.list_of("text", depth), f".indexOf({of('text', depth)}, {self._int(0)})"),
            lambda: Source(
                f"Math.{self.random.choice(['round', 'floor', 'ceil', 'abs', 'trunc', 'sign'])}({of('num', depth)})"
            ),
            lambda: Source(f"Math.{self.random.choice(['min', 'max'])}({of('num', depth)}, {of('num', depth)})"),
            lambda: self.sum(depth),
            lambda: self.path(self.list_of("num", depth), f"[{self._int(0)}]"),
            lambda: self.binary("??", NULLISH, self.of("absent_num", depth), of("num", depth)),
            lambda: Source(f"Number({self.path(of('num', depth), '.toString()')})"),
            lambda: self.found_at(depth),
        )

    def sum(self, depth: int) -> Source:
        step = self.random.choice(
            ["(p, q) => p + q", "(p, q) => p - q", "(p, q, r) => p + q * r", "(p, q) => q > p ? q : p"]
        )
        return self.path(self.list_of("num", depth), f".reduce({step}, {self.of('num', 0)})")

    def found_at(self, depth: int) -> Source:
        kind = self.random.choice(list(LISTS))
        return self.path(self.list_of(kind, depth), f".findIndex({self.arrow(kind, 'bool', depth)})")

    def _text(self, depth: int) -> Source:
        local = self._local("text")
        if depth <= 0 or self.random.random() < 0.1:
            return local or self._pick(
                lambda: self.literal(self.text()), lambda: Source(self.random.choice(["s", "t", "o.k"]))
            )
        of, path = self.of, self.path
        return self._pick(
            lambda: local or Source('o["k"]'),
            lambda: self.binary("+", SUM, of("text", depth), of("text", depth)),
            lambda: self.choice("text", depth),
            lambda: path(
                of("text", depth), f".{self.random.choice(['slice', 'substring'])}({self._int(0)}, {self._int(0)})"
            ),
            lambda: path(of("text", depth), f".{self.random.choice(['slice', 'substring'])}({self._int(0)})"),
            lambda: path(of("text", depth), f".{self.random.choice(['toUpperCase', 'toLowerCase'])}()"),
            lambda: path(of("text", depth), f".{self.random.choice(['trim', 'trimStart', 'trimEnd'])}()"),
            lambda: path(
                of("text", depth),
                f".{self.random.choice(['replace', 'replaceAll'])}({of('text', depth)}, {of('text', depth)})",
            ),
            lambda: path(
                of("text", depth), f".{self.random.choice(['padStart', 'padEnd'])}({self.random.randint(0, 9)})"
            ),
            lambda: path(
                of("text", depth),
                f".{self.random.choice(['padStart', 'padEnd'])}({self.random.randint(0, 9)}, {of('text', depth)})",
            ),
            lambda: path(of("text", depth), f".repeat({self.random.randint(0, 3)})"),
            lambda: path(of("text", depth), f".charAt({self._int(0)})"),
            lambda: Source(f"String({of(self.random.choice(['num', 'text', 'bool']), depth)})"),
            lambda: path(of("num", depth), f".toFixed({self.random.randint(0, 20)})"),
            lambda: path(of("num", depth), ".toString()"),
            lambda: path(
                self.list_of(self.random.choice(["text", "num", "bool"]), depth), f".join({of('text', depth)})"
            ),
            lambda: path(self.list_of(self.random.choice(["text", "num"]), depth), ".join()"),
            lambda: path(self.list_of("text", depth), f"[{self._int(0)}]"),
            lambda: self.binary("??", NULLISH, of("absent_text", depth), of("text", depth)),
            lambda: path(of("text", depth), f"[{self._int(0)}]"),
        )

    def _bool(self, depth: int) -> Source:
        local = self._local("bool")
        if depth <= 0 or self.random.random() < 0.05:
            return local or self._pick(lambda: Source("true"), lambda: Source("false"), lambda: Source("b"))
        of = self.of
        order = self.random.choice(["<", "<=", ">", ">="])
        same = self.random.choice(["===", "!==", "==", "!="])
        return self._pick(
            lambda: self.binary(order, RELATION, of("num", depth), of("num", depth)),
            lambda: self.binary(order, RELATION, of("text", depth), of("text", depth)),
            lambda: self.binary(same, EQUALITY, of("num", depth), of("num", depth)),
            lambda: self.binary(same, EQUALITY, of("text", depth), of("text", depth)),
            lambda: self.binary(same, EQUALITY, of("bool", depth), of("bool", depth)),
            lambda: self.binary(same[:2] if len(same) == 3 else same, EQUALITY, of("absent", depth), Source("null")),
            lambda: self.binary(self.random.choice(["===", "!=="]), EQUALITY, of("num", depth), of("text", depth)),
            lambda: self.binary("&&", AND, of("bool", depth), of("bool", depth)),
            lambda: self.binary("||", OR, of("bool", depth), of("bool", depth)),
            lambda: Source(f"!{self.within(of('bool', depth), UNARY)}", UNARY),
            lambda: self.choice("bool", depth),
            lambda: self.asked(depth),
            lambda: self.asked(depth),
            lambda: self.path(
                of("text", depth), f".{self.random.choice(['includes', 'startsWith', 'endsWith'])}({of('text', depth)})"
            ),
            lambda: self.path(self.list_of("num", depth), f".includes({of('num', depth)})"),
            lambda: self.path(self.list_of("text", depth), f".includes({of('text', depth)})"),
            lambda: Source(f"Array.isArray({self.random.choice([self._any_list, self._text])(depth)})"),
        )

    def asked(self, depth: int) -> Source:
        kind = self.random.choice(list(LISTS))
        return self.path(
            self.list_of(kind, depth), f".{self.random.choice(['some', 'every'])}({self.arrow(kind, 'bool', depth)})"
        )

    def _any_list(self, depth: int) -> Source:
        return self.list_of(self.random.choice(list(LISTS)), depth)

    def list_of(self, kind: str, depth: int) -> Source:
        """A list of items of that kind."""
        depth -= 1
        if depth <= 0 or self.random.random() < 0.15:
            if kind == "text" and (row := self._local("row")) is not None:
                return Source(f"{row}.tags")
            items = ", ".join(self.of(kind, 0) for _ in range(self.random.randint(0, 4)))
            return Source(f"[{items}]") if self.random.random() < 0.3 else Source(LISTS[kind])
        base = self.list_of(kind, depth)
        other = self.random.choice(list(LISTS))
        makers = [
            lambda: self.path(base, f".filter({self.arrow(kind, 'bool', depth)})"),
            lambda: self.path(self.list_of(other, depth), f".map({self.arrow(other, kind, depth)})"),
            lambda: self.path(base, f".slice({self._int(0)}, {self._int(0)})"),
            lambda: self.path(base, f".slice({self._int(0)})"),
            lambda: self.path(base, f".concat({self.list_of(kind, depth)}, {self.of(kind, depth)})"),
            lambda: self.path(base, ".reverse()"),
            lambda: self.path(base, f".sort({self.order(kind)})"),
            lambda: Source(f"[{base}, {self.list_of(kind, depth)}].flat()"),
            lambda: self.path(self.list_of(other, depth), f".flatMap(y => {self.path(base, '.slice(0, 2)')})"),
            lambda: self.path(base, ".reduce((p, q) => p.concat([q]), [])"),
        ]
        if kind == "text":
            limit = self.random.choice(["", ", 2"])
            makers += [
                lambda: self.path(self.of("text", depth), f".split({self.of('text', depth)}{limit})"),
                lambda: self.path(base, ".sort()"),
                lambda: Source(f"Object.keys({self._object(depth)})"),
                lambda: Source("Object.entries(o).map(y => y[0])"),
            ]
        if kind == "num":
            makers += [
                lambda: self.path(base, ".sort()"),
                lambda: Source("Object.values({b: 1, 2: n, a: i})".replace("2:", '"2":')),
            ]
        return self.random.choice(makers)()

    def order(self, kind: str) -> Source:
        """A comparison that is consistent: no order is promised for others."""
        ways = {
            "num": ["(p, q) => p - q", "(p, q) => q - p", "(p, q) => p < q ? 1 : p > q ? -1 : 0"],
            "text": ["(p, q) => p.length - q.length", "(p, q) => p < q ? -1 : p > q ? 1 : 0"],
            "bool": ["(p, q) => p === q ? 0 : p ? 1 : -1"],
            "row": ["(p, q) => p.id - q.id", "(p, q) => q.id - p.id", "(p, q) => p.name < q.name ? -1 : 1 - 1"],
        }
        return Source(self.random.choice(ways[kind][:2]), TERNARY)

    def _row(self, depth: int) -> Source:
        local = self._local("row")
        return local or self._pick(
            lambda: Source(f"rows[{self.random.randint(0, 2)}]"),
            lambda: Source("{id: i, name: s, total: n, ok: b, tags: words, note: null}", PATH),
        )

    def _object(self, depth: int) -> Source:
        if self.random.random() < 0.4:
            return self._pick(lambda: Source("o"), lambda: Source("o.a"))
        keys = self.random.sample(KEYS, self.random.randint(0, 4))
        kinds = ["num", "text", "bool", "absent"]
        fields = (
            f"{key if key.isalpha() else json.dumps(key)}: {self.of(self.random.choice(kinds), depth)}" for key in keys
        )
        return Source(f"{{{', '.join(fields)}}}")

    def _absent(self, depth: int) -> Source:
        return self.of(self.random.choice(["absent_num", "absent_text"]), depth + 1)

    def _absent_num(self, depth: int) -> Source:
        row = self._local("row") or Source(f"rows[{self._int(0)}]")
        return self._pick(
            lambda: Source("null"),
            lambda: Source(f"{row}?.extra"),
            lambda: self.path(self.list_of("num", depth), f".at({self._int(0)})"),
            lambda: self.path(self.list_of("num", depth), f".find({self.arrow('num', 'bool', depth)})"),
            lambda: self.path(self.list_of("row", depth), f".find({self.arrow('row', 'bool', depth)})?.total"),
            lambda: self.path(self.list_of("num", depth), f"?.[{self._int(0)}]"),
            lambda: Source(
                self.random.choice(
                    ["o.z?.a.b", "o?.a?.b", "o?.missing", "o.z?.[n]", "o?.a.b", "(o.z)?.a", "o.missing?.b.c"]
                )
            ),
        )

    def _absent_text(self, depth: int) -> Source:
        row = self._local("row") or Source(f"rows[{self._int(0)}]")
        return self._pick(
            lambda: Source(f"{row}?.note"),
            lambda: self.path(self.list_of("text", depth), f".at({self._int(0)})"),
            lambda: self.path(self.of("text", depth), f".at({self._int(0)})"),
            lambda: self.path(self.list_of("text", depth), f".find({self.arrow('text', 'bool', depth)})"),
            lambda: self.path(self.list_of("row", depth), f".find({self.arrow('row', 'bool', depth)})?.name"),
            lambda: Source(
                self.random.choice(
                    ["o.z?.trim()", "o?.k?.trim()", 'o?.["k"]', "o.z?.a.trim().length", "o.missing?.trim()"]
                )
            ),
        )
