"""What the import contract cannot say: imports inside functions, plug-ins named by the core, a cheap cold start."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from architecture.tree import SOURCE, functions, modules, parsed, short, text

REASON = re.compile(r"# noqa: PLC0415 \w.{9,}")
HEAVY = {
    "dbos",
    "duckdb",
    "sqlalchemy",
    "alembic",
    "fastapi",
    "starlette",
    "uvicorn",
    "mcp",
    "pydantic_ai",
    "anthropic",
    "google",
    "cryptography",
    "numpy",
    "scipy",
}


def imports_inside_functions(path: Path) -> list[ast.Import | ast.ImportFrom]:
    inner = [node for function in functions(path) for node in ast.walk(function)]
    return list({node: None for node in inner if isinstance(node, ast.Import | ast.ImportFrom)})


def test_an_import_inside_a_function_says_why_it_is_there():
    bare = [
        f"{short(path)}:{node.lineno}"
        for path in modules()
        for node in imports_inside_functions(path)
        if not REASON.search(text(path).splitlines()[node.lineno - 1])
    ]
    assert bare == []


def test_a_file_has_at_most_one_import_inside_a_function():
    found = {short(path): len(imports_inside_functions(path)) for path in modules()}
    assert {name: count for name, count in found.items() if count > 1} == {}


def plug_ins() -> dict[str, str]:
    """Module name to room of everything that is found by its file's or its folder's name."""
    found = {}
    for room in ("steps", "tools", "agents/reports"):
        for path in (SOURCE / room).glob("[a-z]*.py"):
            names = {node.id for node in ast.walk(parsed(path)) if isinstance(node, ast.Name)}
            if names & {"STEP", "TOOLS", "REPORT"}:
                found[f"opsbook.{room.replace('/', '.')}.{path.stem}"] = room
    for client in (SOURCE / "integrations").glob("*/client.py"):
        found[f"opsbook.integrations.{client.parent.name}"] = f"integrations/{client.parent.name}"
    return found


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_there_are_plug_ins_to_speak_of():
    rooms = set(plug_ins().values())
    assert {"steps", "tools", "agents/reports"} <= rooms
    assert any(room.startswith("integrations/") for room in rooms)


def test_nothing_outside_its_own_folder_names_a_plug_in():
    plugs = plug_ins()
    named = [
        f"{short(path)} imports {name}"
        for path in modules()
        for name in sorted(imported(path))
        for plug, room in plugs.items()
        if (name == plug or name.startswith(f"{plug}.")) and SOURCE / room not in path.parents
    ]
    assert named == []


@pytest.mark.parametrize("statement", ["import opsbook", "from opsbook.cli.main import command; command()"])
def test_a_cold_start_loads_none_of_the_heavy_libraries(statement):
    ask = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert HEAVY & set(told.stdout.split()) == set()


def test_validating_a_playbook_loads_no_store_no_engine_and_no_model():
    ask = (
        "import sys; from opsbook.runs.catalog import catalog; catalog();"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert HEAVY & set(told.stdout.split()) == set()
