"""The queues of a broker, with a user for each of their two roles; known when the app is synthesised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from ecs_workloads._broker_queue import CONSUMER_TIMEOUT, HOLDING_FACTOR, dead_letter_queue_of
from ecs_workloads._broker_room import LARGEST_TASK_DEFINITION, size_of_arn, size_of_json, size_of_task_definition
from ecs_workloads._checks import check_name, check_range, is_token, require
from ecs_workloads._credentials import credential, generated_secret
from ecs_workloads._rabbit_mq_files import DeclaredQueue, consumer_user, definitions, producer_user

LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True)
class QueueUsers:
    """The secrets of a queue's two users."""

    producer: secretsmanager.ISecret
    consumer: secretsmanager.ISecret


class BrokerDefinitions(Construct):
    """Collects queues, makes the secrets of their users, and gives them to the containers of the nodes."""

    def __init__(
        self, scope: Construct, construct_id: str, *, encryption_key: kms.IKey | None, removal_policy: RemovalPolicy
    ) -> None:
        super().__init__(scope, construct_id)
        self._path = scope.node.path
        self._encryption_key = encryption_key
        self._removal_policy = removal_policy
        self._queues: list[DeclaredQueue] = []
        self._size_without_queues = 0

    def declare(
        self,
        name: str,
        *,
        longest_processing_time: timedelta,
        delivery_limit: int,
        containers: list[ecs.ContainerDefinition],
    ) -> QueueUsers:
        """Declare a queue, and let the nodes know the passwords of its users."""
        self._check(name, delivery_limit)
        place = len(self._queues)
        queue = DeclaredQueue(
            name=name,
            delivery_limit=delivery_limit,
            consumer_timeout=held if (held := longest_processing_time * HOLDING_FACTOR) > CONSUMER_TIMEOUT else None,
            producer=f"BROKER_PRODUCER_{place}",
            consumer=f"BROKER_CONSUMER_{place}",
        )
        self._check_room([*self._queues, queue], [container.task_definition for container in containers])
        users = QueueUsers(
            producer=self._user(f"{name}Producer", producer_user(name)),
            consumer=self._user(f"{name}Consumer", consumer_user(name)),
        )
        self._queues.append(queue)
        for container in containers:
            container.add_secret(queue.producer, credential(users.producer, "password"))
            container.add_secret(queue.consumer, credential(users.consumer, "password"))
        return users

    def written(self, administrator: tuple[str, str]) -> str:
        """Return the definitions of all queues so far."""
        return definitions(administrator=administrator, queues=self._queues)

    def _user(self, construct_id: str, name: str) -> secretsmanager.ISecret:
        return generated_secret(
            self,
            construct_id,
            self._encryption_key,
            self._removal_policy,
            template=f'{{"username": "{name}"}}',
            key="password",
        )

    def _check(self, name: str, delivery_limit: int) -> None:
        require(not is_token(name), self._path, "a queue's name must be known now: the broker is configured for it")
        require(not is_token(delivery_limit), self._path, "delivery_limit must be known now: it is a part of a policy")
        check_name(
            self._path,
            "a queue's name",
            name,
            rf"[A-Za-z0-9_][A-Za-z0-9._-]{{0,{LONGEST_NAME - 1}}}",
            f"1 to {LONGEST_NAME} letters, digits, dots, hyphens and underscores, not beginning with a dot or hyphen",
        )
        require(
            not name.endswith(dead_letter_queue_of("")),
            self._path,
            f"queues that end in {dead_letter_queue_of('')!r} are made for the others, got {name!r}",
        )
        check_range(self._path, "delivery_limit", delivery_limit, 1, 1000)
        require(
            name not in [queue.name for queue in self._queues],
            self._path,
            f"queue {name!r} is declared already: keep what queue() returned, and give it to each tier",
        )

    def _check_room(self, queues: list[DeclaredQueue], task_definitions: list[ecs.TaskDefinition]) -> None:
        if not self._queues:
            self._size_without_queues = max(map(size_of_task_definition, task_definitions)) - _size_of_file([])
        size = self._size_without_queues + _size_of_file(queues) + sum(map(self._size_of_passwords, queues))
        require(
            size <= LARGEST_TASK_DEFINITION,
            self._path,
            f"a task definition may have {LARGEST_TASK_DEFINITION} bytes, and with {queues[-1].name!r} it may get "
            f"{size}: choose shorter names of queues or of what the broker is in, or another broker for some",
        )

    def _size_of_passwords(self, queue: DeclaredQueue) -> int:
        """Return what the variables take by which the task finds the passwords of the queue's users."""
        arn = "x" * size_of_arn(self, f"{queue.name}Producer")
        return size_of_json(
            [{"name": one, "valueFrom": f"{arn}:password::"} for one in (queue.producer, queue.consumer)]
        )


def _size_of_file(queues: list[DeclaredQueue]) -> int:
    return size_of_json(definitions(administrator=("", ""), queues=queues))
