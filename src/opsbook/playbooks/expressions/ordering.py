"""Comparisons that sort by a figure, `(a, b) => b.total - a.total`: the figure is read once an item."""

from __future__ import annotations

from opsbook.playbooks.expressions import nodes as n


def figure_of(arrow: n.Arrow) -> tuple[n.Node, bool] | None:
    """The path that reads the figure from the first parameter, and whether the order is descending; None otherwise."""
    body = arrow.body
    if len(arrow.names) != 2 or not isinstance(body, n.Binary) or body.sign != "-":
        return None
    left, right = _path(body.left), _path(body.right)
    if left is None or right is None or left[1] != right[1] or {left[0], right[0]} != set(arrow.names):
        return None
    descending = left[0] == arrow.names[1]
    return (body.right if descending else body.left), descending


def _path(node: n.Node) -> tuple[str, tuple[str, ...]] | None:
    """A parameter's name and the fields read from it, when the node is no more than that."""
    fields: list[str] = []
    while isinstance(node, n.Member) and not node.optional:
        fields.append(node.key)
        node = node.base
    return (node.name, tuple(fields)) if isinstance(node, n.Name) else None
