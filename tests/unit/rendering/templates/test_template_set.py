"""Every mistake in a template is reported with its file, its line and its reason."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.errors import NotFound
from digest.rendering.content.issue_content import IssueContent, Site
from digest.rendering.content.template_model import issue_values
from digest.rendering.errors import TemplateError
from digest.rendering.issue import compile_in_process, compile_issue
from digest.rendering.message.compiled import CompiledMessage
from digest.rendering.templates.template_set import TemplateSet, load_templates

GLANCE = "glance.mjml.j2"
MARK = "At a glance"
Compile = Callable[..., CompiledMessage]


@pytest.fixture
def compile_with(content: IssueContent, site: Site, weekly: TemplateSet) -> Compile:
    """Compiles the sample with one place of one template replaced."""

    def compile_with(new: str, old: str = MARK, file: str = GLANCE) -> CompiledMessage:
        assert old in weekly.files[file]
        files = {**weekly.files, file: weekly.files[file].replace(old, new, 1)}
        return compile_in_process(content, site, TemplateSet("weekly", files))

    return compile_with


@pytest.fixture(scope="module")
def line(weekly: TemplateSet) -> int:
    """The line of glance.mjml.j2 in which the mistakes are put."""
    return weekly.files[GLANCE].partition(MARK)[0].count("\n") + 1


NESTED = "{% for a in issue.cards %}{% for b in issue.cards %}{% for c in issue.cards %}"
CLOSED = "{% endfor %}" * 3

MISTAKES = {
    "syntax error": ("{% for x in %}", "Expected an expression"),
    "unknown variable": ("{{ isue.date }}", "'isue' is undefined"),
    "unknown field": ("{{ issue.dat }}", "no 'dat' here, only number"),
    "unknown filter": ("{{ issue.date | safe }}", "No filter named 'safe'"),
    "unknown test": ("{% if issue is callable %}x{% endif %}", "No test named 'callable'"),
    "misspelt tag": ("<mj-txt>x</mj-txt>", "did you mean <mj-text>"),
    "misplaced tag": ("<mj-section></mj-section>", "<mj-section> is not allowed in <h2>"),
    "mjml include": ('<mj-include path="/etc/passwd" />', "use {% include"),
    "script": ("<script>alert(1)</script>", "<script>"),
    "event handler": ('<b onclick="x()">x</b>', "onclick is a script"),
    "script link": ('<a href=" java\tscript:x">x</a>', "must be an http(s) link"),
    "multi-line attribute": ('<a href="https://x.org/\n?a">x</a>', "runs over several lines"),
    "unclosed tag": ("<p>x", "<p> of line"),
    "stray bracket": ('<p title="x>x</p>', "does not begin a tag"),
    "cdata": ("<![CDATA[x]]>", "does not begin a tag"),
    "deep nesting": ("<b>" * 9000, "more than 64 deep"),
    "deep expression": ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "nested too deeply"),
    "endless loop": (NESTED * 4 + CLOSED * 4, "passes of loops and macros"),
    "huge output": (NESTED * 2 + "x" * 2000 + CLOSED * 2, "output passes"),
    "huge power": ("{{ 9 ** 9 ** 9 }}", "** is for plain numbers"),
    "huge repetition": ('{{ "a" * 1000000000 }}', "* is for plain numbers"),
    "formatting": ('{{ "%1000000000d" % 1 }}', "% is for plain numbers"),
    "doubling": (
        '{% set x = "aaaaaaaaaa" %}' + "{% set x = x ~ x %}" * 40 + "{{ x }}",
        "output passes",
    ),
    "doubling by join": (
        '{% set x = "aaaaaaaaaa" %}' + "{% set x = [x, x] | join %}" * 40 + "{{ x }}",
        "output passes",
    ),
    "printing a list": ("{{ issue.cards }}", "a list cannot be printed"),
    "macro that calls itself": (
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "nested too deeply, or calls itself",
    ),
    "python attribute": ("{{ issue.__class__ }}", "no '__class__' here"),
    "python method": ("{{ issue.date.format() }}", "'format' is not available here"),
    "calling a value": ("{{ issue.date() }}", "only macros can be called"),
    "includes itself": ('{% include "glance.mjml.j2" %}', "includes itself"),
    "include cycle": ('{% include "issue.mjml.j2" %}', "includes itself"),
    "include of a path": ('{% include "/etc/passwd" %}', "there is no '/etc/passwd'"),
    "include by a variable": ("{% include issue.date %}", "name the file"),
    "escaping off": ("{% autoescape false %}x{% endautoescape %}", "cannot be switched off"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_reported_with_file_line_and_reason(
    compile_with: Compile, line: int, mistake: str
) -> None:
    text, reason = MISTAKES[mistake]
    with pytest.raises(TemplateError) as told:
        compile_with(text)
    assert (told.value.file, reason in told.value.reason) == (GLANCE, True), str(told.value)
    assert told.value.line == line or mistake in ("include cycle", "deep expression")
    assert str(told.value).startswith(f"{GLANCE}:{told.value.line}: ")


def test_an_error_is_placed_in_the_file_that_is_included(compile_with: Compile) -> None:
    with pytest.raises(TemplateError) as told:
        compile_with("\n\n<mj-foo />", old='<h3 class="panel">', file="quotes.mjml.j2")
    assert told.value.file == "quotes.mjml.j2"
    assert told.value.line == 6


@pytest.mark.parametrize(
    ("file", "entry"),
    [("footer.mjml.j2", "issue.mjml.j2"), ("issue.txt.j2", "issue.txt.j2")],
)
def test_without_an_unsubscribe_link_nothing_is_compiled(
    compile_with: Compile, file: str, entry: str
) -> None:
    with pytest.raises(TemplateError, match="no unsubscribe link") as told:
        compile_with("x", old="{{ reader.unsubscribe_url }}", file=file)
    assert (told.value.file, told.value.line) == (entry, 1)


def test_an_unsubscribe_address_outside_a_link_is_not_enough(compile_with: Compile) -> None:
    with pytest.raises(TemplateError, match="in an href"):
        compile_with(
            '<a href="https://x.org">{{ reader.unsubscribe_url }}</a>',
            old='<a class="small-link" href="{{ reader.unsubscribe_url }}">Unsubscribe</a>',
            file="footer.mjml.j2",
        )


def test_html_over_the_size_limit_is_reported_with_its_heaviest_line(
    compile_with: Compile, line: int
) -> None:
    with pytest.raises(TemplateError, match="at most 100,000") as told:
        compile_with("{% for card in issue.cards %}" + "x" * 20_000 + "{% endfor %}")
    assert (told.value.file, told.value.line) == (GLANCE, line)


def test_a_changed_template_is_compiled_in_a_subprocess(
    content: IssueContent, site: Site, weekly: TemplateSet
) -> None:
    changed = {**weekly.files, GLANCE: weekly.files[GLANCE].replace(MARK, "In short")}
    edited = TemplateSet("weekly", changed)
    assert not edited.is_shipped
    assert compile_issue(content, site, edited) == compile_in_process(content, site, edited)
    broken = TemplateSet("weekly", {**changed, GLANCE: "<mj-txt>"})
    with pytest.raises(TemplateError, match="<mj-txt>") as told:
        compile_issue(content, site, broken)
    assert (told.value.file, told.value.line) == (GLANCE, 1)


def test_a_crash_of_the_compiler_is_reported_as_a_template_error(
    content: IssueContent, site: Site, weekly: TemplateSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(arguments: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(arguments, -11, b"", b"")

    monkeypatch.setattr(subprocess, "run", die)
    edited = TemplateSet("weekly", {**weekly.files, GLANCE: ""})
    with pytest.raises(TemplateError, match="crashed the compiler"):
        compile_issue(content, site, edited)


def test_the_shipped_templates_are_known_as_such(weekly: TemplateSet) -> None:
    assert weekly.is_shipped


def test_the_manifest_hashes_every_file(weekly: TemplateSet) -> None:
    manifest = weekly.manifest()
    assert set(manifest) == set(weekly.files)
    text = weekly.files["issue.mjml.j2"].encode()
    assert manifest["issue.mjml.j2"] == hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize("name", ["nothing", "../web", "shared", "", "."])
def test_an_unknown_set_is_not_found(name: str) -> None:
    with pytest.raises(NotFound, match="weekly"):
        load_templates(name)


def test_a_file_that_is_not_utf8_is_reported(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "issue.txt.j2").write_bytes(b"\xff\xfe")
    with pytest.raises(TemplateError, match="UTF-8"):
        load_templates("mine", tmp_path)


def test_a_file_that_cannot_be_read_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "issue.txt.j2").touch()

    def denied(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(TemplateError, match=r"issue.txt.j2: it cannot be read: Permission denied"):
        load_templates("mine", tmp_path)


def test_the_guide_names_every_field(content: IssueContent, site: Site) -> None:
    guide = (Path(__file__).parents[4] / "docs" / "templates.md").read_text("utf-8")
    values = issue_values(content, site, {"unsubscribe_url": "x", "address": "y"})
    missing = {name for name in _field_names(values) if f"`{name}`" not in guide}
    assert missing == set()


def _field_names(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_field_names, value.values()))
    if isinstance(value, list):
        return set().union(*map(_field_names, value))
    return set()
