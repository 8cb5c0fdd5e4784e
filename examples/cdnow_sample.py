"""Pick the published tenth of the CDNOW customers out of all of them: `python cdnow_sample.py orders.csv sample.csv`.

The rule: order the customers by the week of their first order, then by what they spent after their first day within the
first 39 weeks of 1997, most first, then by id; take every tenth. What was spent is counted in floating point, all days
less the first, as the sample's authors did: whole cents break some ties otherwise and give 2,199 of the 2,357.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path

EVE = date(1996, 12, 31)
LAST_DAY = 39 * 7
NTH = 10


def sampled(rows: list[dict[str, str]]) -> set[str]:
    """The ids of the sample."""
    days: dict[str, dict[int, float]] = defaultdict(dict)
    for row in rows:
        day = (date.fromisoformat(row["ordered_on"]) - EVE).days
        spent = days[row["customer_id"]]
        spent[day] = spent.get(day, 0.0) + float(row["amount_usd"])

    def place(customer: str) -> tuple[int, float, str]:
        spent = days[customer]
        first = min(spent)
        total = 0.0
        for day in sorted(day for day in spent if day <= LAST_DAY):
            total += spent[day]
        return (first - 1) // 7, spent[first] - total, customer

    return set(sorted(days, key=place)[NTH - 1 :: NTH])


def main(orders: Path, sample: Path) -> None:
    with orders.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    chosen = sampled(rows)
    with sample.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row for row in rows if row["customer_id"] in chosen)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
