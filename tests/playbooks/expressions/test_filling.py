"""Texts with `{{ }}` and `{% %}`: what they read as, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from opsbook.playbooks.expressions import Embedded, fill, fill_tree, parse_template
from opsbook.sdk.errors import InvalidDefinition
from opsbook.sdk.values import measured

NAMES: dict[str, Any] = {
    "name": "Ada",
    "n": 3,
    "ratio": 0.0345,
    "cents": 123_456,
    "on": True,
    "nothing": None,
    "when": "2026-11-25T09:00:00Z",
    "rows": [{"name": "Mail", "status": "online", "ms": 12.5}, {"name": "Drive | EU", "status": "offline", "ms": None}],
    "tags": ["a", "b"],
    "revenue": measured(5_000_00),
    "lost": {"value": None, "status": "unknown", "reason": "no key"},
}


def refusal(text: str) -> InvalidDefinition:
    with pytest.raises(InvalidDefinition) as caught:
        fill(text, NAMES)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("no tags", "no tags"),
        ("{{ n }}", 3),
        ("{{ tags }}", ["a", "b"]),
        ("{{ on }}", True),
        ("{{ nothing }}", None),
        (" {{ n }}", " 3"),
        ("{{ n }}{{ n }}", "33"),
        ("{{ {a: {b: n}} }}", {"a": {"b": 3}}),
        ("{{{a: n}.a}} x", "3 x"),
        ("Hello {{ name }}!", "Hello Ada!"),
        ("{{ on }}, {{ nothing }}, {{ 1e21 }}, {{ 0.1 + 0.2 }}", "yes, none, 1e+21, 0.30000000000000004"),
        ("{{ '}}' }} and {{ \"%}\" }}", "}} and %}"),
        ("{{ lost }} / {{ lost + 1 }}", "unknown (no key) / unknown (no key)"),
        ("is {{ revenue }}", "is 500000"),
        ("{{ cents | money }}", "$1,234.56"),
        ('{{ cents | money("EUR") }}', "€1,234.56"),
        ('{{ -5 | money("CHF") }}', "-CHF 0.05"),
        ('{{ cents | money("JPY") }}', "¥123,456"),
        ("{{ revenue | money }}", "$5,000.00"),
        ("{{ ratio | percent }}", "3.5%"),
        ("{{ 0.07 | percent }}", "7%"),
        ("{{ ratio | percent(2) }}", "3.45%"),
        ("{{ -0.0001 | percent }}", "0%"),
        ("{{ 12.345 | percent(0) }}", "1,235%"),
        ("{{ 1234567.5 | number }}", "1,234,567.5"),
        ("{{ -1234.567 | number(1) }}", "-1,234.6"),
        ("{{ when | date }}", "25 Nov 2026, 09:00 UTC"),
        ('{{ when | date("America/New_York") }}', "25 Nov 2026, 04:00 EST"),
        ('{{ when | date("America/New_York", "time") }}', "04:00 EST"),
        ('{{ "2026-11-25T23:30:00.123-05:00" | date("UTC", "day") }}', "26 Nov 2026"),
        ("{{ '2026-02-01' | date }}", "1 Feb 2026"),
        ("{{ tags | bullets }}", "- a\n- b"),
        ('{{ rows | bullets("name") }}', "- Mail\n- Drive | EU"),
        ("{{ [] | bullets }}, {{ [] | table }}", "none, none"),
        (
            "{{ rows | table }}",
            "| Name | Status | Ms |\n| --- | --- | --- |\n| Mail | online | 12.5 |\n| Drive \\| EU | offline |  |",
        ),
        ('{{ rows | table("status") }}', "| Status |\n| --- |\n| online |\n| offline |"),
        ('{{ missing.path | default("n/a") }}', "n/a"),
        ('{{ nothing | default("n/a") }}', "n/a"),
        ('{{ lost | default("not measured") }}', "not measured"),
        ('{{ cents | default("n/a") | money }}', "$1,234.56"),
        ("{{ lost | money }}", "unknown (no key)"),
        ("{% for r in rows %}{{ r.name }};{% endfor %}", "Mail;Drive | EU;"),
        ("{% for r in rows %}\n- {{ r.name }}\n{% endfor %}\nend", "- Mail\n- Drive | EU\nend"),
        ("{% for a in [1, 2] %}{% for b in tags %}{{ a }}{{ b }} {% endfor %}{% endfor %}", "1a 1b 2a 2b "),
        ("{% for r in rows.filter(r => r.status === 'offline') %}{{ r.name }}{% endfor %}", "Drive | EU"),
        ("{% if n > 2 %}many{% else %}few{% endif %}", "many"),
        ("{% if n > 3 %}many{% elif n === 3 %}three{% else %}few{% endif %}", "three"),
        ("{% if n > 3 %}many{% endif %}", ""),
        ("  {% if on %}\n  yes\n  {% endif %}\nend", "  yes\nend"),
    ],
)
def test_a_text_reads_as_people_write_it(text: str, expected: Any) -> None:
    assert fill(text, NAMES) == expected


@pytest.mark.parametrize(
    ("text", "sentence", "cure"),
    [
        ("x {{ tags }}", "A list has no form inside a text.", "| bullets"),
        ("x {{ rows[0] }}", "An object has no form inside a text.", "| table"),
        ("x {{ nme }}", "There is no nme here.", "Did you mean name?"),
        ("{{ n | mony }}", "There is no pipe mony.", "Did you mean money?"),
        ("{{ n | }}", "A pipe's name is missing.", "money"),
        ("{{ 1.5 | money }}", "money: it takes a whole number", ""),
        ("{{ name | money }}", "money: it takes a whole number, not a text", ""),
        ("{{ n | money('usd') }}", "money: a currency is three capital letters", ""),
        ("{{ name | percent }}", "percent: it takes a number", ""),
        ("{{ n | percent(99) }}", "percent: it takes 0 to 12 digits", ""),
        ("{{ name | date }}", "date: this is not a date", "2026-11-25"),
        ("{{ '2026-13-01' | date }}", "date: this date cannot be shown", ""),
        ("{{ '2026-11-25T09:00:00' | date }}", "date: this is not a date", "offset"),
        ("{{ when | date('America/NewYork') }}", "date: this date cannot be shown", ""),
        ("{{ when | date('UTC', 'long') }}", "its style is one of full, day, time", ""),
        ("{{ name | bullets }}", "bullets: it takes a list, not a text", ""),
        ("{{ tags | bullets('x') }}", "bullets: it takes a list of objects", ""),
        ("{{ rows | bullets }}", "bullets: An object has no form", ""),
        ("{{ tags | table }}", "table: it takes a list of objects", "bullets"),
        ("{{ n", "This is not closed", "}}"),
        ("{% if on %}x", "This block is not closed.", "{% endif %}"),
        ("{% for x in tags %}x", "This block is not closed.", "{% endfor %}"),
        ("{% fro x in tags %}", "There is no such tag: fro.", "Did you mean for?"),
        ("{% for x of tags %}{% endfor %}", "A loop names its item.", "{% for order in orders %}"),
        ("{% for x in n %}{% endfor %}", "A loop goes through a list, not a number.", ""),
        ("{% if n %}{% endif %}", "must stand a boolean, not a number", ""),
        ("{% else %}", "no block that else belongs to", ""),
        ("{% if on %}{% endfor %}", "no block that endfor belongs to", ""),
        ("{% if on %}{% endif on %}", "endif stands alone", ""),
    ],
)
def test_a_text_that_cannot_be_filled_says_why(text: str, sentence: str, cure: str) -> None:
    error = refusal(text)
    assert sentence in error.sentence
    assert cure in error.cure


def test_a_refusal_points_into_the_text() -> None:
    place = refusal("Hello {{ name }},\n\nyou have {{ n + 'x' }} orders.").problems[0].place
    assert place is not None
    assert (place.line, place.column) == (3, 15)


def test_every_text_of_a_tree_is_filled_and_keys_stay() -> None:
    tree = {"{{ n }}": "{{ n }}", "list": ["{{ tags }}", 1, None, {"deep": "Hello {{ name }}"}]}
    assert fill_tree(tree, NAMES) == {"{{ n }}": 3, "list": [["a", "b"], 1, None, {"deep": "Hello Ada"}]}
    assert tree["{{ n }}"] == "{{ n }}"


def test_what_a_text_shows_is_not_read_again() -> None:
    assert (
        fill("{{ s }} {{ s }}", {"s": "{{ secret }}{% for %}", "secret": "x"})
        == "{{ secret }}{% for %} {{ secret }}{% for %}"
    )


def test_a_loop_hides_a_name_only_inside_it() -> None:
    assert fill("{{ n }}{% for n in tags %}{{ n }}{% endfor %}{{ n }}", NAMES) == "3ab3"


def test_parsing_a_text_names_what_it_reads() -> None:
    text = "{{ a.b | date(zone) }} {% for x in list.of %}{{ x.y + w }}{% endfor %}{{ maybe ?? 1 }}"
    parsed = parse_template(text)
    assert parsed.names == {"a", "zone", "list", "w", "maybe"}
    assert parsed.paths == {("a", "b"), ("zone",), ("list", "of"), ("w",), ("maybe",)}
    assert parsed.strict_names == {"a", "zone", "list", "w"}
    assert parsed.pipes == {"date"}
    assert not parsed.whole
    assert parsed.expressions[0] == Embedded("a.b", 3)
    assert [text[found.at :].startswith(found.source) for found in parsed.expressions] == [True] * 4


def test_parsing_says_whether_a_text_is_one_expression() -> None:
    assert parse_template("{{ a }}").whole
    assert parse_template("{{ a | money }}").whole
    assert not parse_template("{{ a }} ").whole
    assert not parse_template("a").whole
    assert parse_template("a").names == frozenset()
