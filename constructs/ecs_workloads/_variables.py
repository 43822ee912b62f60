"""What the variables of a container may be called, and what may not stand in them openly."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from aws_cdk import aws_ecs as ecs

from ecs_workloads._checks import check_name, require, suggestion

# What a secret looks like, wherever it stands.
_SECRET_VALUES = {
    "an AWS access key": r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    # A list of hosts with their ports may have an address after it: http://a:80,ops@example.com.
    "a URL with a password": r"\b[A-Za-z][A-Za-z0-9+.-]*://[^/@:?#\s\"'<>]*:(?!\d+[,;|])[^/@?#\s\"'<>]+@",
    "a connection string with a password": r"(?i)[?&;]\s*(password|pwd)=[^&;\s{$<]+",
    "a GitHub token": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "a Slack webhook": r"\bhooks\.slack(-gov)?\.com/(services|workflows|triggers)/\w+/\w+/\w+",
    "a Stripe key": r"\b[rs]k_(live|test)_[A-Za-z0-9]{16,}",
    "a Google API key": r"\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.",
}
# What a variable is called that holds a secret. What goes on, as in DB_PASSWORD_FILE or API_TOKEN_URL, tells of one.
_SECRET_NAME = re.compile(
    r"(password|passwd|passphrase|secret|token|api_?key|(access|secret|private)_?key)$|private_?key_(pem|base64)$",
    re.IGNORECASE,
)
# Only as words of their own: a COMPASS points, and PWD is the folder of a shell.
_SHORT_SECRET_NAME = re.compile(r"(^|_)(PASS|pass)$|_(PWD|pwd)$|[a-z](Pass|Pwd)$")
# But for a path, as in GOOGLE_APPLICATION_CREDENTIALS, and a switch, as in CORS_ALLOW_CREDENTIALS.
_CREDENTIALS_NAME = re.compile(r"(^|_)(CREDENTIALS?|CREDS|credentials?|creds)$|[a-z](Credentials?|Creds)$")
_NO_CREDENTIALS = re.compile(r"/.*|true|false|yes|no|on|off|0|1|include|omit|same-origin", re.IGNORECASE)
# Set by ECS itself or a sign of long-lived keys (Security Hub ECS.8).
_FORBIDDEN_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ECS_ENGINE_AUTH_DATA")


PREFIX = r"[A-Z][A-Z0-9_]*"
PREFIX_IN_WORDS = "upper-case letters, digits and underscores"


def check_prefix(subject: str, argument: str, prefix: str) -> None:
    """Refuse what could not begin the name of a queue's variables; a token could not."""
    require(re.fullmatch(PREFIX, prefix) is not None, subject, f"{argument} must be {PREFIX_IN_WORDS}, got {prefix!r}")


def check_variables(
    subject: str,
    environment: Mapping[str, str],
    secrets: Mapping[str, ecs.Secret],
    not_secret: Collection[str],
) -> None:
    """Refuse a name that no program could read, what looks like an open secret, and a variable set twice."""
    for name in (*environment, *secrets):
        check_name(subject, "a variable's name", name, r"[A-Za-z_][A-Za-z0-9_]*", "letters, digits and underscores")
        require(name not in _FORBIDDEN_VARIABLES, subject, f"{name} must not be set: use the task role")
    for name, value in environment.items():
        secret = next((what for what, pattern in _SECRET_VALUES.items() if re.search(pattern, value)), None)
        require(
            secret is None or name in not_secret,
            subject,
            f"the value of {name} looks like {secret}: pass it in secrets, where it comes from Secrets Manager, or "
            "name it in not_secret if anybody may know it",
        )
        require(
            value == "" or name in not_secret or not _called_like_secret(name, value),
            subject,
            f"{name} is called like a secret: pass it in secrets, or name it in not_secret if anybody may know it",
        )
    for name in not_secret:
        require(
            name in environment,
            subject,
            f"not_secret must name variables of environment, got {name!r}{suggestion(name, environment)}",
        )
    clash = sorted(environment.keys() & secrets.keys())
    require(not clash, subject, f"{', '.join(clash)} are set in both environment and secrets")


def _called_like_secret(name: str, value: str) -> bool:
    """Tell whether a variable is called like a secret; one for credentials may say where they are, or whether."""
    if _CREDENTIALS_NAME.search(name) and not _NO_CREDENTIALS.fullmatch(value):
        return True
    return _SECRET_NAME.search(name) is not None or _SHORT_SECRET_NAME.search(name) is not None
