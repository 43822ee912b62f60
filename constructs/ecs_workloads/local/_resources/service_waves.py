"""Services of a stack that need nothing of each other start together, and the stack waits for all, as on AWS.

ministack creates the resources of a stack one at a time, each when the one before it is complete.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document

SERVICE = "AWS::ECS::Service"
_PAUSE = 0.1

Event = Callable[..., None]


class _Wave:
    """Services that start together.

    Args:
        names: Their logical ids, in the order in which they start.
        add_event: Adds an event to those of the stack.
    """

    def __init__(self, names: Sequence[str], add_event: Event) -> None:
        self.last = names[-1]
        self._names = frozenset(names)
        self._add_event = add_event
        self._rolling: dict[str, Callable[[], bool]] = {}
        self._complete: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {}

    def __contains__(self, logical_id: object) -> bool:
        return logical_id in self._names

    def add(self, logical_id: str, is_steady: Callable[[], bool]) -> None:
        """Keep how to ask whether a service is steady that has started."""
        self._rolling[logical_id] = is_steady

    def keep(self, event: tuple[str, ...], details: dict[str, str]) -> bool:
        """Keep the event that a service is complete until it is; return ``False`` when it is steady already."""
        logical_id = event[2]
        if logical_id not in self._rolling:
            return False
        self._complete[logical_id] = (event, details)
        return True

    def wait(self) -> None:
        """Return when all are steady.

        Raises:
            ValueError: One of them failed.
        """
        while self._rolling:
            for logical_id, is_steady in list(self._rolling.items()):
                try:
                    steady = is_steady()
                except ValueError as error:
                    self._fail(logical_id, str(error))
                    raise
                if steady:
                    del self._rolling[logical_id]
                    if logical_id in self._complete:
                        event, details = self._complete.pop(logical_id)
                        self._add_event(*event, **details)
            time.sleep(_PAUSE)

    def _fail(self, logical_id: str, reason: str) -> None:
        """Say which one failed, unless it is the last: of that one ministack says so."""
        if logical_id in self._complete:
            stack_id, stack, _, kind, status = self._complete[logical_id][0]
            self._add_event(stack_id, stack, logical_id, kind, status.replace("COMPLETE", "FAILED"), reason)
            what = "creation" if status.startswith("CREATE") else "update"
            raise ValueError(f"Resource {what} cancelled: {logical_id} failed")


_waves: ContextVar[Sequence[_Wave]] = ContextVar("waves", default=())
_starting: ContextVar[tuple[_Wave, str] | None] = ContextVar("starting", default=None)


def finish(is_steady: Callable[[], bool]) -> None:
    """Wait until a service is steady: here, or where its wave has started.

    Args:
        is_steady: Says whether it is. Raises ``ValueError`` when it will not be.
    """
    starting = _starting.get()
    if starting is not None:
        wave, logical_id = starting
        wave.add(logical_id, is_steady)
        return
    while not is_steady():
        time.sleep(_PAUSE)


def start_together() -> None:
    """Make ministack start the services of a stack in waves."""
    stacks = _ministack.module("services.cloudformation.stacks")
    sort, dependencies, add_event = stacks._topological_sort, stacks._extract_deps, stacks._add_event

    def in_waves(resources: Document, conditions: Document) -> list[str]:
        waiting: list[str] = sort(resources, conditions)
        names, done = set(waiting), set[str]()
        needs: dict[str, set[str]] = {name: set(dependencies(resources[name], names)) - {name} for name in waiting}
        ordered: list[str] = []
        waves: list[_Wave] = []
        while waiting:
            for name in waiting:
                if resources[name].get("Type") != SERVICE and needs[name] <= done:
                    ordered.append(name)
                    done.add(name)
            services = [name for name in waiting if name not in done and needs[name] <= done]
            if services:
                waves.append(_Wave(services, add_event))
            ordered += services
            done.update(services)
            waiting = [name for name in waiting if name not in done]
        _waves.set(waves)
        return ordered

    def add_event_in_time(*event: str, **details: str) -> None:
        if "ROLLBACK" in event[4]:
            _waves.set(())  # what goes back goes one at a time
        complete = event[3] == SERVICE and event[4].endswith("_COMPLETE")
        if not (complete and any(wave.keep(event, details) for wave in _waves.get())):
            add_event(*event, **details)

    _ministack.replace(stacks, "_topological_sort", in_waves)
    _ministack.replace(stacks, "_add_event", add_event_in_time)
    for name, place in (("_provision_keeping_seed", 1), ("_update_keeping_seed", 5)):
        _ministack.replace(stacks, name, _in_its_wave(getattr(stacks, name), place))


def _in_its_wave(original: Callable[..., object], place: int) -> Callable[..., object]:
    """Return ``original``, which makes or changes the resource whose logical id is the argument at ``place``."""

    def run(*arguments: object) -> object:
        logical_id = str(arguments[place])
        wave = next((wave for wave in _waves.get() if logical_id in wave), None)
        if wave is None:
            return original(*arguments)
        token = _starting.set((wave, logical_id))
        try:
            made = original(*arguments)
        finally:
            _starting.reset(token)
        if logical_id == wave.last:
            wave.wait()
        return made

    return run
