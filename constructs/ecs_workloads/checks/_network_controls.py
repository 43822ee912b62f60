"""Controls of AWS Security Hub on networks.

https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
"""

from __future__ import annotations

import json

from ecs_workloads.checks._control import Control, Properties, Resources, TemplateResource

_VPC = "AWS::EC2::VPC"
_GROUP = "AWS::EC2::SecurityGroup"
_INGRESS = "AWS::EC2::SecurityGroupIngress"
_TEMPLATE = "AWS::EC2::LaunchTemplate"
_EVERYBODY = ("0.0.0.0/0", "::/0")
_OPEN_TO_ALL = (80, 443)
_RISKY = (
    *(20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601),
    *(8080, 8088, 8888, 9200, 9300),
)


def _closes_default_group(_: TemplateResource, resources: Resources) -> bool:
    return any(resources.of_type("Custom::VpcRestrictDefaultSG"))


def _has_flow_log(vpc: TemplateResource, resources: Resources) -> bool:
    return resources.refers("AWS::EC2::FlowLog", "ResourceId", vpc)


def _gives_no_public_address(subnet: TemplateResource, _: Resources) -> bool:
    return subnet.properties.get("MapPublicIpOnLaunch") is not True


def _has_endpoint(vpc: TemplateResource, resources: Resources, service: str) -> bool:
    return any(
        one.stack_name == vpc.stack_name
        and f'.{service}"' in json.dumps(one.properties.get("ServiceName"))
        and one.properties.get("VpcEndpointType") == "Interface"
        for one in resources.of_type("AWS::EC2::VPCEndpoint")
    )


def _open_ports(rule: Properties) -> range | None:
    """Return the ports that a rule opens to everybody."""
    if rule.get("CidrIp") not in _EVERYBODY and rule.get("CidrIpv6") not in _EVERYBODY:
        return None
    if str(rule.get("IpProtocol")) == "-1":
        return range(65_536)
    first, last = rule.get("FromPort"), rule.get("ToPort")
    # A port that is a parameter cannot be judged: it counts as any.
    return range(first, last + 1) if isinstance(first, int) and isinstance(last, int) else range(65_536)


def _open_to_everybody(resource: TemplateResource) -> list[range]:
    rules = (
        resource.properties.get("SecurityGroupIngress", [])
        if resource.resource_type == _GROUP
        else [resource.properties]
    )
    return [ports for ports in map(_open_ports, rules) if ports is not None]


def _opens_only_the_web(resource: TemplateResource, _: Resources) -> bool:
    return all(len(ports) == 1 and ports[0] in _OPEN_TO_ALL for ports in _open_to_everybody(resource))


def _opens_nothing_risky(resource: TemplateResource, _: Resources) -> bool:
    return not any(port in ports for ports in _open_to_everybody(resource) for port in _RISKY)


def _launches_without_public_address(template: TemplateResource, _: Resources) -> bool:
    interfaces = template.properties.get("LaunchTemplateData", {}).get("NetworkInterfaces", [])
    return not any(one.get("AssociatePublicIpAddress") for one in interfaces)


def _asks_for_tokens(template: TemplateResource, _: Resources) -> bool:
    options = template.properties.get("LaunchTemplateData", {}).get("MetadataOptions", {})
    return bool(options.get("HttpTokens") == "required")


def _has_ecr_api(vpc: TemplateResource, resources: Resources) -> bool:
    return _has_endpoint(vpc, resources, "ecr.api")


def _has_ecr_registry(vpc: TemplateResource, resources: Resources) -> bool:
    return _has_endpoint(vpc, resources, "ecr.dkr")


NETWORK_CONTROLS = tuple(
    Control(control_id=control_id, resource_type=resource_type, requires=requires, is_met=is_met)
    for control_id, resource_type, requires, is_met in (
        ("EC2.2", _VPC, "a default security group without rules", _closes_default_group),
        ("EC2.6", _VPC, "a flow log", _has_flow_log),
        ("EC2.15", "AWS::EC2::Subnet", "no public address by itself", _gives_no_public_address),
        ("EC2.18", _GROUP, "only 80 and 443 open to everybody", _opens_only_the_web),
        ("EC2.18", _INGRESS, "only 80 and 443 open to everybody", _opens_only_the_web),
        ("EC2.19", _GROUP, "no risky port open to everybody", _opens_nothing_risky),
        ("EC2.19", _INGRESS, "no risky port open to everybody", _opens_nothing_risky),
        ("EC2.25", _TEMPLATE, "no public address", _launches_without_public_address),
        ("EC2.55", _VPC, "an interface endpoint for the API of ECR", _has_ecr_api),
        ("EC2.56", _VPC, "an interface endpoint for the registry of ECR", _has_ecr_registry),
        ("EC2.170", _TEMPLATE, "version 2 of the instance metadata", _asks_for_tokens),
    )
)
