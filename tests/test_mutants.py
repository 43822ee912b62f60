"""The table of bad input is whole: each check of the library has one row, and each row a check.

The page of mutants that survive is what the runs found; the runs themselves are too long for every change.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.mutation.report import PAGE, Report

ROOT = Path(__file__).resolve().parents[1]
RUN = {
    "alarm_thresholds",
    "app_server",
    "container",
    "downstream_limit",
    "ebs_volume",
    "efs_volume",
    "extensible_task",
    "fluent_bit",
    "image_repository",
    "jwt_authentication",
    "listener_rule",
    "oidc_authentication",
    "open_telemetry_collector",
    "queue_metrics",
    "rabbit_mq_broker",
    "requests_per_target",
    "scheduled",
    "scratch_volume",
    "shared_file_system",
    "sqs_queue",
    "target_cpu",
    "target_memory",
    "target_timings",
    "testing._comparison",
    "testing._published",
    "testing._reads",
    "testing.no_replacement",
    "testing.template_snapshot",
    "web_firewall",
    "web_server",
    "worker",
    "writable_path",
    "_container_order",
    "_failed_responses",
    "_fargate_sizes",
    "_internal_entry",
    "_load_balancer",
    "_load_balancer_logs",
    "_service",
    "_service_connect",
    "_sqs_messages",
    "_target_group",
    "_task",
    "_web_acl",
    "_web_entry",
}


def test_each_deleted_check_fails_exactly_its_row() -> None:
    """In a process of its own, since it imports the library again for each mutant."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.mutation", "checks"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_page_of_survivors_is_what_was_found() -> None:
    report = Report.read()

    assert PAGE.read_text(encoding="utf-8") == report.page(), "say: python -m tests.mutation report"
    assert not report.stale(), "reasons for what is no mutant any more"


def test_every_module_that_shall_be_run_was_run() -> None:
    assert not RUN - Report.read().runs.keys()
