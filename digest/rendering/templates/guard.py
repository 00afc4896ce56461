"""Editors' templates are compiled in a process of their own.

The sandbox counts their work and the markup is checked before the compiler sees
it, but the compiler is native code that can end its process; ours sends mail.
"""

import json
import subprocess
import sys
from collections.abc import Sequence

from digest.rendering.content.issue_content import IssueContent, Site
from digest.rendering.errors import MessageError, TemplateError
from digest.rendering.message.compiled import CompiledMessage
from digest.rendering.templates.template_set import TemplateSet

SECONDS = 20
MEMORY = 1 << 30
FAULT = 3


def compile_apart(
    content: IssueContent, site: Site, templates: TemplateSet, variants: Sequence[str]
) -> list[CompiledMessage]:
    """`issue.compile_here` of each variant, in one child.

    Raises its errors, and `TemplateError` if it dies.
    """
    job = {
        "content": content.model_dump(mode="json"),
        "site": site.model_dump(mode="json"),
        "templates": {"name": templates.name, "files": dict(templates.files)},
        "variants": list(variants),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "digest.rendering.templates.child"],
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _died(templates, f"did not end within {SECONDS} s") from None
    if done.returncode == 0:
        return [CompiledMessage.from_bytes(line) for line in done.stdout.splitlines()]
    if done.returncode == FAULT:
        raise _told(json.loads(done.stdout))
    raise _died(templates, "ended the compiler; look for deep nesting or unusual tags")


def _told(fault: dict[str, str | int | None]) -> Exception:
    if "file" in fault:
        line = fault["line"]
        return TemplateError(
            str(fault["file"]), line if isinstance(line, int) else None, str(fault["reason"])
        )
    return MessageError(str(fault["reason"]))


def _died(templates: TemplateSet, reason: str) -> TemplateError:
    return TemplateError(f"{templates.name}/", None, f"the template {reason}")
