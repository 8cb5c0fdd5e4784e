"""Errors are split by what happens next, and nobody swallows one."""

from __future__ import annotations

import ast

from architecture.tree import modules, parsed, short
from opsbook.sdk.errors import OpsbookError

# The boundaries: around a step, around a call of a tool or a model, around a worker loop. Each wraps once.
BOUNDARIES = {
    "src/opsbook/runs/attempt.py": "around a step",
    "src/opsbook/tools/gateway.py": "around a tool call",
    "src/opsbook/web/mcp/server.py": "around a tool call of another agent",
    "src/opsbook/agents/asking.py": "around a model call: the report is written without it, and says why",
    "src/opsbook/records/store.py": "worker loop: the thread that commits shared writes hands the error to its caller",
    "src/opsbook/runs/durable.py": "worker loop: a segment that broke is told, the engine goes on",
    "src/opsbook/runs/segment.py": "worker loop: the record says what became of the run",
    "src/opsbook/effects/mirror.py": "worker loop: a round of the mirror that failed is tried again",
    "src/opsbook/runs/clockwork.py": "worker loop: one beat that failed does not stop time",
    "src/opsbook/inbox/sender.py": "worker loop: a round of the sender that failed is tried again",
}
BLIND = {"Exception", "BaseException"}


def blind_handlers(path):
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or (isinstance(kind, ast.Name) and kind.id in BLIND) for kind in kinds):
                yield node


def test_only_the_named_boundaries_catch_whatever_comes():
    found = {short(path) for path in modules() if list(blind_handlers(path))}
    assert found <= set(BOUNDARIES)


def test_a_file_is_at_most_one_boundary():
    assert {short(path): 1 for path in modules() if len(list(blind_handlers(path))) > 1} == {}


def test_nothing_is_left_to_be_implemented():
    raised = [
        f"{short(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Name) and node.id.startswith("NotImpl")
    ]
    assert raised == []


def family(error: type[OpsbookError]) -> list[type[OpsbookError]]:
    return [error, *(one for child in error.__subclasses__() for one in family(child))]


def test_every_error_of_the_tree_has_a_stable_code_of_its_own():
    ours = [error for error in family(OpsbookError) if error.__module__ == "opsbook.sdk.errors"]
    codes = [error.code for error in ours]
    assert len(ours) >= 10
    assert sorted(codes) == sorted(set(codes))
