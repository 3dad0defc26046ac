"""Environments: read through whoever runs the program, bounded one by one and together."""

from __future__ import annotations

from auditfalco.model.process import Environment, Image, Process
from auditfalco.state.environments import Environments


class Machine:
    """Gives each process its environment, and remembers being asked."""

    def __init__(self) -> None:
        self.environments: dict[int, list[str]] = {}
        self.asked: list[int] = []

    def environment(self, process: Process, exe_path: str | None) -> list[str] | None:
        """What the test said."""
        self.asked.append(process.pid)
        return self.environments.get(process.pid)


def running(pid: int) -> Process:
    """A process with an image of its own."""
    return Process(pid, 1, None, Image())


def test_one_reading_is_enough() -> None:
    machine = Machine()
    machine.environments[5] = ["A=1", "B=2"]
    process, environments = running(5), Environments(machine)
    assert environments.of(process, process.image) == Environment(("A=1", "B=2"), True)
    assert environments.of(process, process.image) is process.image.environment
    assert machine.asked == [5]


def test_nothing_is_read_ahead_unless_rules_ask() -> None:
    machine = Machine()
    machine.environments[5] = ["A=1"]
    process, environments = running(5), Environments(machine)
    environments.learn(process, process.image)
    assert machine.asked == []
    environments.wanted = True
    environments.learn(process, process.image)
    assert process.image.environment == Environment(("A=1",))


def test_too_late() -> None:
    machine = Machine()
    process, environments = running(5), Environments(machine)
    assert environments.of(process, process.image) is None
    machine.environments[5] = ["A=1"]
    process.pending.append(Image())
    assert environments.of(process, process.image) is None
    process.pending.clear()
    process.exit_ns = 7
    assert environments.of(process, process.image) is None
    assert Environments(None).of(running(6), Image()) is None


def test_a_long_environment_is_cut_between_variables() -> None:
    machine = Machine()
    machine.environments[5] = ["A=1", "B=" + "x" * 100, "C=3"]
    process, environments = running(5), Environments(machine, longest=150)
    assert environments.of(process, process.image) == Environment(("A=1",), False)
    assert environments.cuts == 1


def test_together_they_are_bounded() -> None:
    machine = Machine()
    processes = [running(pid) for pid in range(5)]
    environments = Environments(machine, kept=4 * 100)
    for process in processes:
        machine.environments[process.pid] = ["A=" + "x" * 33]
        environments.of(process, process.image)
    assert [process.image.environment is not None for process in processes] == [False, True, True, True, True]
    assert environments.evictions == 1
