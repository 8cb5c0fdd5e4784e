"""Reading a playbook: text to a checked document, with the place of everything that is wrong.

Reading executes nothing and fetches nothing; every document is decided in a fraction of a second, however hostile.
"""

from __future__ import annotations

from dataclasses import replace

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.model import Playbook
from opsbook.playbooks.text.nodes import Node, data, nearest, parse_path
from opsbook.playbooks.text.reader import MOST_PROBLEMS, decode, read
from opsbook.playbooks.validate.document import Checked, check_document
from opsbook.sdk.errors import InvalidDefinition, Place, Problem

__all__ = ["check_playbook", "decode", "load_playbook", "read"]


def load_playbook(text: str, catalog: Catalog, file: str | None = None) -> Playbook:
    """The playbook that a YAML or JSON text holds.

    Raises `InvalidDefinition` with every problem that was found, warnings included, in document order.
    """
    playbook, problems = check_playbook(text, catalog, file)
    if playbook is None:
        errors = sum(1 for problem in problems if problem.severity == "error")
        first = next(problem for problem in problems if problem.severity == "error")
        more = f" There are {errors - 1} more." if errors > 1 else ""
        where = f"{first.place.file or 'the text'}, line {first.place.line}: " if first.place else ""
        raise InvalidDefinition(
            f"The playbook is not valid: {where}{first.sentence}{more}", problems=problems, cure=first.cure
        )
    return playbook


def check_playbook(text: str, catalog: Catalog, file: str | None = None) -> tuple[Playbook | None, tuple[Problem, ...]]:
    """The playbook, or None when there is an error; and every problem, warnings too, in document order."""
    root, problems = read(text, file)
    if root is None:
        return None, tuple(sorted(problems, key=_order))
    checked: Checked = check_document(root, text.removeprefix("\ufeff"), catalog)
    problems += [_placed(root, problem, file) for problem in checked.problems]
    errors = [problem for problem in problems if problem.severity == "error"]
    warnings = [problem for problem in problems if problem.severity != "error"]
    told = [*sorted(errors, key=_order), *sorted(warnings, key=_order)][:MOST_PROBLEMS]
    return None if errors else checked.playbook, tuple(sorted(told, key=_order))


def plain_document(text: str, file: str | None = None) -> dict[str, object]:
    """The text as plain JSON, read by the same strict door and not checked further. Raises `InvalidDefinition`."""
    root, problems = read(text, file)
    if root is None or problems:
        raise InvalidDefinition(f"The document cannot be read: {problems[0].sentence}", problems=problems)
    found = data(root)
    if not isinstance(found, dict):
        place = Place(root.line, root.column, file)
        problem = Problem("A playbook is an object of keys and values.", place=place, code="wrong_type")
        raise InvalidDefinition(problem.sentence, problems=[problem])
    return found


def _placed(root: Node, problem: Problem, file: str | None) -> Problem:
    if problem.place is not None:
        return replace(problem, place=replace(problem.place, file=file))
    path = parse_path(problem.path)
    node = nearest(root, path)
    if path and problem.code == "unknown_key":
        node = nearest(root, path[:-1]).key(path[-1]) or node
    return replace(problem, place=Place(node.line, node.column, file))


def _order(problem: Problem) -> tuple[int, int, str]:
    place = problem.place or Place(1, 1)
    return place.line, place.column, problem.severity
