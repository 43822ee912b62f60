"""The pytest plugin. Loading it imports neither aws_cdk nor anything else of the library."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from aws_cdk import App, Stack
    from aws_cdk import aws_ecs as ecs
    from syrupy.assertion import SnapshotAssertion

    from ecs_workloads.testing._json import Json
    from ecs_workloads.testing.templates import Templates

_VARIABLE, _OPTION = "CDK_VALIDATION", "cdk_validation"
_OURS = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option ``cdk_validation``."""
    parser.addini(
        _OPTION,
        "Whether CDK holds every template of the tests against CloudFormation's own rules, which makes the first one "
        "slow. Counts unless the environment variable CDK_VALIDATION is set.",
        type="bool",
        default=False,
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Switch the validation off before any file of the user imports aws_cdk: its Node reads the variable then."""
    _switch_validation_off(early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Do the same where a conftest names the plugin, and tell when that is too late."""
    _switch_validation_off(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the process as it was."""
    if config.stash.get(_OURS, False):
        os.environ.pop(_VARIABLE, None)


def _switch_validation_off(config: pytest.Config) -> None:
    if _OURS in config.stash:
        return
    config.stash[_OURS] = False
    if _VARIABLE in os.environ or config.getini(_OPTION):
        return
    if "aws_cdk" in sys.modules:
        message = f"aws_cdk was imported before the plugin of ecs_workloads could set {_VARIABLE}=false: the first"
        message += " template of the tests takes seconds. Set the variable yourself, or cdk_validation = true"
        config.issue_config_time_warning(pytest.PytestConfigWarning(message), stacklevel=2)
        return
    os.environ[_VARIABLE] = "false"
    config.stash[_OURS] = True


@pytest.fixture(scope="session")
def cdk_context(pytestconfig: pytest.Config) -> Mapping[str, Json]:
    """The context of the ``cdk.json`` beside the settings of pytest, with its feature flags; empty if there is none.

    Define a fixture of this name to give your own.
    """
    file = pytestconfig.rootpath / "cdk.json"
    if not file.is_file():
        return {}
    found: dict[str, Json] = json.loads(file.read_text(encoding="utf-8")).get("context", {})
    return found


@pytest.fixture(scope="session")
def _cdk_new_app(cdk_context: Mapping[str, Json], tmp_path_factory: pytest.TempPathFactory) -> Callable[[], App]:
    import aws_cdk as cdk  # noqa: PLC0415 - whoever uses no fixture needs no Node

    def new() -> App:
        folder = tmp_path_factory.mktemp("cdk.out")
        return cdk.App(context=dict(cdk_context), outdir=str(folder), analytics_reporting=False)

    return new


@pytest.fixture
def cdk_app(_cdk_new_app: Callable[[], App]) -> App:
    """An empty app with the context of ``cdk.json``, which writes into a temporary folder."""
    return _cdk_new_app()


@pytest.fixture
def cdk_stack(cdk_app: App) -> Stack:
    """An empty stack, named ``Stack``, without account and region."""
    import aws_cdk as cdk  # noqa: PLC0415

    return cdk.Stack(cdk_app, "Stack")


@pytest.fixture
def cdk_cluster(cdk_stack: Stack) -> ecs.ICluster:
    """A cluster with a VPC of two zones and a namespace, all made elsewhere: the template holds none of it."""
    from ecs_workloads.testing._cluster import borrowed_cluster  # noqa: PLC0415

    return borrowed_cluster(cdk_stack)


@pytest.fixture(scope="module")
def cdk_templates(_cdk_new_app: Callable[[], App]) -> Templates:
    """Templates, each synthesised once for all tests of a module: ``cdk_templates.of(build)``."""
    from ecs_workloads.testing.templates import Templates  # noqa: PLC0415

    return Templates(_cdk_new_app)


@pytest.fixture
def cdk_snapshot(request: pytest.FixtureRequest) -> SnapshotAssertion:
    """A snapshot for templates: ``assert template.to_json() == cdk_snapshot``."""
    if not request.config.pluginmanager.has_plugin("syrupy"):
        raise pytest.UsageError("cdk_snapshot needs syrupy: pip install 'ecs-workloads[testing]'")
    from ecs_workloads.testing.template_snapshot import TemplateSnapshot  # noqa: PLC0415

    snapshot: SnapshotAssertion = request.getfixturevalue("snapshot")
    return snapshot.use_extension(TemplateSnapshot)
