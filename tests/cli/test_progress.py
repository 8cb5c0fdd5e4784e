"""What a terminal shows of a run while it goes."""

from __future__ import annotations

from opsbook.cli._progress import Progress
from opsbook.runs.events import Bus, ModelWrote, RunStarted, StepStarted


def shown(progress: Progress) -> str:
    return str(progress.status.status)


def test_the_length_of_what_a_model_writes_stands_behind_its_step() -> None:
    progress = Progress("run_1", quiet=False)
    progress.hear(RunStarted("run_1", "Daily check"))
    assert shown(progress) == "Daily check"
    progress.hear(StepStarted("run_1", "steps/0", "Write the report"))
    progress.hear(ModelWrote("run_1", "steps/0", 1240))
    assert shown(progress) == "Write the report · a model writes, 1,240 characters so far"
    progress.hear(ModelWrote("run_2", "steps/0", 9))
    assert "1,240" in shown(progress)


def test_answers_are_counted_only_while_somebody_listens_closely() -> None:
    bus, heard = Bus(), list[object]()
    with bus.listening(heard.append):
        assert bus.watching("run_1", "steps/0") is None
        with bus.listening(lambda _event: None, closely=True):
            tell = bus.watching("run_1", "steps/0")
            assert tell is not None
            tell(80)
        assert bus.watching("run_1", "steps/0") is None
    assert heard == [ModelWrote("run_1", "steps/0", 80)]
    assert not Progress("run_1", quiet=False).lively  # nobody looks at a pipe
