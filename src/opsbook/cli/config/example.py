"""Print a whole opsbook.toml in which every setting is explained and none is set.

`opsbook config example > opsbook.toml`, then take the # away from the lines that you need. Secrets are better kept in
the environment, under the name that stands beside each.
"""

from __future__ import annotations

import typer

from opsbook.cli.config._writing import example


def run() -> None:
    typer.echo(example(), nl=False)
