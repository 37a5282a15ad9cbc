"""The report in a real browser: four screenshots, nothing cut, nothing fetched, all of it named.

Screenshots go to the folder HEADWATER_SCREENSHOTS, by default `build/screenshots`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

playwright_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SCREENSHOTS = Path(
    os.environ.get("HEADWATER_SCREENSHOTS") or Path(__file__).parents[2] / "build" / "screenshots"
)
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
VIEWS = {
    "wide": {"width": 1280, "scheme": "light", "media": "screen"},
    "phone": {"width": 390, "scheme": "light", "media": "screen"},
    "dark": {"width": 1280, "scheme": "dark", "media": "screen"},
    "print": {"width": 720, "scheme": "light", "media": "print"},
}
LEAST_CONTRAST = """() => {
  const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = parts => {
    const [r, g, b] = parts.slice(0, 3).map(part => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const parts = rgb(getComputedStyle(at).backgroundColor);
      if (parts.length === 3 || parts[3] === 1) return parts;
    }
    throw new Error("nothing is behind " + element.outerHTML);
  };
  const found = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const isDrawn = element instanceof SVGElement;
    const [one, other] = [rgb(isDrawn ? style.fill : style.color), behind(element)].map(light);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const need = isLarge ? 3 : 4.5;
    const name = element.tagName + "." + (element.getAttribute("class") || "");
    if (ratio < need) found[name] = Number(ratio.toFixed(2));
  }
  return found;
}"""

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium as the system has it."""
    if CHROMIUM is None:
        # a contributor may lack it; CI installs it, and counts a skip as a failure
        pytest.skip("chromium is not installed")
    with playwright_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET])
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Any, ran: dict[str, Any]) -> Iterator[Open]:
    """Opens the page in one of the views; `page.asked` holds what it asked for."""
    contexts = []

    def open_page(view: str, *, with_details: bool = False) -> Any:
        asked = VIEWS[view]
        size = {"width": asked["width"], "height": 900}
        context = browser.new_context(viewport=size, color_scheme=asked["scheme"])
        contexts.append(context)
        page = context.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.emulate_media(media=asked["media"], color_scheme=asked["scheme"])
        page.goto(Path(ran["report"]).resolve().as_uri())
        if with_details:
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        return page

    yield open_page
    for context in contexts:
        context.close()


def tree(page: Any) -> list[dict[str, Any]]:
    """What a screen reader is given, in its order."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    return [
        {
            "role": node["role"]["value"],
            "name": node.get("name", {}).get("value", ""),
            **{one["name"]: one["value"].get("value") for one in node.get("properties", ())},
        }
        for node in nodes
        if not node.get("ignored")
    ]


@pytest.mark.parametrize("view", VIEWS)
def test_the_page_is_kept_as_a_screenshot(opened: Open, view: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"report-{view}.png"
    opened(view).screenshot(path=path, full_page=True)
    assert path.stat().st_size > 50_000


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("with_details", [False, True])
def test_nothing_reaches_over_the_edge(opened: Open, view: str, with_details: bool) -> None:
    page = opened(view, with_details=with_details)
    wide, seen = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide <= seen == VIEWS[view]["width"]


def test_the_page_asks_the_network_for_nothing(opened: Open) -> None:
    page = opened("wide", with_details=True)
    page.wait_for_load_state("networkidle")
    assert [url.partition(":")[0] for url in page.asked] == ["file"]


def test_the_pages_own_policy_refuses_requests(opened: Open) -> None:
    page = opened("wide")
    refused = page.evaluate("fetch('data:text/plain,x').then(() => 'loaded', () => 'refused')")
    assert refused == "refused"


def test_a_run_takes_less_than_a_mailbox_does(ran: dict[str, Any]) -> None:
    assert 50_000 < Path(ran["report"]).stat().st_size < 2_000_000


@pytest.mark.parametrize("view", VIEWS)
def test_text_stands_out_from_what_is_behind_it(opened: Open, view: str) -> None:
    assert opened(view, with_details=True).evaluate(LEAST_CONTRAST) == {}


@pytest.mark.parametrize("view", ["wide", "phone"])
def test_pictures_tables_and_regions_have_names(opened: Open, view: str) -> None:
    nodes = tree(opened(view, with_details=True))
    by_role = {
        role: [node["name"] for node in nodes if node["role"] in roles]
        for role, roles in {
            "image": ("image", "img", "graphics-document"),
            "table": ("table",),
            "region": ("region",),
            "navigation": ("navigation",),
            "columnheader": ("columnheader",),
            "rowheader": ("rowheader",),
        }.items()
    }
    assert {role: len(names) > 0 for role, names in by_role.items()} == dict.fromkeys(by_role, True)
    assert [role for role, names in by_role.items() if not all(names)] == []
    # two of intervals, one of time, seven inputs, two of calibration, two of importance
    assert len(by_role["image"]) == 2 + 1 + 7 + 2 + 2
    landmarks = [
        node["role"] for node in nodes if node["role"] in ("banner", "main", "contentinfo")
    ]
    assert landmarks == ["banner", "main", "contentinfo"]


def test_headings_go_down_one_level_at_a_time(opened: Open) -> None:
    levels = [node["level"] for node in tree(opened("wide")) if node["role"] == "heading"]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= before + 1 for before, later in pairwise(levels))


def test_the_first_key_leads_past_the_head_and_shows_where_it_is(opened: Open) -> None:
    page = opened("wide")
    page.keyboard.press("Tab")
    link = page.locator(".skip")
    assert link.evaluate("e => e === document.activeElement")
    assert link.bounding_box()["y"] >= 0
    assert link.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"
    assert page.evaluate("document.activeElement.id") == "content"


def test_print_leaves_out_what_needs_a_pointer_and_keeps_every_picture(opened: Open) -> None:
    page = opened("print")
    assert not page.locator("nav").is_visible()
    assert page.locator("details:visible").count() == 0
    assert page.locator("svg[role=img]:visible").count() == 14
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_dark_is_dark_and_says_the_same(opened: Open) -> None:
    light, dark = opened("wide"), opened("dark")
    behind = "getComputedStyle(document.body).backgroundColor"
    assert light.evaluate(behind) == "rgb(252, 251, 248)"
    assert dark.evaluate(behind) == "rgb(21, 25, 28)"
    assert light.inner_text("body") == dark.inner_text("body")
