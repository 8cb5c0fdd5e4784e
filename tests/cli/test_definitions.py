"""The terms that figures are made by, changed in the one file."""

from __future__ import annotations

import pytest

from cli.commanding import Shell

ORDERS = """\
id,organization_id,consumer_id,ordered_at,total_cents,status
a,o1,c1,2026-11-23T10:00:00Z,1000,completed
b,o1,c2,2026-11-23T11:00:00Z,200,returned
c,o1,c3,2026-11-23T12:00:00Z,30,cancelled
"""


def gmv(shell: Shell) -> object:
    asked = ("explain", "metric", "gmv", "--at", "2026-11-24T00:00:00Z", "--json")
    figure = shell(*asked).json["figure"]
    return figure.get("observed", figure["value"])


def test_a_status_that_is_named_counts_no_longer_and_the_rest_stands(shell: Shell) -> None:
    shell.write(ORDERS, "orders.csv")
    assert shell("load", "orders", "orders.csv").code == 0
    assert gmv(shell) == 1200
    shell.write('[definitions.orders]\nuncounted_statuses = ["returned"]\n', "opsbook.toml")
    assert gmv(shell) == 1030
    shell.write('[definitions.orders]\nuncounted_statuses = ["Returned", "cancelled"]\n', "opsbook.toml")
    assert gmv(shell) == 1000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[definitions.roles]\nbrand = ["customer"]\n', "customer is in customer and in brand; a word has one family"),
        ("[definitions.orders]\nuncounted_statuses = []\n", "definitions.orders.uncounted_statuses"),
        ('[definitions.orders]\nuncounted = ["x"]\n', "definitions.orders.uncounted"),
        ("[definitions.at_risk]\nlogin_days = 0\n", "definitions.at_risk.login_days"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(shell: Shell, text: str, told: str) -> None:
    shell.write(text, "opsbook.toml")
    refused = shell("runs", "list")
    assert refused.code == 2
    assert told in refused.err
