"""Fixtures: one emulator for all tests of the shop, and for each test a table and a queue of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.shop.emulator import Emulator, Orders, emulator, make_orders


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("moto") / "moto.log") as found:
        yield found


@pytest.fixture
def orders(aws: Emulator) -> Orders:
    return make_orders(aws)
