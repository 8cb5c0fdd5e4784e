"""What a provider says of a letter stands, even while the sender has not written down that it left."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.posting import Office, Way
from opsbook.inbox.opt_outs import OptOuts
from opsbook.inbox.receipts import FEWEST_LETTERS, Receipts, brake
from opsbook.records.receipts import Receipts as ReceiptRows
from opsbook.sdk.effects import Parcel, mark
from opsbook.sdk.hook import Fate


@pytest.fixture
def office(store, clock, make_campaigns, organization) -> Office:
    return Office(store, clock, make_campaigns(), [organization(f"o{number}", state="NY") for number in range(1, 5)])


@pytest.fixture
def receipts(office) -> Receipts:
    async def tell(campaign_id: str, text: str) -> None:
        office.told.append(text)

    return Receipts(ReceiptRows(office.store), OptOuts(office.store, office.clock), tell, office.clock)


def word(parcel: Parcel, fate: Fate) -> dict[str, Any]:
    bare = {"provider_id": "", "at": None, "detail": ""}
    return {"fate": fate.value, "address": parcel.to, "mark": mark(parcel.key), **bare}


async def test_a_letter_of_which_is_told_while_others_still_leave_is_not_set_back(office, receipts, offer, origin):
    found = await office.campaigns.draft(office.now, offer(), "email", **origin)
    campaign_id = str(found["campaign_id"])
    office.becomes(campaign_id, "approved")
    heard: list[Any] = []

    def answer(parcel: Parcel) -> Any:
        async def told() -> None:
            for earlier in way.taken:
                heard.append(await receipts.heard(word(earlier, Fate.DELIVERED), "smtp", office.clock.now()))

        return told()

    way = Way(answer)
    await office.sender(way).round()
    assert len(way.taken) == 4
    assert {over for _, over in heard} == {True}
    assert sorted(state for state, _ in office.states(campaign_id).values()) == ["delivered"] * 3 + ["sent"]
    assert office.status(campaign_id) == "sent"
    assert office.told == ["The campaign is sent: 3 delivered, 1 sent."]
    (last,) = (parcel for parcel in way.taken[-1:])
    await receipts.heard(word(last, Fate.DELIVERED), "smtp", office.clock.now())
    keys = {row["effect_key"] for row in office.rows.letters(campaign_id)}
    assert keys == {parcel.key for parcel in way.taken}


async def test_the_word_of_another_provider_about_a_letter_is_not_taken(office, receipts, offer, origin):
    found = await office.campaigns.draft(office.now, offer(), "email", **origin)
    office.becomes(found["campaign_id"], "approved")
    way = Way()
    await office.sender(way).round()
    became, over = await receipts.heard(word(way.taken[0], Fate.BOUNCED), "mailjet", office.clock.now())
    assert (became, over) == ({"became": "unknown"}, True)
    assert {state for state, _ in office.states(found["campaign_id"]).values()} == {"sent"}


@pytest.mark.parametrize(
    ("left", "complaints", "paused"),
    [(FEWEST_LETTERS - 1, 50, False), (FEWEST_LETTERS, 1, True), (1000, 1, False), (1000, 2, True), (5000, 0, False)],
)
def test_more_than_one_complaint_in_a_thousand_is_too_many_once_there_are_enough_letters(left, complaints, paused):
    assert (brake(left, complaints) is not None) == paused
