"""Write what the mirror still owes to the platform's store now. A server that is up does it by itself."""

from __future__ import annotations

from typing import Annotated

import typer

from opsbook.app import App
from opsbook.cli._opening import with_app
from opsbook.cli._printing import console, show
from opsbook.sdk.errors import PersonNeeded
from opsbook.sdk.values import JsonObject


def run(as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False) -> None:
    async def written(app: App) -> JsonObject:
        if app.mirror is None:
            cure = "Set mirror = true under [integrations.firestore], and what that system needs."
            raise PersonNeeded("No system is told to mirror the records.", cure=cure, code="not_configured")
        count = await app.mirror.catch_up()
        return {"written": count, "refused": app.mirror.lag().refused}

    told = with_app(written)
    if as_json:
        show(told, as_json=True)
    else:
        refused = f" {told['refused']} were refused; `opsbook doctor` says more." if told["refused"] else ""
        console().print(f"{told['written']} documents written.{refused}", markup=False)
