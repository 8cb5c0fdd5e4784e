"""The repository as the architecture tests read it: its files, and what is written in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "opsbook"
OURS = ("src", "tests", "bench", "prove", "scripts", "docs", "examples", ".ci")
TEXT = frozenset({".py", ".md", ".toml", ".yaml", ".yml", ".json", ".jsonl", ".sql", ".mako", ".lock", ".csv", ".html"})
VERBS = sorted(
    path.stem.rstrip("_").replace("_", "-")
    for path in (SOURCE / "cli").iterdir()
    if (path.suffix == ".py" or (path / "__init__.py").exists())
    and not path.stem.startswith("_")
    and path.stem not in {"main", "reference"}
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def files() -> tuple[Path, ...]:
    """Every text file that belongs to the repository, sorted; what tools leave behind does not."""
    found = [path for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".env")]
    for folder in OURS:
        found += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    return tuple(sorted(path for path in found if _is_text(path)))


def _is_text(path: Path) -> bool:
    if any(part in {"__pycache__", "node_modules", ".cache"} for part in path.parts):
        return False
    return path.suffix in TEXT or path.name in {"Makefile", "LICENSE", "run", ".gitignore"}


@cache
def text(path: Path) -> str:
    return path.read_text("utf-8")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(text(path), str(path))


def modules(folder: Path = SOURCE) -> Iterator[Path]:
    """Every Python file of the product, or of one folder of it."""
    yield from (path for path in files() if path.suffix == ".py" and folder in path.parents)


def functions(path: Path) -> Iterator[Function]:
    yield from (node for node in ast.walk(parsed(path)) if isinstance(node, Function))


def lines(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def short(path: Path) -> str:
    """The path inside the repository, for messages."""
    return path.relative_to(ROOT).as_posix()
