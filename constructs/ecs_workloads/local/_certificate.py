"""A certificate for the load balancers of a target, which nobody but the target vouches for."""

from __future__ import annotations

from pathlib import Path

import trustme


def write_certificate(folder: Path) -> Path:
    """Write a key and its certificate for ``localhost`` and 127.0.0.1, and return the file."""
    file = folder / "load-balancers.pem"
    if not file.exists():
        trustme.CA().issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(file))
        file.chmod(0o600)
    return file
