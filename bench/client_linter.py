"""Compare preflight's reading of mail programs with npm's: `python -m bench.client_linter`.

Runs npm's `caniemail` linter on the shipped sample, program by program, and lists where it
and preflight differ on what is not supported. Needs node and npm. Status 1 for a difference
that is not explained here.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from digest.rendering.issue import compile_issue
from digest.rendering.templates.template_set import load_templates
from digest.services.workbench.samples import READER, SITE, sample_content
from previews.markup.html_page import HtmlPage
from previews.preflight.clients.features import used
from previews.preflight.clients.support import support

# Title → why one of the two names it and the other does not.
EXPLAINED = {
    "@media (prefers-color-scheme)": "the linter reads the name of an at-rule, not its condition",
    "HTML5 doctype": "the linter looks at elements only",
    "Chaining selectors": "the linter counts .a .b, two classes of two elements, as chained",
}
LINTER = """
import { caniemail } from 'caniemail';
import { readFileSync } from 'node:fs';
const html = readFileSync('page.html', 'utf8');
const found = {};
for (const client of process.argv.slice(2)) {
  try {
    const { issues } = caniemail({ clients: [client], html });
    found[client] = [...(issues.errors.get(client) ?? []).map((issue) => issue.title)];
  } catch (error) {
    found[client] = String(error.message);
  }
}
console.log(JSON.stringify(found));
"""


def main() -> int:
    if not shutil.which("npm") or not shutil.which("node"):
        print("left out: node and npm are not installed")
        return 0
    html = compile_issue(sample_content("everyday"), SITE, load_templates("weekly")).html(READER)
    theirs, unexplained = linted(html), 0
    features = used(HtmlPage(html))
    table = support()
    for client, name in table.clients.items():
        ours = {table.titles[slug] for slug in features if table.features[slug][client] == "n"}
        answer = theirs[client]
        if isinstance(answer, str):
            print(f"{name}: the linter gives up: {answer}")
            continue
        for title in sorted(ours ^ set(answer)):
            who = "only preflight" if title in ours else "only the linter"
            reason = EXPLAINED.get(title)
            unexplained += reason is None
            print(f"{name}: {title}: {who}: {reason or 'NOT EXPLAINED'}")
        print(f"{name}: {len(ours & set(answer))} the same")
    return 1 if unexplained else 0


def linted(html: str) -> dict[str, list[str] | str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "page.html").write_text(html, "utf-8")
        (folder / "lint.mjs").write_text(LINTER, "utf-8")
        (folder / "package.json").write_text('{"private": true}', "utf-8")
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "caniemail@2"]
        subprocess.run(install, cwd=folder, check=True)
        clients = list(support().clients)
        done = subprocess.run(
            ["node", "lint.mjs", *clients], cwd=folder, check=True, capture_output=True, text=True
        )
        answers: dict[str, list[str] | str] = json.loads(done.stdout)
        return answers


if __name__ == "__main__":
    sys.exit(main())
