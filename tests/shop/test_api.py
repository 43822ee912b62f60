"""The API does what its description says, whatever it is sent."""

# pyright: basic
# schemathesis's types are incomplete.

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.shop.emulator import Emulator, make_orders
from tests.shop.processes import Program, running

CASES = 1000
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def app(aws: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running("app", tmp_path_factory.mktemp("app"), make_orders(aws).variables) as program:
        yield program


def test_a_thousand_cases_of_good_and_bad_input_are_answered_as_described(app: Program) -> None:
    description = schemathesis.openapi.from_url(f"{app.url}/api/openapi.json")
    operations = [result.ok() for result in description.get_all_operations() if isinstance(result, Ok)]
    statuses: dict[int, int] = {}

    @settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(
        st.one_of(
            [
                operation.as_strategy(generation_mode=mode)
                for operation in operations
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
            ]
        )
    )
    def answered_as_described(case: schemathesis.Case[Any]) -> None:
        answer = case.call_and_validate(checks=CHECKS)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1

    answered_as_described()

    assert len(operations) == 3
    assert sum(statuses.values()) >= CASES
    assert {202, 404, 422} <= statuses.keys()
    assert max(statuses) < 500


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 422, "body: Field required"),
        (b"{", 422, "body.1: JSON decode error"),
        (b"\xff", 400, "There was an error parsing the body"),
        (b"[]", 422, "body: Input should be a valid dictionary or object to extract fields from"),
        (b"{}", 422, "body.article: Field required"),
        (b'{"article": 1}', 422, "body.article: Input should be a valid string"),
        (b'{"article": "  "}', 422, "body.article: String should match pattern"),
        (b'{"article": "a\\nb"}', 422, "body.article: String should match pattern"),
        (b'{"article": "\\ud800"}', 422, "body.article: Input should be a valid string"),
        (b'{"article": "tea", "quantity": 0}', 422, "body.quantity: Input should be greater than or equal to 1"),
        (b'{"article": "tea", "quantity": "2"}', 422, "body.quantity: Input should be a valid integer"),
        (b'{"article": "tea", "quantity": 1e999}', 422, "body.quantity: Input should be a valid integer"),
        (b'{"article": "tea", "price": 0}', 422, "body.price: Extra inputs are not permitted"),
        (b'{"article": ' + b"[" * 100_000, 400, "There was an error parsing the body"),
    ],
)
def test_what_is_no_order_is_refused_and_the_answer_says_why(
    app: Program, body: bytes, status: int, error: str
) -> None:
    answer = httpx.post(f"{app.url}/api/orders", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert answer.json()["error"].startswith(error)


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/api/orders/1", 422, "path.order_id: Input should be a valid UUID"),
        (
            "GET",
            "/api/orders/00000000-0000-4000-8000-000000000000",
            404,
            "there is no order 00000000-0000-4000-8000-000000000000",
        ),
        (
            "GET",
            "/api/orders/00000000-0000-4000-8000-000000000000/receipt",
            404,
            "there is no receipt of an order 00000000-0000-4000-8000-000000000000 yet",
        ),
        ("GET", "/api/basket", 404, "Nothing matches the given URI"),
        ("DELETE", "/api/orders", 405, "Specified method is invalid for this resource"),
    ],
)
def test_what_is_not_there_is_said_to_be_so(app: Program, method: str, path: str, status: int, error: str) -> None:
    answer = httpx.request(method, f"{app.url}{path}")

    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert answer.json()["error"].startswith(error)


def test_an_order_is_found_where_the_answer_says(app: Program) -> None:
    placed = httpx.post(f"{app.url}/api/orders", json={"article": "tea"})
    found = httpx.get(f"{app.url}{placed.headers['location']}")

    assert found.json() == placed.json()
    assert (found.json()["state"], found.json()["quantity"]) == ("placed", 1)


def test_the_web_server_hands_bad_input_to_the_api_and_its_answer_back(app: Program, tmp_path: Path) -> None:
    with running("web", tmp_path, {"APP_URL": app.url}) as web:
        odd = [httpx.get(f"{web.url}/api/orders/{part}") for part in ("a%2Fb", "a%3Fb%23", "..%2F..", "%FF%00", "%")]
        bad = httpx.post(f"{web.url}/api/orders", content=b"{")

    assert [one.status_code for one in odd] == [404, 422, 404, 422, 422]
    assert bad.status_code == 422
