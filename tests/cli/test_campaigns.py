"""What a person sees of a campaign, and how they stop it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cli.commanding import Shell
from stories.sending import approved, settle_down
from web.receiving import Wire, post_in


@pytest.fixture
def campaign(shell: Shell) -> str:
    """An approved campaign to three people."""
    settle_down(shell.folder, port=9)
    return approved(shell.folder, 3)


@pytest.fixture(autouse=True)
def at_home(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSBOOK_HOME", str(shell.folder / "home"))


def test_a_campaign_shows_its_letters_and_where_it_stands(shell: Shell, campaign: str) -> None:
    (listed,) = shell("campaigns", "list", "--json").json["items"]
    assert (listed["id"], listed["status"], listed["recipients"]) == (campaign, "approved", 3)
    shown = shell("campaigns", "show", campaign)
    assert "is approved" in shown.out
    assert "o00002@example.com" in shown.out
    whole = shell("campaigns", "show", campaign, "--letters").out
    assert whole.count("https://ops.example.com/unsubscribe/") == 3
    told = shell("campaigns", "show", campaign, "--json").json
    assert told["sending"] == {}
    assert told["performance"]["left"] == 0
    assert told["performance"]["complained"] == {"value": None, "status": "unknown", "reason": "no letter has left"}
    assert shell("campaigns", "list", "--status", "sent", "--json").json["items"] == []


def test_it_is_put_off_paused_resumed_and_cancelled_by_a_person(shell: Shell, campaign: str) -> None:
    later = "2100-01-01T10:00-05:00"
    assert "scheduled" in shell("campaigns", "schedule", campaign, "--at", later, "--as", "owner").out
    paused = shell("campaigns", "pause", campaign, "--reason", "a typo", "--as", "second", "--json").json
    assert (paused["status"], paused["sending"]["note"]["message"]) == ("paused", "second: a typo")
    assert "sending" in shell("campaigns", "resume", campaign, "--as", "owner").out
    refused = shell("campaigns", "cancel", campaign, "--reason", "no", "--as", "owner")
    assert (refused.code, "The campaign is sending." in refused.err) == (10, True)
    shell("campaigns", "pause", campaign, "--reason", "no", "--as", "owner")
    assert "cancelled" in shell("campaigns", "cancel", campaign, "--reason", "no", "--as", "owner").out


def test_an_edit_takes_the_approval_back_and_whoever_made_it_may_not_approve(shell: Shell, campaign: str) -> None:
    letter = shell("campaigns", "show", campaign, "--json").json["messages"][0]
    file = shell.write(f"{letter['body']}\n\nSee you soon!", "letter.txt")
    words = ("campaigns", "edit", campaign, letter["contact_id"])
    edited = shell(*words, "--body-file", file, "--as", "second", "--json")
    assert (edited.code, edited.json["status"]) == (0, "pending_approval")
    (waiting,) = shell("approvals", "list", "--json").json["items"]
    refused = shell("approve", waiting["id"], "--as", "second")
    assert (refused.code, "edited it last" in refused.err) == (9, True)
    shown = shell("approvals", "show", waiting["id"])
    assert "See you soon!" in shown.out
    assert shell("approve", waiting["id"], "--as", "owner").code == 0
    assert shell("campaigns", "show", campaign, "--json").json["status"] == "approved"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["edit", "{}", "nobody", "--subject", "x", "--as", "owner"], 8, "has no letter to 'nobody'"),
        (["edit", "{}", "nobody", "--body-file", "none.txt", "--as", "owner"], 2, "cannot be read"),
        (["pause", "campaign_none", "--reason", "x", "--as", "owner"], 8, "There is no campaign"),
        (["pause", "{}", "--reason", "x", "--as", "stranger"], 9, "Nobody in the settings is called"),
        (["pause", "{}", "--reason", "x"], 2, "Nobody can tell who decides"),
        (["schedule", "{}", "--at", "tomorrow", "--as", "owner"], 2, "no time that says its zone"),
        (["schedule", "{}", "--at", "2020-01-01T00:00Z", "--as", "owner"], 2, "is past"),
        (["letters", "campaign_none"], 8, "There is no campaign"),
    ],
)
def test_what_cannot_be_done_says_why(shell: Shell, campaign: str, words: list[str], code: int, said: str) -> None:
    answer = shell("campaigns", *(word.format(campaign) for word in words))
    assert (answer.code, said in answer.err) == (code, True), answer.err


def test_letters_of_a_campaign_that_nobody_began_are_none(shell: Shell, campaign: str, tmp_path: Path) -> None:
    assert shell("campaigns", "letters", campaign, "--json").json["items"] == []


def test_what_its_provider_told_of_a_letter_is_shown_and_what_nobody_told_is_unknown(shell: Shell) -> None:
    settle_down(shell.folder, port=9)

    async def told() -> str:
        async with post_in(shell.folder, Wire()) as post:
            campaign = await post.sent(3)
            arrived = post.event("sent", "o00000@example.com")
            await post.tell(arrived, post.event("bounce", "o00001@example.com", hard_bounce=True))
            return campaign

    campaign = asyncio.run(told())
    letters = shell("campaigns", "letters", campaign, "--json").json["items"]
    assert [one["state"] for one in letters] == ["delivered", "bounced", "sent"]
    assert [
        one["contact_id"]
        for one in shell("campaigns", "letters", campaign, "--state", "bounced", "--json").json["items"]
    ] == ["u-o00001"]
    shown = shell("campaigns", "show", campaign).out
    assert "told by providers of 3 letters: 1 delivered, 1 bounced, 0 unsubscribed, 0 complained" in shown
    assert "opened, clicked: unknown." in shown
    assert shell("campaigns", "show", campaign, "--json").json["performance"]["bounced"]["told_by"] == ["mailjet"]
