"""The child of `guard`: one job on standard input, a line for each message on standard output."""

import json
import resource
import sys

from digest.rendering.content.issue_content import IssueContent, Site
from digest.rendering.errors import MessageError, TemplateError
from digest.rendering.issue import compile_here
from digest.rendering.templates.guard import FAULT, MEMORY, SECONDS
from digest.rendering.templates.template_set import TemplateSet


def main() -> int:
    """Compile within limits on time and memory; exit status 3 tells a fault of the template."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    job = json.load(sys.stdin)
    try:
        content = IssueContent.model_validate(job["content"])
        site = Site.model_validate(job["site"])
        templates = TemplateSet(**job["templates"])
        made = [compile_here(content, site, templates, key) for key in job["variants"]]
    except TemplateError as fault:
        told = {"file": fault.file, "line": fault.line, "reason": fault.reason}
        sys.stdout.write(json.dumps(told))
        return FAULT
    except MessageError as fault:
        sys.stdout.write(json.dumps({"reason": str(fault)}))
        return FAULT
    for message in made:
        sys.stdout.buffer.write(message.to_bytes() + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
