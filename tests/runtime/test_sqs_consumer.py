"""What a consumer of SQS does where SQS refuses something, or does not do it at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ecs_workloads_runtime import Consumer, Message, Producer, QueueUnreachable, SqsConnection, _sqs_hold, _sqs_source
from ecs_workloads_runtime._sqs import make_client
from ecs_workloads_runtime._sqs_hold import Received, SqsHold
from tests.runtime.conftest import SqsQueueUnderTest, make_sqs_queue
from tests.runtime.test_consumer import AT_ONCE, running, wait_until

Call = Callable[..., Any]
HOURS = 60 * 60


def refused(code: str) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(answer, "DeleteMessage")


@pytest.fixture
def change_call(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[Call], Call]], None]:
    """Puts another in the place of a call of the client."""

    def change(name: str, hook: Callable[[Call], Call]) -> None:
        def made(connection: SqsConnection, **settings: Any) -> object:
            client = make_client(connection, **settings)
            monkeypatch.setattr(client, name, hook(getattr(client, name)))
            return client

        monkeypatch.setattr(_sqs_source, "make_client", made)

    return change


def failing(error: Exception, *, times: int) -> Callable[[Call], Call]:
    left = [error] * times

    def hook(call: Call) -> Call:
        def hooked(**arguments: object) -> object:
            if left:
                raise left.pop()
            return call(**arguments)

        return hooked

    return hook


def send(queue: SqsQueueUnderTest, *bodies: str, group: str | None = None) -> None:
    with Producer(queue.connection) as producer:
        for body in bodies:
            producer.send(body, group=group)


def test_a_poison_message_takes_nothing_of_its_group_along(moto_origin: str) -> None:
    queue = make_sqs_queue(moto_origin, fifo=True, receives=3)
    got: list[str] = []

    def handle(message: Message) -> None:
        got.append(message.body)
        if message.body == "poison":
            raise RuntimeError("cannot be done")

    send(queue, "poison", "one", "two", group="customer")
    with running(Consumer(queue.connection, handle, prefetch=10, redelivery_delay=AT_ONCE)):
        wait_until(lambda: got[-1:] == ["two"] and queue.held() == 0)
    assert got == ["poison"] * 3 + ["one", "two"]
    assert queue.dead_letters() == ["poison"]


def test_nothing_of_a_group_is_begun_before_the_message_that_could_not_be_deleted(
    moto_origin: str,
    change_call: Callable[[str, Callable[[Call], Call]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue = make_sqs_queue(moto_origin, fifo=True, visibility=timedelta(seconds=2))
    monkeypatch.setattr(_sqs_source, "_ATTEMPTS", 1)
    events: list[str] = []

    def hook(call: Call) -> Call:
        def delete(**arguments: object) -> object:
            events.append("delete")
            if len(events) == 2:
                raise EndpointConnectionError(endpoint_url="https://sqs")
            return call(**arguments)

        return delete

    change_call("delete_message", hook)
    send(queue, "0", "1", group="customer")
    with running(Consumer(queue.connection, lambda message: events.append(message.body), prefetch=10)):
        wait_until(lambda: len(events) == 5)
    assert events == ["0", "delete", "delete", "1", "delete"]


def test_a_program_that_may_not_delete_ends_and_gives_the_others_back(
    sqs: SqsQueueUnderTest, change_call: Callable[[str, Callable[[Call], Call]], None]
) -> None:
    change_call("delete_message", failing(refused("AccessDenied"), times=9))
    got: list[str] = []
    send(sqs, "one", "two", "three")
    with pytest.raises(QueueUnreachable, match="SQS refuses this program: .*AccessDenied"):
        Consumer(sqs.connection, lambda message: got.append(message.body), prefetch=10).run()
    assert len(got) == 1
    answer = sqs.client.receive_message(QueueUrl=sqs.connection.url, MaxNumberOfMessages=10)
    assert len(answer.get("Messages", [])) == 2


@pytest.mark.parametrize("code", ["ReceiptHandleIsInvalid", "InvalidParameterValue"])
def test_a_receipt_that_is_no_longer_good_ends_no_program(
    code: str, sqs: SqsQueueUnderTest, change_call: Callable[[str, Callable[[Call], Call]], None]
) -> None:
    change_call("delete_message", failing(refused(code), times=1))
    got: list[str] = []
    send(sqs, "one", "two")
    with running(Consumer(sqs.connection, lambda message: got.append(message.body))):
        wait_until(lambda: len(got) == 2)


def test_a_failed_message_comes_again_though_sqs_was_away_for_a_moment(
    sqs: SqsQueueUnderTest, change_call: Callable[[str, Callable[[Call], Call]], None]
) -> None:
    error = EndpointConnectionError(endpoint_url="https://sqs")
    change_call("change_message_visibility_batch", failing(error, times=2))
    begun: list[float] = []

    def handle(_: Message) -> None:
        begun.append(time.monotonic())
        if len(begun) == 1:
            raise RuntimeError("not this time")

    send(sqs, "one")
    with running(Consumer(sqs.connection, handle, redelivery_delay=AT_ONCE)):
        wait_until(lambda: len(begun) == 2)
    assert begun[1] - begun[0] < 20  # its time is up after 30 seconds


class Client:
    """Says of each change of visibility what it is told to."""

    def __init__(self, *answers: list[dict[str, object]]) -> None:
        self.seconds: list[list[object]] = []
        self._answers = list(answers)

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, object]]) -> object:  # noqa: N803 - of boto3
        assert QueueUrl == "url"
        self.seconds.append([entry["VisibilityTimeout"] for entry in Entries])
        return {"Failed": self._answers.pop(0)} if self._answers else {}


def hold_of(client: Client, *, visibility: int, age: float) -> SqsHold:
    """Return a hold of two messages that were received so many seconds ago."""
    anything: Any = client
    hold = SqsHold(anything, "url")
    received = [Received.read({"ReceiptHandle": handle, "Body": "b", "MessageId": handle}) for handle in "ab"]
    hold.take(received, visibility=visibility, since=time.monotonic() - age)
    return hold


def test_no_message_is_held_for_longer_than_sqs_allows() -> None:
    client = Client()
    hold = hold_of(client, visibility=12 * HOURS, age=9 * HOURS)
    hold.extend_when_due()
    [[first, _]] = client.seconds
    assert 3 * HOURS - 5 < int(str(first)) <= 3 * HOURS

    hold = hold_of(client, visibility=12 * HOURS, age=11.5 * HOURS)
    hold.fail(12 * HOURS)
    assert 0.5 * HOURS - 5 < int(str(client.seconds[1][0])) <= 0.5 * HOURS

    hold = hold_of(client, visibility=12 * HOURS, age=12 * HOURS)
    hold.extend_when_due()
    assert len(client.seconds) == 2


@pytest.mark.parametrize(("is_ours", "is_held"), [(True, False), (False, True)])
def test_a_message_is_no_longer_ours_where_sqs_says_so_and_not_where_it_failed(
    is_ours: object, is_held: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sqs_hold, "_SOON", 0.0)
    client = Client([{"Id": "1", "SenderFault": is_ours, "Code": "X"}])
    hold = hold_of(client, visibility=30, age=20)
    hold.extend_when_due()
    hold.let_go()
    assert bool(hold) is is_held
    hold.extend_when_due()
    assert client.seconds == [[30, 30], [30]][: 2 if is_held else 1]


def test_what_could_not_be_given_back_alone_is_tried_again() -> None:
    client = Client([{"Id": "1", "SenderFault": False, "Code": "InternalError"}])
    hold_of(client, visibility=30, age=0).give_back_all()
    assert client.seconds == [[0, 0], [0]]


def test_a_stop_waits_five_seconds_at_most_for_three_addresses_that_do_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[float] = []

    def made(_: SqsConnection, *, connect_seconds: float, **__: object) -> object:
        found.append(connect_seconds)
        raise KeyboardInterrupt

    monkeypatch.setattr(_sqs_source, "make_client", made)
    with pytest.raises(KeyboardInterrupt):
        Consumer(SqsConnection(url="https://sqs.eu-west-1.amazonaws.com/1/orders"), print).run()
    assert found[0] * 3 <= 5


@pytest.mark.parametrize(
    ("host", "called"),
    [
        ("sqs.eu-west-1.amazonaws.com", "https://sqs.eu-west-1.amazonaws.com"),
        ("vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com", "https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com"),
        ("vpce-1-2.sqs.cn-north-1.vpce.amazonaws.com.cn", "https://vpce-1-2.sqs.cn-north-1.vpce.amazonaws.com.cn"),
    ],
)
def test_the_endpoint_that_the_url_names_is_called(host: str, called: str) -> None:
    connection = SqsConnection(url=f"https://{host}/1/orders")
    client = make_client(connection, connections=1)
    assert (client.meta.endpoint_url, client.meta.region_name) == (called, connection.region)
