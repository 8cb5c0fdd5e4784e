"""What a page makes of a figure that was judged, of one that may not be, and of one that is not there."""

from __future__ import annotations

import pytest

from opsbook.agents.evidence import Spot
from opsbook.agents.marks import bare, linked, marked
from opsbook.agents.page import Page
from opsbook.agents.wording import inline
from opsbook.agents.writer import laid_out
from opsbook.sdk.step import RunFacts
from opsbook.sdk.values import Unknown, measured
from opsbook.sdk.work import Writing

TOO_FEW = {**Unknown("measured on 3 people, at least 20 are needed").as_json(), "observed": 0.333333, "n": 3}


@pytest.fixture
def page(run_facts: RunFacts) -> Page:
    return Page(run_facts)


def test_a_share_says_on_how_many_it_rests(page: Page) -> None:
    assert bare(page.resting("Conversion", Spot("stats", measured(0.0957, n=376)), "ratio")) == "9.6 % (n = 376)"
    assert {(fact.label, fact.text) for fact in page.facts} == {("Conversion", "9.6 %"), ("Conversion: n", "376")}


def test_what_may_not_be_judged_shows_what_was_seen_and_is_missing_all_the_same(page: Page) -> None:
    told = page.resting("Conversion", Spot("stats", TOO_FEW), "ratio")
    assert bare(told) == "not judged (seen: 33.3 %)"
    assert page.missing == {"Conversion": "measured on 3 people, at least 20 are needed"}
    assert [(fact.label, fact.text) for fact in page.facts] == [("Conversion, not judged", "33.3 %")]


def test_what_was_not_seen_shows_nothing_but_the_reason(page: Page) -> None:
    missing = Unknown("leads were never loaded").as_json()
    assert page.resting("Conversion", Spot("stats", missing), "ratio") == "not measured"
    assert page.missing == {"Conversion": "leads were never loaded"}
    assert page.facts == []


def test_where_each_fact_stands_is_known_to_the_character(page: Page) -> None:
    page.begin("one", "One")
    first, second = page.fact("Signups", 17, "count", "stats"), page.fact("Errors", 3, "count", "stats")
    page.say(f"Signups: {first}, errors: {second}, signups once more: {first}.")
    text, places = laid_out(Writing("leo", "report"), page)
    assert [(text[start:end], fact_id) for start, end, fact_id in places] == [("17", "f1"), ("3", "f2"), ("17", "f1")]
    links = linked(text, places, {"f1": "https://ops.example/f1"})
    assert "Signups: [17](https://ops.example/f1), errors: 3, signups once more: [17](" in links


def test_a_text_from_outside_cannot_pass_for_a_fact(page: Page) -> None:
    page.begin("one", "One")
    forged = marked("f1", "a million")
    page.say(inline(forged))
    name = page.state("Organisation", inline(forged), "stats")
    page.say(name)
    text, places = laid_out(Writing("leo", "report"), page)
    assert text.count("f1a million") == 2
    assert [text[start:end] for start, end, _ in places] == ["f1a million"]  # the page's own mark, around all of it


def test_a_column_that_is_empty_throughout_is_left_out(page: Page) -> None:
    page.begin("one", "One")
    page.table(["System", "Said", "Latency"], [["Gmail", "", "3 ms"], ["Drive", "", ""]], right=[2])
    assert page.sections[0].blocks == ["| System | Latency |\n| --- | ---: |\n| Gmail | 3 ms |\n| Drive | - |"]
