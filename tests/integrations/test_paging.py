"""A list that never ends: every system that follows pages ends at the bound that it has written down, and says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from integrations import paging
from integrations.paging import READS, bound, ends_and_says_so, read_endlessly
from opsbook.integrations import quality
from opsbook.integrations.catalog import ids
from opsbook.integrations.quality import State

BOUNDED = [key for key in ids() if quality.grades(key)["paging_bounded"].state is State.DONE]


def test_every_system_that_says_it_is_bounded_is_served_pages_without_an_end():
    assert set(BOUNDED) == set(READS)


@pytest.mark.parametrize("key", BOUNDED)
async def test_it_asks_for_as_many_pages_as_its_bound_says_and_names_what_was_too_much(key):
    ended, written = await read_endlessly(key), bound(key)
    assert ended.pages == written.MOST_PAGES
    assert f"ore than {written.PAGE * written.MOST_PAGES} " in (ended.said or "")


@pytest.mark.parametrize("key", BOUNDED)
async def test_a_list_that_ends_at_the_bound_is_read_to_its_end(key, monkeypatch):
    written, read = bound(key), READS[key]

    def last(number: int, size: int) -> dict:
        page = read.page(number, size)
        ends = {name: value for name, value in page.items() if name not in ("nextPageToken", "response_metadata")}
        return ends if number == written.MOST_PAGES else page

    monkeypatch.setitem(paging.READS, key, replace(read, page=last))
    ended = await read_endlessly(key)
    assert (ended.pages, ended.said) == (written.MOST_PAGES, None)
    assert not await ends_and_says_so(key)  # so the proof can fail
