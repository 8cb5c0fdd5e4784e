"""The reference pages of the manual, rendered from the code: one module a page, found by its name.

`python -m opsbook.cli.reference docs/reference` writes them (`make docs`); a test checks that the written ones are
current. May lean on everything. To add a page, write a module here with `page()`, which returns Markdown. Files whose
names begin with an underscore are no pages.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

NOTE = "<!-- Written by `make docs` from the code. Do not edit. -->\n\n"


def pages() -> dict[str, str]:
    """Every page by file name (`steps.md`), in the order of the names."""
    found: dict[str, str] = {}
    for module in iter_modules(__path__):
        if not module.name.startswith("_"):
            text: str = import_module(f"{__name__}.{module.name}").page()
            found[f"{module.name}.md"] = NOTE + text.strip() + "\n"
    return found


def is_rendered(path: Path) -> bool:
    """Whether a page was written by this program and not by a person."""
    return path.read_text("utf-8").startswith(NOTE)


def write(folder: Path) -> list[Path]:
    """Write every page into the folder; the paths written.

    A rendered page that nothing renders any more is taken out; what people wrote stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    current = pages()
    for path in folder.glob("*.md"):
        if path.name not in current and is_rendered(path):
            path.unlink()
    for name, text in current.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in current]
