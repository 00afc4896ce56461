"""What `subprocess_compiler` runs.

It reads one job as JSON from standard input and writes a line for each compiled message to
standard output.
"""

import json
import resource
import sys

from digest.rendering.content.issue_content import IssueContent, Site
from digest.rendering.errors import MessageError, TemplateError
from digest.rendering.issue import compile_in_process
from digest.rendering.templates.subprocess_compiler import FAULT, MEMORY, SECONDS
from digest.rendering.templates.template_set import TemplateSet


def main() -> int:
    """Compile within limits on time and memory. Returns the exit status."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    job = json.load(sys.stdin)
    try:
        content = IssueContent.model_validate(job["content"])
        site = Site.model_validate(job["site"])
        templates = TemplateSet(**job["templates"])
        made = [compile_in_process(content, site, templates, key) for key in job["variants"]]
    except TemplateError as fault:
        place = {"file": fault.file, "line": fault.line, "reason": fault.reason}
        sys.stdout.write(json.dumps(place))
        return FAULT
    except MessageError as fault:
        sys.stdout.write(json.dumps({"reason": str(fault)}))
        return FAULT
    for message in made:
        sys.stdout.buffer.write(message.to_bytes() + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
