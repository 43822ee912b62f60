"""The plugin of pytest, as a user has it: found by its entry point, in a process of its own."""

from __future__ import annotations

import json

import pytest

from tests.user_pytest import UserPytest

SEEN = 'import os\n\nSEEN = os.environ.get("CDK_VALIDATION")\n\n\n'
TOO_LONG = (
    "from pathlib import Path\n\n"
    "from aws_cdk import aws_logs as logs\n\n\n"
    "def test_it(cdk_app, cdk_stack):\n"
    '    logs.CfnLogGroup(cdk_stack, "Logs", retention_in_days=17)\n'
    "    cdk_app.synth()\n"
    '    assert (Path(cdk_app.outdir) / "validation-report.json").exists() is {reported}\n'
)
SHOP = (
    "import aws_cdk as cdk\n"
    "from aws_cdk import aws_sqs as sqs\n\n"
    "BUILT = []\n\n\n"
    "def shop(app):\n"
    '    BUILT.append("shop")\n'
    '    stack = cdk.Stack(app, "Shop")\n'
    '    sqs.Queue(stack, "Orders")\n'
    "    return stack\n"
)


def test_who_only_has_it_installed_does_not_pay_for_cdk(user_pytest: UserPytest) -> None:
    user_pytest.write(
        "test_it.py",
        "import sys\n\n\n"
        "def test_it(pytestconfig):\n"
        '    assert pytestconfig.pluginmanager.has_plugin("ecs_workloads")\n'
        '    names = {"aws_cdk", "jsii", "constructs", "cdk_nag", "cfnlint"}\n'
        "    assert names & set(sys.modules) == set()\n",
    )
    user_pytest.passes()


def test_a_comparison_of_folders_does_not_pay_for_cdk(user_pytest: UserPytest) -> None:
    user_pytest.write(
        "test_it.py",
        "import sys\n\n"
        "from ecs_workloads.testing import assert_no_replacement\n\n\n"
        "def test_it():\n"
        '    assert_no_replacement({"Resources": {}}, {"Resources": {}})\n'
        '    assert "aws_cdk" not in sys.modules\n',
    )
    user_pytest.passes()


def test_the_validation_is_off_before_a_conftest_is_read(user_pytest: UserPytest) -> None:
    user_pytest.write("conftest.py", SEEN)
    user_pytest.write("test_it.py", 'from conftest import SEEN\n\n\ndef test_it():\n    assert SEEN == "false"\n')
    user_pytest.passes()


@pytest.mark.parametrize("value", ["true", "false"])
def test_a_variable_of_the_user_wins(user_pytest: UserPytest, value: str) -> None:
    user_pytest.write("test_it.py", f"{SEEN}def test_it():\n    assert SEEN == {value!r}\n")
    user_pytest.write("pytest.ini", "[pytest]\ncdk_validation = true\n")
    user_pytest.passes(CDK_VALIDATION=value)


def test_the_settings_can_keep_the_validation(user_pytest: UserPytest) -> None:
    user_pytest.write("test_it.py", f"{SEEN}def test_it():\n    assert SEEN is None\n")
    user_pytest.write("pytest.ini", "[pytest]\ncdk_validation = true\n")
    user_pytest.passes()


def test_cdk_holds_no_template_against_the_rules_of_cloudformation(user_pytest: UserPytest) -> None:
    user_pytest.write("test_it.py", TOO_LONG.format(reported=False))
    user_pytest.passes()


def test_cdk_does_where_the_settings_say_so(user_pytest: UserPytest) -> None:
    user_pytest.write("test_it.py", TOO_LONG.format(reported=True))
    user_pytest.write("pytest.ini", "[pytest]\ncdk_validation = true\n")
    user_pytest.passes()


def test_it_warns_where_it_comes_too_late(user_pytest: UserPytest) -> None:
    user_pytest.write("early.py", "import aws_cdk\n")
    user_pytest.write("test_it.py", f"{SEEN}def test_it():\n    assert SEEN is None\n")

    late = user_pytest("-p", "early")

    assert late.returncode == 0
    assert "aws_cdk was imported before the plugin of ecs_workloads could set CDK_VALIDATION=false" in late.stdout
    assert "1 warning" in late.stdout


def test_it_can_be_named_where_plugins_are_not_found_by_themselves(user_pytest: UserPytest) -> None:
    user_pytest.write("test_it.py", f"{SEEN}def test_it(cdk_stack):\n    assert SEEN == 'false'\n")
    user_pytest.passes("-p", "ecs_workloads.testing.plugin", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


def test_a_conftest_can_name_it_too(user_pytest: UserPytest) -> None:
    user_pytest.write("conftest.py", 'pytest_plugins = ["ecs_workloads.testing.plugin"]\n')
    user_pytest.write("test_it.py", f"{SEEN}def test_it(cdk_stack):\n    assert SEEN == 'false'\n")
    user_pytest.passes(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


def test_it_leaves_the_process_as_it_was(user_pytest: UserPytest) -> None:
    user_pytest.write(
        "test_it.py",
        "import os\n\nimport pytest\n\n\n"
        "def test_it():\n"
        '    del os.environ["CDK_VALIDATION"]\n'
        '    assert pytest.main(["--collect-only", "-q", "other.py"]) == 0\n'
        '    assert "CDK_VALIDATION" not in os.environ\n',
    )
    user_pytest.write("other.py", "def test_other():\n    pass\n")
    user_pytest.passes()


def test_fixtures_of_the_user_keep_their_names(user_pytest: UserPytest) -> None:
    fixtures = user_pytest("--fixtures", "-q").stdout
    section = fixtures.split("fixtures defined from ecs_workloads.testing.plugin")[1].split("--- fixtures defined")[0]
    names = {line.split()[0] for line in section.splitlines() if line.startswith(tuple("abcdefghijklmnopqrstuvwxyz"))}
    assert names == {"cdk_app", "cdk_cluster", "cdk_context", "cdk_snapshot", "cdk_stack", "cdk_templates"}


def test_the_context_is_that_of_the_project(user_pytest: UserPytest) -> None:
    user_pytest.write("cdk.json", json.dumps({"app": "python app.py", "context": {"colour": "green"}}))
    user_pytest.write(
        "test_it.py", 'def test_it(cdk_stack):\n    assert cdk_stack.node.try_get_context("colour") == "green"\n'
    )
    user_pytest.passes("--rootdir=.")


def test_the_context_of_a_user_wins(user_pytest: UserPytest) -> None:
    user_pytest.write("cdk.json", json.dumps({"context": {"colour": "green"}}))
    user_pytest.write(
        "test_it.py",
        "import pytest\n\n\n"
        '@pytest.fixture(scope="session")\n'
        "def cdk_context():\n"
        '    return {"colour": "red"}\n\n\n'
        'def test_it(cdk_stack):\n    assert cdk_stack.node.try_get_context("colour") == "red"\n',
    )
    user_pytest.passes("--rootdir=.")


def test_a_template_is_made_once_for_a_module(user_pytest: UserPytest) -> None:
    user_pytest.write("shop.py", SHOP)
    tests = (
        "from shop import BUILT, shop\n\n\n"
        'def test_one(cdk_templates):\n    cdk_templates.of(shop).resource_count_is("AWS::SQS::Queue", 1)\n\n\n'
        "def test_two(cdk_templates):\n"
        '    cdk_templates.of(shop).resource_count_is("AWS::SQS::Queue", 1)\n'
        "    assert len(BUILT) == {times}\n"
    )
    user_pytest.write("test_a.py", tests.format(times=1))
    user_pytest.write("test_b.py", tests.format(times=2))
    user_pytest.passes()


def test_each_function_gets_an_app_of_its_own(user_pytest: UserPytest) -> None:
    user_pytest.write("shop.py", SHOP)
    user_pytest.write(
        "test_it.py",
        "from shop import shop\n\n\n"
        "def other(app):\n    return shop(app)\n\n\n"
        "def test_it(cdk_templates):\n"
        "    assert cdk_templates.of(shop).to_json() == cdk_templates.of(other).to_json()\n",
    )
    user_pytest.passes()


def test_each_test_gets_an_app_of_its_own(user_pytest: UserPytest) -> None:
    user_pytest.write(
        "test_it.py",
        "import aws_cdk as cdk\nimport pytest\n\n\n"
        '@pytest.mark.parametrize("number", [1, 2])\n'
        "def test_it(cdk_app, cdk_stack, number, tmp_path):\n"
        "    assert cdk_stack.node.root is cdk_app\n"
        '    cdk.Stack(cdk_app, "Shop")\n'
        "    assert str(cdk_app.synth().directory).startswith(str(tmp_path.parent))\n",
    )
    user_pytest.passes()


def test_the_cluster_takes_every_tier_and_puts_nothing_into_the_template(user_pytest: UserPytest) -> None:
    user_pytest.write(
        "test_it.py",
        "from aws_cdk import aws_ecs as ecs, aws_elasticloadbalancingv2 as elbv2\n"
        "from aws_cdk.assertions import Template\n\n"
        "from ecs_workloads import AppServer, Container, Scaling, WebServer, Worker\n"
        "from ecs_workloads.testing import BrokerDouble\n\n\n"
        "def test_empty(cdk_stack, cdk_cluster):\n"
        '    assert "Resources" not in Template.from_stack(cdk_stack).to_json()\n\n\n'
        "def test_full(cdk_stack, cdk_cluster):\n"
        '    image = ecs.ContainerImage.from_registry("example.com/shop:1")\n'
        '    health = ecs.HealthCheck(command=["CMD", "true"])\n'
        "    container = Container(image=image, port=80, health_check=health)\n"
        '    common = {"cluster": cdk_cluster, "container": container}\n'
        '    WebServer(cdk_stack, "Web", protocol=elbv2.ApplicationProtocol.HTTP, **common)\n'
        '    AppServer(cdk_stack, "App", dns_name="app", **common)\n'
        '    Worker(cdk_stack, "Worker", queue=BrokerDouble(), scaling=Scaling(), **common)\n'
        "    template = Template.from_stack(cdk_stack)\n"
        '    template.resource_count_is("AWS::ECS::Service", 3)\n'
        '    template.resource_count_is("AWS::ECS::Cluster", 0)\n'
        '    template.resource_count_is("AWS::EC2::VPC", 0)\n',
    )
    user_pytest.passes()


def test_a_snapshot_without_syrupy_says_what_to_install(user_pytest: UserPytest) -> None:
    user_pytest.write("test_it.py", "def test_it(cdk_snapshot):\n    pass\n")
    failed = user_pytest("-p", "no:syrupy")
    assert failed.returncode == 1
    assert "cdk_snapshot needs syrupy: pip install 'ecs-workloads[testing]'" in failed.stdout
