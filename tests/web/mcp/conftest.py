"""The deployment of `web`, with other agents let in, on a real server of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from web.mcp.asking import settings
from web.serving import Served, listening


@pytest.fixture
def more_settings() -> dict[str, Any]:
    return {"mcp": settings(), "public_url": "http://opsbook.test"}


@pytest.fixture
async def port(served: Served) -> AsyncIterator[int]:
    async with listening(served.site) as at:
        yield at
