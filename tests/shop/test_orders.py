"""From an order to its receipt: the real programs as processes, against an emulator of SQS and DynamoDB."""

from __future__ import annotations

import io
import json
from pathlib import Path

import httpx
import pypdf

from tests.shop.emulator import Orders
from tests.shop.processes import Program, free_port, running, wait_until

QUICK = {"WORK_SECONDS": "0"}


def place(url: str, article: str = "Tee für zwei", quantity: int = 2) -> str:
    answer = httpx.post(f"{url}/api/orders", json={"article": article, "quantity": quantity})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def wait_until_done(orders: Orders, *order_ids: str) -> None:
    wait_until(
        lambda: all(orders.states().get(one) == "done" for one in order_ids), f"{len(order_ids)} orders are done"
    )


def metrics(program: Program) -> list[dict[str, object]]:
    return [line for line in program.lines() if "_aws" in line]


def test_an_order_becomes_a_receipt(orders: Orders, tmp_path: Path) -> None:
    with (
        running("app", tmp_path, orders.variables) as app,
        running("web", tmp_path, {"APP_URL": app.url}) as web,
        running("worker", tmp_path, {**orders.variables, **QUICK}),
    ):
        order_id = place(web.url)
        wait_until_done(orders, order_id)
        order = httpx.get(f"{web.url}/api/orders/{order_id}").json()
        receipt = httpx.get(f"{web.url}/api/orders/{order_id}/receipt")

    assert (order["article"], order["quantity"], order["state"]) == ("Tee für zwei", 2, "done")
    assert order["placed_at"] < order["done_at"]
    assert receipt.headers["content-type"] == "application/pdf"
    [page] = pypdf.PdfReader(io.BytesIO(receipt.content)).pages
    assert f"Order {order_id}" in page.extract_text()
    assert "2 × Tee für zwei" in page.extract_text()


def test_request_and_order_id_go_from_the_page_to_the_worker(orders: Orders, tmp_path: Path) -> None:
    with (
        running("app", tmp_path, orders.variables) as app,
        running("web", tmp_path, {"APP_URL": app.url}) as web,
        running("worker", tmp_path, {**orders.variables, **QUICK}) as worker,
    ):
        answer = httpx.post(f"{web.url}/api/orders", json={"article": "tea"}, headers={"x-request-id": "from-the-page"})
        order_id = answer.json()["id"]
        wait_until_done(orders, order_id)
        wait_until(lambda: bool(worker.lines("order done")), "the worker says so")
        [at_web] = [line for line in web.lines("request answered") if line["method"] == "POST"]
        [at_app] = app.lines("order placed")
        [at_worker] = worker.lines("order done")

    assert answer.headers.get_list("x-request-id") == ["from-the-page"]
    assert {line["request_id"] for line in (at_web, at_app, at_worker)} == {"from-the-page"}
    assert (at_app["order_id"], at_worker["order_id"]) == (order_id, order_id)
    assert [line["service"] for line in (at_web, at_app, at_worker)] == ["web", "app", "worker"]


def test_a_request_id_that_does_not_belong_in_a_log_is_replaced(orders: Orders, tmp_path: Path) -> None:
    with running("app", tmp_path, orders.variables) as app:
        answer = httpx.get(f"{app.url}/healthz", headers={"x-request-id": 'a"b'})

    assert len(answer.headers["x-request-id"]) == 36


def test_orders_placed_and_done_and_the_time_between_are_measured(orders: Orders, tmp_path: Path) -> None:
    with (
        running("app", tmp_path, orders.variables) as app,
        running("worker", tmp_path, {**orders.variables, **QUICK}) as worker,
    ):
        wait_until_done(orders, place(app.url))
        wait_until(lambda: bool(metrics(worker)), "the worker has measured it")
        [placed], [done] = metrics(app), metrics(worker)

    assert (placed["OrdersPlaced"], placed["Table"]) == (1, orders.table)
    assert (done["OrdersDone"], done["Table"]) == (1, orders.table)
    assert 0 < float(str(done["TimeToReceipt"])) < 60


def test_a_message_that_comes_twice_makes_one_receipt(orders: Orders, tmp_path: Path) -> None:
    with (
        running("app", tmp_path, orders.variables) as app,
        running("worker", tmp_path, {**orders.variables, **QUICK}) as worker,
    ):
        order_id = place(app.url)
        wait_until_done(orders, order_id)
        first = httpx.get(f"{app.url}/api/orders/{order_id}").json()["done_at"]
        orders.sqs.send_message(QueueUrl=orders.queue_url, MessageBody=json.dumps({"order_id": order_id}))
        said = "nothing to do: the order has its receipt or was withdrawn"
        wait_until(lambda: bool(worker.lines(said)), "the worker has seen it again")
        again = httpx.get(f"{app.url}/api/orders/{order_id}").json()["done_at"]
        wait_until(lambda: orders.messages() == 0, "both messages are acknowledged")

    assert again == first
    assert len(worker.lines("order done")) == 1
    assert len(metrics(worker)) == 1


def test_a_message_that_is_no_order_ends_among_the_dead_letters(orders: Orders, tmp_path: Path) -> None:
    orders.sqs.send_message(QueueUrl=orders.queue_url, MessageBody="no order")
    with running("worker", tmp_path, {**orders.variables, **QUICK}):
        wait_until(lambda: orders.dead_letters() == 1, "the message is among the dead letters")


def test_alive_and_ready_differ_while_the_table_is_away(orders: Orders, tmp_path: Path) -> None:
    broken = {**orders.variables, "ORDERS_TABLE": "no-such-table"}
    with running("app", tmp_path, broken) as app, running("web", tmp_path, {"APP_URL": app.url}) as web:
        answers = [httpx.get(f"{url}{path}") for url in (app.url, web.url) for path in ("/healthz", "/readyz")]
        order = httpx.post(f"{web.url}/api/orders", json={"article": "tea"})

    assert [one.status_code for one in answers] == [200, 503, 200, 503]
    assert answers[1].json() == answers[3].json() == {"error": "the table of the orders cannot be reached"}
    assert order.status_code == 503
    assert order.json() == {"error": "the shop cannot reach its orders just now; please try again"}


def test_an_order_that_the_queue_does_not_take_is_withdrawn(orders: Orders, tmp_path: Path) -> None:
    broken = {**orders.variables, "ORDERS_URL": f"{orders.queue_url}-that-is-not-there"}
    with running("app", tmp_path, broken) as app:
        ready = httpx.get(f"{app.url}/readyz")
        answer = httpx.post(f"{app.url}/api/orders", json={"article": "tea"}, timeout=30)

    assert (ready.status_code, ready.json()) == (503, {"error": "the queue of the orders cannot be reached"})
    assert answer.status_code == 503
    assert orders.states() == {}


def test_programs_that_can_serve_are_ready(orders: Orders, tmp_path: Path) -> None:
    with running("app", tmp_path, orders.variables) as app, running("web", tmp_path, {"APP_URL": app.url}) as web:
        assert [httpx.get(f"{one.url}/readyz").status_code for one in (app, web)] == [200, 200]


def test_the_page_lives_without_an_app_server_and_says_that_the_shop_is_down(tmp_path: Path) -> None:
    with running("web", tmp_path, {"APP_URL": f"http://127.0.0.1:{free_port()}"}) as web:
        page = httpx.get(f"{web.url}/")
        ready = httpx.get(f"{web.url}/readyz")
        order = httpx.post(f"{web.url}/api/orders", json={"article": "tea"})

    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert (ready.status_code, ready.json()) == (503, {"error": "the app server cannot be reached"})
    assert (order.status_code, order.json()["error"]) == (503, "the shop does not answer just now; please try again")
