"""``python -m tests.docs`` runs each program that a template follows, and writes what it made into the page."""

from __future__ import annotations

import os

# Counts only when it is set before the first import of aws_cdk.
os.environ.setdefault("CDK_VALIDATION", "false")

from tests.docs.pages import PAGES, programs_of
from tests.docs.templates import made_by

for page in PAGES:
    text = page.read_text(encoding="utf-8")
    changes = [
        (block, made_by(namespace, block))
        for program in programs_of(page)
        if program.templates
        for namespace in (program.run(),)
        for block in program.templates
    ]
    for block, made in reversed(changes):
        text = text[: block.start] + made + text[block.end :]
    page.write_text(text, encoding="utf-8")
