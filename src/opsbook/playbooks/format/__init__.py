"""The canonical form of a playbook's text: one order of keys, one indentation, shortest durations, comments kept.

`comments` finds each comment and what it belongs to, `scalars` writes single values, `writer` lays them out. Quotes,
folded texts and one-line objects stay as the author wanted them, as long as they fit. The meaning never changes, and
formatting what is formatted changes nothing.
"""

from __future__ import annotations

from pydantic import ValidationError

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.format.comments import attach, every_comment
from opsbook.playbooks.format.writer import Writer
from opsbook.playbooks.load import check_playbook
from opsbook.playbooks.model import Playbook
from opsbook.playbooks.text.nodes import Node, data
from opsbook.playbooks.text.reader import read
from opsbook.sdk.errors import InvalidDefinition, NeverWorks


def format_playbook(text: str, catalog: Catalog, file: str | None = None) -> str:
    """The same playbook in canonical YAML, whatever it was written in.

    Raises `InvalidDefinition` when the text cannot be read or has not the shape of a playbook; what is wrong with its
    meaning (a tool that is not there) does not matter here.
    """
    root, problems = read(text, file)
    if root is None or problems:
        raise InvalidDefinition(f"The playbook cannot be read: {problems[0].sentence}", problems=problems)
    try:
        playbook = Playbook.model_validate(data(root), context={"catalog": catalog})
    except ValidationError:
        _, found = check_playbook(text, catalog, file)
        raise InvalidDefinition("The playbook has not the right shape.", problems=found) from None
    plain = text.removeprefix("\ufeff")
    formatted = Writer(root, plain, playbook, catalog, attach(root, plain)).document()
    again, _ = read(formatted)
    if again is None or Playbook.model_validate(data(again), context={"catalog": catalog}).sha256 != playbook.sha256:
        raise NeverWorks("Formatting would have changed the playbook.", cure="Keep the text; please report it.")
    if _remarks(again, formatted) != _remarks(root, plain):
        raise NeverWorks("Formatting would have lost a comment.", cure="Keep the text; please report it.")
    return formatted


def _remarks(root: Node, text: str) -> list[str]:
    return sorted(remark for _, remark in every_comment(root, text))
