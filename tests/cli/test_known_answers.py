"""The commands of `examples/README.md` run as they stand, on orders of that shape and on the data set itself."""

from __future__ import annotations

import csv
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.commanding import Shell

EXAMPLES = Path(__file__).parents[2] / "examples"
CDNOW = os.environ.get("OPSBOOK_CDNOW", "")
JANUARY = [7846, 1157, 964, 810, 679, 736, 720, 582, 559, 594, 673, 634, 528, 511, 664, 472, 497, 498]
END = date(1998, 7, 1)


def ran(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What each `opsbook figures` of the page answered, by its verb, and how many rows each load took."""
    shutil.copy(EXAMPLES / "cdnow_sample.py", shell.folder)
    found: dict[str, Any] = {"loaded": []}
    for block in re.findall(r"```console\n(.*?)```", (EXAMPLES / "README.md").read_text("utf-8"), re.DOTALL):
        for line in block.splitlines():
            first, *words = shlex.split(line)
            if first == "export":
                monkeypatch.setenv(*words[0].split("=", 1))
            elif first == "python":
                subprocess.run([sys.executable, *words], check=True, cwd=shell.folder)
            else:
                assert first == "opsbook"
                answer = shell(*words)
                assert answer.code == 0, answer.err
                if words[0] == "load":
                    found["loaded"].append(answer.json["loaded"])
                else:
                    found[words[1]] = answer.json
    return found


def made_up(path: Path, customers: int) -> dict[str, list[date]]:
    """Orders of customers who first bought in January to March 1997, in the data set's columns; their days."""
    chance, days = random.Random(5), {}
    for number in range(customers):
        at = date(1997, 1, 1) + timedelta(days=chance.randrange(84))
        leave, rate, mine = chance.betavariate(0.8, 2.4), chance.gammavariate(0.4, 1 / 25), []
        while at < END:
            mine.append(at)
            at = (
                at + timedelta(days=1 + int(chance.expovariate(rate)))
                if chance.random() > leave and rate > 1e-4
                else END
            )
        days[f"{number:05}"] = mine
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["order_id", "customer_id", "ordered_on", "units", "amount_usd"])
        orders = [(customer, at) for customer, mine in days.items() for at in mine]
        for number, (customer, at) in enumerate(orders):
            writer.writerow([number, customer, at, 1, f"{chance.uniform(0, 60):.2f}"])
    return days


def test_the_commands_answer_on_orders_of_that_shape(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    days = made_up(shell.folder / "cdnow_orders.csv", 2000)
    found = ran(shell, monkeypatch)
    assert found["loaded"][0] == sum(map(len, days.values()))
    silent = {one["days"]: one["silent"] for one in found["silence"]["items"]}
    assert silent == {n: sum((END - mine[-1]).days > n for mine in days.values()) for n in (7, 30, 60, 90, 180)}
    often = {one["orders"]: one["consumers"] for one in found["frequency"]["items"]}
    assert often == Counter(map(len, days.values()))
    firsts = Counter(f"{mine[0]:%Y-%m}" for mine in days.values())
    assert {one["cohort"]: one["consumers"][0] for one in found["cohorts"]["items"]} == firsts
    assert (found["alive"]["status"], found["alive"]["n"]) == ("ok", 200)
    assert found["calibration"]["everyone"]["units"] == 2000


@pytest.mark.skipif(not CDNOW, reason="OPSBOOK_CDNOW does not name the CDNOW orders (a public data set)")
def test_the_commands_give_the_published_answers(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(CDNOW, shell.folder / "cdnow_orders.csv")
    found = ran(shell, monkeypatch)
    assert found["loaded"] == [69_659, 6_919]
    assert [one["silent"] for one in found["silence"]["items"]] == [23_236, 22_064, 21_075, 20_269, 18_210]
    cohorts = {one["cohort"]: one["consumers"] for one in found["cohorts"]["items"]}
    assert (cohorts["1997-01"], cohorts["1997-02"][0], cohorts["1997-03"][0]) == (JANUARY, 8476, 7248)
    assert found["frequency"]["items"][0] == {"orders": 1, "consumers": 11_908}
    four = {name: round(one, 3) for name, one in found["alive"]["value"].items()}
    assert four == {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "log_likelihood": -9582.4}
    assert found["alive"]["n"] == 2357


def test_what_cannot_be_told_says_why(shell: Shell) -> None:
    answer = shell("figures", "alive", "--json")
    assert answer.json == {"value": None, "status": "unknown", "reason": "orders were never loaded"}
    assert "Unknown: orders were never loaded." in shell("figures", "silence").out


def test_a_moment_that_is_none_is_refused_with_the_option(shell: Shell) -> None:
    answer = shell("figures", "silence", "--as-of", "yesterday", "--json")
    assert answer.code == 2
    assert answer.json["error"]["message"].startswith("'yesterday' is not a time")


def test_segments_and_cohorts_of_organisations_are_printed_for_people_and_programs(shell: Shell) -> None:
    head = "id,name,created_at,canceled_at\n"
    shell.write(f"{head}a,Ann,2026-01-05,\nb,Bob,2026-01-09,2026-02-02\nc,Cy,2026-02-01,\n", "organizations.csv")
    shell.write("id,organization_id,ordered_at,total_cents\n1,a,2026-02-20,500\n", "orders.csv")
    for table in ("organizations", "orders"):
        assert shell("load", table, f"{table}.csv").code == 0
    found = shell("figures", "retention", "--as-of", "2026-03-01", "--json").json["items"]
    kept = {one["cohort"]: (one["started"], [month["value"] for month in one["kept"]]) for one in found}
    assert kept == {"2026-01": (2, [2, 1]), "2026-02": (1, [1])}
    segments = shell("figures", "rfm", "--as-of", "2026-03-01", "--json").json["items"]
    assert {one["segment"]: one["units"]["value"] for one in segments if one["units"]["value"]} == {
        "dormant": 1,
        "never_purchased": 1,
    }
    assert "2 1" in shell("figures", "retention", "--as-of", "2026-03-01").out
    assert "never_purchased" in shell("figures", "rfm", "--as-of", "2026-03-01").out
