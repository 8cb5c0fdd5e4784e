"""Nothing leaves the language: not by a name, a field, a call, an encoding or a template's tag."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest

from opsbook.playbooks.expressions import evaluate, fill, parse
from opsbook.sdk.errors import InvalidDefinition
from playbooks.expressions import escapes

_REACHING = (
    "exec",
    "compile",
    "import",
    "open",
    "os.",
    "subprocess.",
    "socket.",
    "object.",
    "code.",
    "ctypes.",
    "marshal.",
)
_seen: list[str] | None = None


def _listen(event: str, args: tuple[Any, ...]) -> None:
    if _seen is not None and event.startswith(_REACHING):
        _seen.append(event)


@contextmanager
def nothing_reached() -> Iterator[None]:
    """Whatever runs inside opens no file, imports nothing, compiles nothing and starts nothing."""
    global _seen
    _seen = []
    try:
        yield
        assert _seen == []
    finally:
        _seen = None


class Canary:
    """No JSON: a host object that tells when the interpreter touches it."""

    touched: ClassVar[list[str]] = []

    def __getattribute__(self, name: str) -> Any:
        if name != "__class__":  # what `isinstance` asks
            Canary.touched.append(name)
        return object.__getattribute__(self, name)

    def __call__(self, *args: Any) -> str:
        Canary.touched.append("called")
        return "called"

    def __eq__(self, other: object) -> bool:
        Canary.touched.append("compared")
        return True

    def __hash__(self) -> int:
        return 1

    def __str__(self) -> str:
        Canary.touched.append("shown")
        return "shown"

    def run(self) -> str:
        return self()


@pytest.fixture(scope="module", autouse=True)
def _listener() -> None:
    sys.addaudithook(_listen)


def refused(run: Callable[[str, dict[str, Any]], Any], source: str) -> bool:
    with nothing_reached():
        try:
            run(source, escapes.NAMES)
        except InvalidDefinition:
            return True
    return False


def test_the_corpus_is_large_and_its_payloads_differ() -> None:
    assert escapes.COUNT >= 500
    assert {"fields", "python", "javascript", "unicode", "template", "harmless"} <= escapes.FAMILIES


def test_every_expression_of_the_corpus_is_refused() -> None:
    assert [source for source in escapes.EXPRESSIONS if not refused(evaluate, source)] == []


def test_every_expression_of_the_corpus_is_refused_inside_a_text() -> None:
    texts = [text for source in escapes.EXPRESSIONS for text in (f"{{{{ {source} }}}}", f"a text {{{{ {source} }}}}")]
    assert [text for text in texts if not refused(fill, text)] == []


def test_every_text_of_the_corpus_is_refused() -> None:
    zones = [text for text in escapes.TEXTS if "date(" in text]
    assert [text for text in escapes.TEXTS if text not in zones and not refused(fill, text)] == []
    for text in zones:  # looking a zone's name up may read the list of zones
        with pytest.raises(InvalidDefinition):
            fill(text, escapes.NAMES)


@pytest.mark.parametrize(("source", "value"), escapes.HARMLESS.items())
def test_what_looks_like_an_escape_and_is_none_gives_plain_data(source: str, value: Any) -> None:
    with nothing_reached():
        assert evaluate(source, escapes.NAMES) == value


@pytest.mark.parametrize(("text", "filled"), escapes.HARMLESS_TEXTS.items())
def test_foreign_template_signs_are_plain_text(text: str, filled: Any) -> None:
    with nothing_reached():
        assert fill(text, escapes.NAMES) == filled


def test_a_host_object_in_the_context_is_never_touched() -> None:
    names: dict[str, Any] = {"canary": Canary(), "list": [Canary()], "o": {"canary": Canary()}}
    sources = ["canary.run", "canary.run()", "canary()", "canary.touched", "canary['run']", "canary[0]", "canary == 1"]
    sources += [
        "canary === canary",
        "canary + 'a'",
        "canary < 1",
        "!canary",
        "-canary",
        "canary ? 1 : 2",
        "canary && true",
    ]
    sources += [
        "canary ?? 1",
        "canary?.run",
        "String(canary)",
        "Number(canary)",
        "Math.abs(canary)",
        "Object.keys(canary)",
    ]
    sources += [
        "list.map(c => c.run())",
        "list.includes(1)",
        "list.join()",
        "list.sort()",
        "list.indexOf('shown')",
        "list.flat()",
    ]
    sources += ["list[0].run", "o.canary.run", "o['canary'].__class__", "[canary].some(c => c === 'shown')"]
    sources += [f"canary.{field}" for field in escapes.FIELDS]
    for source in sources:
        for run in (evaluate, fill):
            try:
                run(source if run is evaluate else f"x {{{{ {source} }}}}", names)
            except InvalidDefinition:
                continue
    assert Canary.touched == []


def test_reading_a_source_runs_nothing_of_it() -> None:
    for source in escapes.EXPRESSIONS:
        with nothing_reached():
            try:
                parse(source)
            except InvalidDefinition:
                continue


def test_an_error_names_names_and_never_values() -> None:
    names = {"account": {"token_of_somebody": "value-7781", "x": "value-7782"}, "list": ["value-7783", "value-7784"]}
    sources = ["account.tokn", "account + 1", "list[4]", "list.sume(1)", "account.x.y", "acount", "list.map(x => x.y)"]
    for source in [*sources, "account.x > 1", "list.sort((a, b) => a)", "Number(account.x)", "list.includes(account)"]:
        for run in (evaluate, lambda text, known: fill(f"x {{{{ {text} }}}}", known)):
            with pytest.raises(InvalidDefinition) as refusal:
                run(source, names)
            assert "value-77" not in f"{refusal.value} {refusal.value.problems} {refusal.value.cure}"
