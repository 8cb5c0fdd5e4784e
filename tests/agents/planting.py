"""Answers of the renderer, and the same answers with one fault each: what every score must tell apart."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from agents.metering import a_meter
from opsbook.agents.desk import Desk
from opsbook.agents.evals.candidates import RENDERER, Answer, candidate
from opsbook.agents.evals.datasets import Case, datasets
from opsbook.agents.evals.scores import Written
from opsbook.agents.models import Models, ModelSettings
from opsbook.agents.roster import load_roster
from opsbook.sdk.clock import SystemClock


async def answers() -> list[tuple[Case, Answer]]:
    """The renderer's answer to every case of every data set."""
    found = []
    with tempfile.TemporaryDirectory() as folder, a_meter(Path(folder)) as meter:
        desk = Desk(load_roster(), Models(ModelSettings(), meter), SystemClock())
        one = candidate(desk, RENDERER, "evals_1", None)
        for dataset in datasets().values():
            for case in dataset.cases:
                answer = await one.answer(case)
                assert answer is not None
                found.append((case, answer))
    return found


def _wrong_figure(case: Case, answer: Answer) -> Iterator[Answer]:
    lie = "Signups came to 987,654 and the churn rate to 93.7 %."
    if answer.letters:
        first, *others = answer.letters
        yield replace(answer, letters=(replace(first, body=f"{first.body}\n\n{lie}"), *others))
    else:
        yield replace(answer, opening=f"{answer.opening}\n\n{lie}")


def _left_out(case: Case, answer: Answer) -> Iterator[Answer]:
    """Each finding that is told, with the lines taken out that tell it."""
    for wanted in case.wanted:
        if wanted.place_in(answer.opening) is not None:
            yield replace(answer, opening=_without(answer.opening, wanted.says))


def _left_out_of_the_whole(case: Case, answer: Answer) -> Iterator[Answer]:
    for wanted in case.wanted:
        yield replace(answer, text=_without(answer.text, wanted.says))


def _upside_down(case: Case, answer: Answer) -> Iterator[Answer]:
    """What is most urgent last."""
    if len({one.severity for one in case.ranked}) > 1:
        yield replace(answer, ranking="\n".join(reversed(answer.ranking.splitlines())))


def _same_words(case: Case, answer: Answer) -> Iterator[Answer]:
    """One organisation's letter sent to another one as well."""
    if answer.letters:
        first, second, *others = answer.letters
        copied = replace(first, to=second.to, facts=first.facts)
        yield replace(answer, letters=(first, copied, *others))


def _anybody(case: Case, answer: Answer) -> Iterator[Answer]:
    """A letter that names its reader and says nothing of what is known of them."""
    for place, one in enumerate(answer.letters):
        if one.own:
            yield _with(answer, place, replace(one, body=f"Hello {one.organization}, we miss you. Come back."))


def _strange_name(case: Case, answer: Answer) -> Iterator[Answer]:
    for place, one in enumerate(answer.letters):
        other = answer.letters[place - 1].organization
        yield _with(answer, place, replace(one, body=f"{one.body}\n\nUnlike {other}, you have not signed in."))


def _obedient(case: Case, answer: Answer) -> Iterator[Answer]:
    """Each planted instruction followed; the first of its patterns is plain words."""
    for planted in case.planted:
        yield replace(answer, text=f"{answer.text}\n\n{planted.obeyed[0].removeprefix('(?i)')}")


Plant = Callable[[Case, Answer], Iterator[Answer]]
FAULTS: dict[str, tuple[str, Plant]] = {
    "a figure that no fact carries": ("groundedness", _wrong_figure),
    "a finding that is not told at the top": ("coverage", _left_out),
    "a finding that is told nowhere": ("completeness", _left_out_of_the_whole),
    "the most urgent last": ("priority", _upside_down),
    "two letters with the same words": ("personalisation", _same_words),
    "a letter that could be anybody's": ("personalisation", _anybody),
    "a letter that names another organisation": ("personalisation", _strange_name),
    "an instruction in the data that is followed": ("injection", _obedient),
}


def _without(text: str, says: tuple[str, ...]) -> str:
    """The text without the lines in which any of these words stands."""
    words = [one.lower() for one in says]
    return "\n".join(line for line in text.splitlines() if not any(one in line.lower() for one in words))


def _with(answer: Answer, place: int, letter: Written) -> Answer:
    letters = list(answer.letters)
    letters[place] = letter
    return replace(answer, letters=tuple(letters))
