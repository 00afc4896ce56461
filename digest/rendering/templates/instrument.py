"""What is added to a parsed template before Jinja compiles it: charges for work, and marks.

In a `.mjml.j2` template a mark of file and line precedes every line of markup. With them the
checks in `mjml` name the place of a mistake, and then remove them.
"""

import re
from typing import cast

from jinja2 import TemplateSyntaxError, nodes

MARKED = ".mjml.j2"
CHARGE, CONCAT = "_charge", "_concat"

_OPEN, _CLOSE = (
    "\ufdd0",
    "\ufdd1",
)  # noncharacters, which `template_model.clean` removes from content
MARK = re.compile(f"{_OPEN}(\\d+):(\\d+){_CLOSE}")

_REFUSED_NODES = (nodes.EvalContextModifier, nodes.ScopedEvalContextModifier)


def instrument(tree: nodes.Template, name: str | None, file: int) -> None:
    """Refuse what would undo the sandbox, then add marks, with `file` as number, and charges.

    Raises Jinja's `TemplateSyntaxError`.
    """
    _refuse(tree, name)
    if name and name.endswith(MARKED):
        _mark_lines(tree, file)
    _charge_work(tree)


def _refuse(tree: nodes.Template, name: str | None) -> None:
    """Refuse constructs that get around the escaping or the budget."""
    for node in tree.find_all(_REFUSED_NODES):
        raise TemplateSyntaxError("escaping cannot be switched off", node.lineno, name)
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise TemplateSyntaxError("recursive loops are not allowed", loop.lineno, name)


def _charge_work(tree: nodes.Template) -> None:
    """Charge every pass through a template, loop or macro body, and what `~` joins."""
    for concat in list(tree.find_all(nodes.Concat)):
        items = nodes.List(concat.nodes, lineno=concat.lineno)
        concat.nodes = [nodes.Filter(items, CONCAT, [], [], None, None, lineno=concat.lineno)]
    bodies = [tree, *tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock))]
    for body in cast(list[nodes.Template], bodies):
        size = sum(len(data.data) for data in body.find_all(nodes.TemplateData))
        charge = nodes.Filter(nodes.Const(size), CHARGE, [], [], None, None, lineno=body.lineno)
        body.body.insert(0, nodes.Output([charge], lineno=body.lineno))


def _mark_lines(tree: nodes.Template, file: int) -> None:
    for data in list(tree.find_all(nodes.TemplateData)):
        first, *rest = data.data.split("\n")
        marked = [_mark(file, data.lineno) + first]
        marked += [_mark(file, data.lineno + at) + line for at, line in enumerate(rest, 1)]
        data.data = "\n".join(marked)


def _mark(file: int, line: int) -> str:
    return f"{_OPEN}{file}:{line}{_CLOSE}"
