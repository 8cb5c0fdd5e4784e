"""The public CDNOW orders: how they are loaded, and the published sample of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SAMPLER = Path(__file__).parents[2] / "examples" / "cdnow_sample.py"
MAPPING = {
    "id": "order_id",
    "organization_id": "@cdnow",
    "consumer_id": "customer_id",
    "ordered_at": "ordered_on",
    "total_cents": "amount_usd:usd",
}


def sampled(orders: Path, sample: Path) -> Path:
    """Write the sample's orders, as the example does, and answer where."""
    subprocess.run([sys.executable, str(SAMPLER), str(orders), str(sample)], check=True)
    return sample
