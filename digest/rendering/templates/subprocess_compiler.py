"""Templates that an editor changed are compiled in a subprocess.

The sandbox limits their work and every tag is checked before the compiler sees it, but the
compiler is native code, and a crash in it would end the process that sends mail.
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
MEMORY = 1 << 30  # bytes
FAULT = 3  # exit status of the subprocess for a mistake in a template or in content


def compile_in_subprocess(
    content: IssueContent, site: Site, templates: TemplateSet, variants: Sequence[str]
) -> list[CompiledMessage]:
    """`issue.compile_in_process` of each variant, in one subprocess.

    Raises the same errors, and `TemplateError` if the subprocess crashes or takes too long.
    """
    job = {
        "content": content.model_dump(mode="json"),
        "site": site.model_dump(mode="json"),
        "templates": {"name": templates.name, "files": dict(templates.files)},
        "variants": list(variants),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "digest.rendering.templates.subprocess_main"],
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _crashed(templates, f"did not end within {SECONDS} s") from None
    if done.returncode == 0:
        return [CompiledMessage.from_bytes(line) for line in done.stdout.splitlines()]
    if done.returncode == FAULT:
        raise _error_of(json.loads(done.stdout))
    raise _crashed(templates, "crashed the compiler; look for deep nesting or unusual tags")


def _error_of(fault: dict[str, str | int | None]) -> Exception:
    if "file" in fault:
        line = fault["line"]
        return TemplateError(
            str(fault["file"]), line if isinstance(line, int) else None, str(fault["reason"])
        )
    return MessageError(str(fault["reason"]))


def _crashed(templates: TemplateSet, reason: str) -> TemplateError:
    return TemplateError(f"{templates.name}/", None, f"the template {reason}")
