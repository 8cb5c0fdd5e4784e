"""Everything that is wrong with one document: its shape first, then its meaning, as far as the shape lets it be told.

What is misshapen is cut out and the rest is checked, so that a person sees all of it at once; names that the cut parts
might have given are not reported as missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.model import Playbook
from opsbook.playbooks.text.nodes import Node, data, parse_path
from opsbook.playbooks.text.reader import MOST_PROBLEMS
from opsbook.playbooks.validate.cutting import Cut, given_in
from opsbook.playbooks.validate.given import given_problems
from opsbook.playbooks.validate.names import name_problems
from opsbook.playbooks.validate.nearest import Nearest
from opsbook.playbooks.validate.order import order_problems
from opsbook.playbooks.validate.reads import Reads
from opsbook.playbooks.validate.shape import shape_problems, strictness_problems
from opsbook.playbooks.validate.starting import starting_problems
from opsbook.playbooks.validate.uses import use_problems
from opsbook.sdk.errors import Problem


@dataclass(frozen=True)
class Checked:
    """What came of a document. `playbook` is None when its shape is wrong."""

    playbook: Playbook | None
    problems: list[Problem]


def check_document(root: Node, text: str, catalog: Catalog) -> Checked:
    """The playbook that the tree holds, and what is wrong with it. `text` is what the tree was read from."""
    if root.kind != "map":
        cure = "Begin with `id:`, `name:` and `steps:`."
        return Checked(None, [Problem("A playbook is an object of keys and values.", cure, code="wrong_type")])
    near = Nearest()
    document = data(root)
    try:
        playbook = Playbook.model_validate(document, context={"catalog": catalog})
    except ValidationError as error:
        problems = shape_problems(error, root, catalog, near)
        cut = Cut(root, catalog)
        rest = cut.rest(document, problems)
        if rest is not None:
            found = _meaning(rest, root, text, catalog, near, frozenset(cut.names))
            problems += [problem for problem in found if not cut.covers(parse_path(problem.path))]
        return Checked(None, problems)
    return Checked(playbook, _meaning(playbook, root, text, catalog, near, frozenset()))


def _meaning(
    playbook: Playbook, root: Node, text: str, catalog: Catalog, near: Nearest, forgiven: frozenset[str]
) -> list[Problem]:
    if any(step.type not in catalog.steps for _, step in playbook.every_step()):
        forgiven |= frozenset(given_in(data(root)))  # the keys of a type that is not there cannot be told apart
    reads = Reads(root, text)
    checks = (
        strictness_problems(playbook, root),
        use_problems(playbook, root, catalog, near),
        given_problems(playbook),
        starting_problems(playbook),
        name_problems(playbook, reads, near, forgiven),
        order_problems(playbook, reads),
    )
    return [problem for check in checks for problem in _enough(check)]


def _enough(check: Iterator[Problem]) -> Iterator[Problem]:
    """The first errors and the first warnings of a check: many warnings must not hide an error."""
    seen: Counter[str] = Counter()
    for problem in check:
        seen[problem.severity] += 1
        if seen[problem.severity] <= MOST_PROBLEMS:
            yield problem
        elif problem.severity == "error":
            return
