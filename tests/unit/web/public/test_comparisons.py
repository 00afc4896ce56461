"""The comparison pages."""

import httpx
import pytest
from sqlmodel import select

from digest.app import App
from digest.catalogue.tables import Comparison


async def test_the_page_shows_both_tools_the_table_and_the_scorecard(
    client: httpx.AsyncClient, comparison: str
) -> None:
    page = await client.get(f"/compare/{comparison}")
    assert page.status_code == 200
    for part in (
        '<span class="badge ship">SHIP</span>',
        '<span class="badge no_take">NO TAKE</span>',
        "SHIP · 3 ship / 1 skip",
        "No votes yet",
        '<span class="score">88<span class="of">/100</span></span>',
        "No panel take",
        'href="https://good.example/"',
        'action="/signup"',
    ):
        assert part in page.text


async def test_names_taglines_quotes_and_addresses_are_inert(
    client: httpx.AsyncClient, comparison: str
) -> None:
    for path in (f"/compare/{comparison}", "/compare", "/"):
        text = (await client.get(path)).text
        assert "<script" not in text
        assert "<img src=x" not in text
        assert "javascript:" not in text
        assert "<b>Builder" not in text
    page = (await client.get(f"/compare/{comparison}")).text
    assert "{{ 7 * 7 }}" in page
    assert "&lt;/blockquote&gt;&lt;script&gt;alert(4)&lt;/script&gt; &amp; more" in page


async def test_the_list_links_to_every_comparison(
    client: httpx.AsyncClient, comparison: str
) -> None:
    assert f'href="/compare/{comparison}"' in (await client.get("/compare")).text


async def test_a_withdrawn_comparison_shows_a_notice_and_is_not_listed(
    client: httpx.AsyncClient, app: App, comparison: str
) -> None:
    async with app.store.write() as session:
        row = (await session.exec(select(Comparison))).one()
        row.withdrawn_at, row.withdrawn_reason = app.clock(), "numbers <were> wrong"
        session.add(row)
    page = await client.get(f"/compare/{comparison}")
    assert page.status_code == 410
    assert "withdrawn on 20 November 2026: numbers &lt;were&gt; wrong" in page.text
    assert comparison not in (await client.get("/compare")).text


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])  # which takes no NUL
@pytest.mark.parametrize("slug", ["nope", "..%2f..%2fetc", "%00", "x" * 5_000, "%F0%9F%98%80"])
async def test_the_page_for_an_unknown_comparison_mentions_no_commands(
    client: httpx.AsyncClient, comparison: str, slug: str
) -> None:
    page = await client.get(f"/compare/{slug}")
    assert page.status_code == 404
    assert "This page does not exist" in page.text
    assert "digest comparisons" not in page.text
