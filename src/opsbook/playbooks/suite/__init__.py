"""The four operational playbooks that come with opsbook: one YAML file each, named after its id.

They are data. To add one, write the file; a name that differs from the `id` inside fails the tests.
"""

from __future__ import annotations

from pathlib import Path


def texts() -> dict[str, str]:
    """The playbooks' texts by id, sorted."""
    return {path.stem: path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("*.yaml"))}
