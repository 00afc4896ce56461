import pytest

from previews.views.outlook import as_outlook, holds


@pytest.mark.parametrize(
    "condition", ["mso", "mso | IE", "gte mso 9", "(gte mso 9)|(IE)", "!(IE)", "mso 16"]
)
def test_these_conditions_apply_in_outlook(condition: str) -> None:
    assert holds(condition)


@pytest.mark.parametrize("condition", ["!mso", "IE", "lte mso 11", "!mso & !IE", "mso & IE"])
def test_these_conditions_do_not_apply(condition: str) -> None:
    assert not holds(condition)


def test_outlook_s_branch_is_kept_and_the_branch_for_others_removed() -> None:
    html = as_outlook(
        "<head></head><!--[if mso]><table><tr><td><![endif]-->a"
        "<!--[if !mso]><!--><b>others</b><!--<![endif]--><!-- kept -->"
    )
    assert "<table><tr><td>a" in html
    assert "others" not in html
    assert "<!-- kept -->" in html


def test_declarations_that_word_ignores_are_removed() -> None:
    html = as_outlook(
        '<div style="max-width:272px;width:100%;padding:9px;color:red"></div>'
        '<td style="padding:9px;border-radius:3px" background="x.png"></td>'
        '<p style="background:#fff url(x.png) no-repeat">x</p>'
    )
    assert '<div style="color:red">' in html
    assert '<td style="padding:9px;">' in html
    assert "url(" not in html
    assert "#fff" in html


def test_media_queries_are_removed_and_other_rules_stay() -> None:
    html = as_outlook("<style>p{color:red}@media (max-width:599px){p{color:blue}}</style>")
    assert "p{color:red}" in html
    assert "blue" not in html


def test_hidden_elements_stay_hidden() -> None:
    assert "display:none" in as_outlook('<div style="display:none;width:0">…</div>')
