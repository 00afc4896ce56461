"""Jinja's sandbox with an allow-list, and a budget of work instead of a time limit.

A template sees the variables that it is given, their fields, `loop`, its own macros, and the
filters and tests listed here. It cannot name, call or reach anything else. Each pass of a
loop, each call of a macro and each printed character is charged to a budget, so that an
endless template always fails at the same line, whatever the speed of the machine.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from types import TracebackType
from typing import Any, cast

from jinja2 import BaseLoader, StrictUndefined, TemplateError, TemplateNotFound, nodes, pass_context
from jinja2 import TemplateSyntaxError as SyntaxProblem
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS

from digest.rendering import errors
from digest.rendering.content.typography import isolated, unbroken, underlined, wrapped
from digest.rendering.templates.instrument import CHARGE, CONCAT, instrument

CHARACTERS = 2_000_000
STEPS = 20_000

_FILTERS = ("default", "d", "escape", "e", "first", "join", "last", "length", "lower", "upper")
_TESTS = ("defined", "undefined", "none", "odd", "even", "eq", "equalto", "ne", "gt", "lt", "in")
_LOOP_FIELDS = frozenset({"index", "index0", "first", "last", "length", "previtem", "nextitem"})
_INCLUDING_NODES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


@dataclass
class Budget:
    """What is left of the work that one rendering may do."""

    characters: int = CHARACTERS
    steps: int = STEPS

    def charge(self, characters: int, steps: int = 0) -> None:
        self.characters -= characters
        self.steps -= steps
        if self.steps < 0:
            raise SecurityError(f"more than {STEPS:,} passes of loops and macros; does it end?")
        if self.characters < 0:
            raise SecurityError(f"the output passes {CHARACTERS:,} characters")


_budget: ContextVar[Budget] = ContextVar("budget")


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of one template set. Safe to share between threads."""

    intercepted_binops = frozenset({"+", "*", "%", "**"})

    def __init__(self, files: Mapping[str, str]) -> None:
        super().__init__(
            loader=_Files(files),
            undefined=StrictUndefined,
            autoescape=lambda name: bool(name) and not str(name).endswith(".txt.j2"),
            finalize=_printed,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        self.files = files
        self.paths = list(files)
        self._checked: set[str] = set()
        self.globals.clear()
        self.filters = {name: _bounded(FILTERS[name]) for name in _FILTERS}
        self.filters |= {"wrap": _bounded(wrapped), "underline": _bounded(underlined)}
        self.filters |= {"unbroken": _bounded(unbroken), "isolated": _bounded(isolated)}
        self.filters[CHARGE] = _charge
        self.filters[CONCAT] = _bounded(FILTERS["join"])
        self.tests = {name: TESTS[name] for name in _TESTS}

    def run(self, path: str, values: Mapping[str, object]) -> str:
        """The template's output. Raises `errors.TemplateError` with file, line and reason."""
        token = _budget.set(Budget())
        try:
            self._check_includes(path)
            return "".join(self.get_template(path).generate(**values))
        except (TemplateError, SecurityError, TypeError, ValueError, ArithmeticError) as problem:
            raise self._explained(problem, path) from None
        except (RecursionError, MemoryError, SyntaxError) as problem:
            raise self._too_deep(problem, path) from None
        finally:
            _budget.reset(token)

    def _check_includes(self, path: str, above: tuple[str, ...] = ()) -> None:
        """Refuse includes and imports, also indirect ones, of unknown files and of themselves."""
        if path in self._checked:
            return
        for node in self._tree(path).find_all(_INCLUDING_NODES):
            named = cast(nodes.Include, node).template
            name = named.value if isinstance(named, nodes.Const) else None
            if not isinstance(name, str):
                raise SyntaxProblem("name the file that is included", node.lineno, path)
            if name not in self.paths:
                raise SyntaxProblem(f"there is no {name!r} in this set", node.lineno, path)
            if name == path or name in above:
                raise SyntaxProblem(f"{name!r} includes itself", node.lineno, path)
            self._check_includes(name, (*above, path))
        self._checked.add(path)

    def _tree(self, path: str) -> nodes.Template:
        try:
            return self.parse(self.files[path], path)
        except RecursionError as problem:
            raise self._too_deep(problem, path) from None

    def _too_deep(self, problem: BaseException, path: str) -> errors.TemplateError:
        file, line = _place(problem.__traceback__, self.paths) or (path, 1)
        return errors.TemplateError(file, line, "this is nested too deeply, or calls itself")

    def _explained(self, problem: Exception, path: str) -> errors.TemplateError:
        if isinstance(problem, SyntaxProblem):
            return errors.TemplateError(
                problem.name or path, problem.lineno, problem.message or "syntax error"
            )
        file, line = _place(problem.__traceback__, self.paths) or (path, None)
        reason = str(problem)
        if isinstance(problem, TemplateNotFound):
            reason = f"there is no template {problem.name!r} in this set"
        return errors.TemplateError(file, line, reason)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        instrument(tree, name, self.paths.index(name) if name in self.paths else 0)
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping):
            if attribute in obj:
                return obj[attribute]
            return self.undefined(f"there is no {attribute!r} here, only {', '.join(obj)}")
        if isinstance(obj, LoopContext) and attribute in _LOOP_FIELDS:
            return getattr(obj, attribute)
        if isinstance(obj, TemplateModule) and isinstance(vars(obj).get(attribute), Macro):
            return vars(obj)[attribute]
        if isinstance(obj, Undefined):
            str(obj)
        return self.undefined(f"{attribute!r} is not available here")

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping):
            return self.getattr(obj, argument)
        if isinstance(obj, (list, tuple)) and isinstance(argument, int | slice):
            try:
                return obj[argument]
            except IndexError:
                return self.undefined(f"there is no item {argument}")
        return self.undefined(f"{argument!r} is not available here")

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(obj, Undefined):
            obj()
        if not isinstance(obj, Macro):
            raise SecurityError("only macros can be called")
        return context.call(obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if not numbers or operator == "**" or abs(left) > 10**9 or abs(right) > 10**9:
            raise SecurityError(f"{operator} is for plain numbers here; join text with ~")
        return super().call_binop(context, operator, left, right)


class _Files(BaseLoader):
    """Only the set's own files; their errors carry their paths."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files

    def get_source(
        self, environment: object, template: str
    ) -> tuple[str, str, Callable[[], bool] | None]:
        if template not in self.files:
            raise TemplateNotFound(template)
        return self.files[template], template, None


@pass_context
def _charge(context: Context, characters: int) -> str:
    """Charge the budget. Without the context Jinja would fold the call into a constant."""
    _budget.get().charge(characters, steps=1)
    return ""


def _printed(value: object) -> object:
    """What `{{ }}` prints: texts, which are charged, and numbers; nothing for none."""
    if value is None:
        return ""
    if isinstance(value, Undefined):
        return str(value)
    if not isinstance(value, str | int | float):
        raise SecurityError(f"a {type(value).__name__} cannot be printed; name one of its fields")
    if isinstance(value, str) and (budget := _budget.get(None)):
        budget.charge(len(value))
    return value


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose result is charged like printed text.

    `wraps` also keeps the attributes by which Jinja passes a context.
    """

    @wraps(function)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if isinstance(result, str) and (budget := _budget.get(None)):
            budget.charge(len(result))
        return result

    return bounded


def _place(traceback: TracebackType | None, paths: list[str]) -> tuple[str, int] | None:
    """The innermost line of a template in a traceback; Jinja puts its files and lines there."""
    found = None
    while traceback:
        file = traceback.tb_frame.f_code.co_filename
        if file in paths:
            found = file, traceback.tb_lineno
        traceback = traceback.tb_next
    return found
