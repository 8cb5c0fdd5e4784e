"""What each system's folder says of its coverage is what is counted."""

from __future__ import annotations

import pytest

from integrations.counting import LEAST, shares
from opsbook.integrations.quality import State, grades


@pytest.mark.slow
@pytest.mark.timeout(1000)
def test_what_a_folder_says_of_its_coverage_is_what_is_counted() -> None:
    counted = shares()
    said = {key: grades(key)["coverage_95"].state is State.DONE for key in counted}
    assert said == {key: share >= LEAST for key, share in counted.items()}
