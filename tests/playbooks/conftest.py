"""The language against what this deployment knows."""

from __future__ import annotations

import pytest

from opsbook.playbooks.catalog import Catalog
from opsbook.runs.catalog import catalog as deployment_catalog


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return deployment_catalog()
