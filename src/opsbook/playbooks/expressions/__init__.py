"""The expression language: a closed subset of JavaScript over JSON, and texts with `{{ }}`. Pure, budgeted, no host.

`evaluate` and `truth` take an expression, `fill` and `fill_tree` a text; `parse` and `parse_template` say what they
read without running them, `grounds` what a condition's answer rests on. Source goes `lexer` → `parser` (tree of
`nodes`) → `program` (closures) → a value; `access`, `operators` and `calls`
are what closures call. `lists`, `texts` and `functions` hold the methods, `pipes` the pipes, `templates` and `filling`
the texts, `budget` the limits.

May lean on `sdk` and on the language's time zones. To add a method: write it in the module of its type, charge the
budget before the work, put it into that module's table, describe it in docs/reference/expressions.md and teach
tests/playbooks/expressions/differential.py to generate it.
"""

from __future__ import annotations

from opsbook.playbooks.expressions.analysis import Parsed, parse
from opsbook.playbooks.expressions.evaluation import evaluate, truth
from opsbook.playbooks.expressions.filling import Said, fill, fill_key, fill_text, fill_tree, said_in
from opsbook.playbooks.expressions.grounds import Ground, grounds
from opsbook.playbooks.expressions.templates import Embedded, ParsedTemplate, parse_template

__all__ = [
    "Embedded",
    "Ground",
    "Parsed",
    "ParsedTemplate",
    "Said",
    "evaluate",
    "fill",
    "fill_key",
    "fill_text",
    "fill_tree",
    "grounds",
    "parse",
    "parse_template",
    "said_in",
    "truth",
]
