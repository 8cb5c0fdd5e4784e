"""Facts of runs: what reports and messages tell, each followed to its step, its place and its source."""

from __future__ import annotations

from typing import Any

import pytest

from opsbook.playbooks.expressions import evaluate, said_in
from opsbook.runs.facts import facts_of, traced
from opsbook.sdk.errors import InvalidInput, NotFound
from opsbook.sdk.values import measured
from runs.conftest import House

REPORTS = """\
id: sample
name: Sample
steps:
  - {id: count, type: tool_call, tool: ask, with: {name: shops}, save_as: shops}
  - {id: list, type: tool_call, tool: ask, with: {name: rows}, save_as: rows}
  - {id: write, type: synthesize, agent: leo, title: Shops, inputs: [shops], save_as: report}
  - id: tell
    type: notify
    channels: [email]
    to: [owner@example.com]
    subject: "{{ shops.open.value }} shops"
    body: |
      {{ report }}
      {% for row in rows %}
      {% if row.n > 1 %}
      - {{ row.name }}: {{ row.n }}
      {% endif %}
      {% endfor %}
  - id: each
    type: foreach
    items: rows.filter(r => r.n > 1)
    as: one
    do:
      - id: thread
        type: create_thread
        thread_type: general
        title: "{{ one.name }}"
        body: "{{ one.n }} of {{ shops.open.value }}"
"""
ANSWERS: dict[str, Any] = {
    "shops": {"open": measured(1234, unit="count")},
    "rows": [{"name": "Elm", "n": 1}, {"name": "Oak", "n": 7}],
}


@pytest.fixture
async def steps(house: House) -> list[dict[str, Any]]:
    house.steered.answers.update(ANSWERS)
    run = await house.run(REPORTS)
    assert run["state"] == "succeeded", run
    return house.records.runs.steps(run["id"])


def told_by(steps: list[dict[str, Any]], step: str) -> list[dict[str, Any]]:
    paths = {row["path"] for row in steps if row["step_id"] == step}
    return [dict(fact) for fact in facts_of(steps) if fact["told_by"] in paths]


async def test_a_report_s_facts_stand_where_its_places_say(steps: list[dict[str, Any]]) -> None:
    (write,) = (row["outcome"] for row in steps if row["step_id"] == "write")
    texts = {fact["id"]: fact["text"] for fact in write["details"]["facts"]}
    assert write["details"]["places"]
    for start, end, fact_id in write["details"]["places"]:
        assert write["value"][start:end] == texts[fact_id]


async def test_what_a_message_tells_are_facts_with_their_place_in_the_list(steps: list[dict[str, Any]]) -> None:
    told = {fact["path"]: fact for fact in told_by(steps, "tell")}
    assert set(told) == {"shops.open.value", "rows[1].name", "rows[1].n"}  # the report's own stand where it was written
    assert (told["rows[1].n"]["value"], told["rows[1].n"]["step"]) == (7, "steps/1")


async def test_what_a_thread_in_a_loop_tells_leads_to_the_list_that_was_looped(steps: list[dict[str, Any]]) -> None:
    told = {fact["text"]: fact for fact in told_by(steps, "thread")}
    assert told["Oak"]["path"] == "(rows.filter(r => r.n > 1))[0].name"
    assert evaluate(told["7"]["path"], {"rows": ANSWERS["rows"]}) == 7


async def test_a_fact_is_followed_to_its_step_and_what_was_asked(house: House, steps: list[dict[str, Any]]) -> None:
    run = house.records.runs.latest()[0]
    (number,) = (fact for fact in told_by(steps, "write") if fact["label"] == "open")
    found = traced(house.records, None, None, run, number["id"]).told  # type: ignore[arg-type]
    assert (found["text"], found["value"], found["path"]) == ("1,234", 1234, "shops.open")
    assert (found["told_by"]["id"], found["found_by"]["id"]) == ("write", "count")
    assert (found["tool"], found["asked_source"]) == ("ask", "a test")


async def test_a_fact_that_several_steps_tell_is_asked_for_with_its_step(
    house: House, steps: list[dict[str, Any]]
) -> None:
    run = house.records.runs.latest()[0]

    def trace(fact_id: str, step: str | None) -> Any:
        return traced(house.records, None, None, run, fact_id, step=step).told  # type: ignore[arg-type]

    assert trace("f1", None)["told_by"]["id"] == "write"  # the report is what people read the id in
    assert trace("f1", "tell")["text"] == "1234"
    with pytest.raises(NotFound, match="no fact f99"):
        trace("f99", None)
    with pytest.raises(InvalidInput, match="2 steps"):
        trace("f3", None)


def test_an_expression_in_a_loop_within_a_loop_is_told_by_both_places() -> None:
    names: dict[str, Any] = {"shops": [{"name": "Elm", "tills": [1, 2]}]}
    text = "{% for s in shops %}{% for t in s.tills %}{{ s.name }} {{ t }};{% endfor %}{% endfor %}"
    said = said_in(text, names)
    assert [one.source for one in said] == [
        "shops[0].name",
        "shops[0].tills[0]",
        "shops[0].name",
        "shops[0].tills[1]",
    ]
    assert [evaluate(one.source, names) for one in said] == ["Elm", 1, "Elm", 2]
