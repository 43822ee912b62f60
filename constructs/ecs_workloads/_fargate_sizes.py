"""Task sizes that Fargate accepts.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
"""

from __future__ import annotations

from collections.abc import Iterable

from ecs_workloads._checks import is_token, require

_GIB = 1024
# CPU units to the values of memory, in MiB, that go with them.
_MEMORY = {
    256: (512, 1024, 2048),
    512: tuple(range(1 * _GIB, 4 * _GIB + 1, _GIB)),
    1024: tuple(range(2 * _GIB, 8 * _GIB + 1, _GIB)),
    2048: tuple(range(4 * _GIB, 16 * _GIB + 1, _GIB)),
    4096: tuple(range(8 * _GIB, 30 * _GIB + 1, _GIB)),
    8192: tuple(range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB)),
    16384: tuple(range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB)),
}


def check_fargate_size(subject: str, cpu: int, memory_limit_mib: int) -> None:
    """Refuse a pair that is none of Fargate's, and name the nearest that are: with this ``cpu``, and this memory."""
    if is_token(cpu) or is_token(memory_limit_mib):
        return
    require(
        cpu in _MEMORY,
        subject,
        f"cpu must be one of {', '.join(map(str, _MEMORY))}, got {cpu} (nearest: {_in_words(_nearest(cpu, _MEMORY))})",
    )
    allowed = _MEMORY[cpu]
    nearest = [f"memory_limit_mib={_in_words(_nearest(memory_limit_mib, allowed))}"]
    others = _nearest(cpu, [other for other, memory in _MEMORY.items() if memory_limit_mib in memory])
    if others:
        nearest.append(f"cpu={_in_words(others)} with memory_limit_mib={memory_limit_mib}")
    require(
        memory_limit_mib in allowed,
        subject,
        f"with cpu={cpu}, memory_limit_mib must be from {allowed[0]} to {allowed[-1]} in Fargate's steps, "
        f"got {memory_limit_mib} (nearest: {', or '.join(nearest)})",
    )


def _nearest(value: int, allowed: Iterable[int]) -> list[int]:
    """Return the largest allowed value below ``value`` and the smallest above it, as far as there are any."""
    known = sorted(allowed)
    return [*[one for one in known if one < value][-1:], *[one for one in known if one > value][:1]]


def _in_words(values: Iterable[int]) -> str:
    return " or ".join(map(str, values))
