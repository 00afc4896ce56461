from previews.views.frame import framed, policy, standalone


def test_no_script_runs_and_no_form_is_sent() -> None:
    for rules in (policy(images=True), policy(images=False)):
        assert "default-src 'none'" in rules
        assert "script-src" not in rules
        assert "form-action 'none'" in rules


def test_links_open_in_a_new_tab_and_the_doctype_stays_first() -> None:
    html = framed("<!doctype html><html><head></head></html>", "light")
    assert html.startswith('<!doctype html><html><head><base target="_blank">')


def test_a_file_starts_with_its_policy() -> None:
    html = standalone("<html><head><style>p{}</style></head></html>", "no-images")
    assert html.startswith('<html><head><meta charset="utf-8"><meta http-equiv="Content-Security')
    assert "img-src 'none'" in html


def test_a_quoted_tag_is_not_mistaken_for_the_head() -> None:
    """A tool's name may hold one, and an attribute needs no escaping of `<`."""
    name = '<img alt="<head>" src="https://x.example/">'
    html = standalone(f"<html><head><title>t</title></head><body>{name}</body></html>", "light")
    assert html.startswith('<html><head><meta charset="utf-8"><meta http-equiv="Content-Security')
    assert name in html
    headless = standalone(f"<!-- <head> --><body>{name}</body>", "light")
    assert headless.startswith('<meta charset="utf-8"><meta http-equiv="Content-Security')
