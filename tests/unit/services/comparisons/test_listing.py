"""Lists of comparisons."""

import json
from collections.abc import Awaitable, Callable

from digest.app import App
from digest.services.comparisons.edit import withdraw_comparison
from digest.services.comparisons.listing import list_comparisons
from tests.unit.catalogue.building import EDITOR

AddNews = Callable[..., Awaitable[None]]


async def test_at_most_the_newest_are_listed(app: App, add_news: AddNews) -> None:
    await add_news(("Ash", "Birch"), ("Cedar", "Elm"), ("Fir", "Gum"))
    assert [found.slug for found in await list_comparisons(app, newest=2)] == [
        "ash-vs-birch",
        "cedar-vs-elm",
    ]
    assert len(await list_comparisons(app)) == 3


async def test_withdrawn_comparisons_are_listed_on_request(app: App, add_news: AddNews) -> None:
    await add_news(("Ash", "Birch"))
    await withdraw_comparison(app, EDITOR, "ash-vs-birch", reason="wrong")
    assert await list_comparisons(app) == ()
    [found] = await list_comparisons(app, include_withdrawn=True)
    assert found.withdrawn_reason == "wrong"


async def test_the_json_has_the_documented_keys_in_their_order(app: App, add_news: AddNews) -> None:
    await add_news(("Ash", "Birch"))
    [found] = await list_comparisons(app)
    document = json.loads(found.model_dump_json())
    assert list(document) == ["slug", "left", "right", "url", "first_seen_at", "withdrawn_at"]
    assert list(document["left"]) == [
        "name",
        "category",
        "entry",
        "panel_ship_percent",
        "ship",
        "skip",
        "verdict",
        "community",
    ]
