"""The colors and the logo of the cinema: style sheet, contrasts, errors at the start."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured

from cinema.web.brand import (
    ADMIN_DARK_BACKGROUNDS,
    ADMIN_LIGHT_BACKGROUNDS,
    BAR_TEXTS,
    BLACK,
    DARK_BACKGROUNDS,
    LIGHT_BACKGROUNDS,
    MAX_LOGO_BYTES,
    WHITE,
    admin_tokens,
    brand_css,
    check_brand,
    contrast,
)
from tests.web.test_page import STATIC

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8H0z"/></svg>'
# Dark enough for white text: black, and the lightest ones of some hues.
COLORS = ["#000000", "#767676", "#ab1530", "#0055ff", "#008000", "#6f4df0", "#960fff", "#c2410c", "#00008b"]


@pytest.fixture
def brand(settings, tmp_path):
    (tmp_path / "logo.svg").write_text(LOGO)
    settings.CINEMA_COLOR = "#0b5d3b"
    settings.CINEMA_BAR_COLOR = "#102a43"
    settings.CINEMA_LOGO = str(tmp_path / "logo.svg")


def test_backgrounds_are_those_of_the_style_sheet():
    tokens = (STATIC / "tokens.css").read_text()
    light, dark, *_ = tokens.split("@media")
    for source, backgrounds in ((light, LIGHT_BACKGROUNDS), (dark, DARK_BACKGROUNDS)):
        assert re.search(r"--paper: (\S+); --raised: (\S+); --sunk: (\S+);", source).groups() == backgrounds
        for name, color in zip(("ink", "quiet", "focus"), BAR_TEXTS, strict=True):
            assert (name == "focus" and source is dark) or f"--facade-{name}: {color};" in source


def test_contrast_is_that_of_wcag():
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast("#777777", WHITE) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("color", COLORS)
def test_texts_in_the_color_are_readable_in_light_and_dark(color):
    check_brand(color, "", "")
    light, dark, _ = (
        dict(re.findall(r"--([\w-]+): (#\w{6});", line)) for line in brand_css(color, "").strip().split("\n")
    )
    assert light["velvet"] == color
    for tokens, backgrounds in ((light, LIGHT_BACKGROUNDS), (dark, DARK_BACKGROUNDS)):
        assert contrast(tokens["velvet"], WHITE) >= 4.5
        assert min(contrast(tokens["velvet"], background) for background in backgrounds) >= 3
        for background in (*backgrounds, tokens["velvet-soft"]):
            assert contrast(tokens["velvet-text"], background) >= 4.5


@pytest.mark.parametrize("color", COLORS)
def test_texts_of_the_admin_are_readable_in_the_color(color):
    tokens = admin_tokens(color, "")
    assert contrast(tokens["brand-button"], WHITE) >= 4.5
    assert contrast(tokens["brand-button-hover"], WHITE) >= 4.5
    for name in ("brand-link", "brand-link-hover"):
        light, dark = re.fullmatch(r"light-dark\((#\w{6}), (#\w{6})\)", tokens[name]).groups()
        for link, backgrounds in ((light, ADMIN_LIGHT_BACKGROUNDS), (dark, ADMIN_DARK_BACKGROUNDS)):
            assert min(contrast(link, background) for background in backgrounds) >= 4.5


def test_backgrounds_of_the_admin_are_those_of_its_style_sheet():
    style = Path(finders.find("seats/admin.css")).read_text()
    names = ("body-bg", "darkened-bg", "selected-bg", "selected-row")
    for name, light, dark in zip(names, ADMIN_LIGHT_BACKGROUNDS, ADMIN_DARK_BACKGROUNDS, strict=True):
        assert f"--{name}: light-dark({light}, {dark});" in style
    used = set(re.findall(r"var\(--(brand-[\w-]+),", style))
    assert used == set(admin_tokens("#0b5d3b", "#102a43"))


@pytest.mark.parametrize(
    ("color", "bar_color"),
    # The last one is dark enough for white text, but not for all texts in the bar.
    [("#ffcc00", ""), ("#777777", ""), ("", "#777777"), ("", "#ffffff"), ("", "#5a5a5a")],
)
def test_color_with_unreadable_text_is_an_error(color, bar_color):
    name = "CINEMA_COLOR" if color else "CINEMA_BAR_COLOR"
    with pytest.raises(ImproperlyConfigured, match=rf"^{name}: .* contrast of \d\.\d:1. Choose a darker color"):
        check_brand(color, bar_color, "")


def test_logo_must_be_a_small_picture_that_can_be_read(tmp_path):
    (tmp_path / "logo.html").write_text("<script>")
    (tmp_path / "logo.png").write_bytes(b"x" * (MAX_LOGO_BYTES + 1))
    for name, message in (("logo.html", "ends in"), ("logo.png", "bytes"), ("missing.svg", "can't be read")):
        with pytest.raises(ImproperlyConfigured, match=rf"^CINEMA_LOGO: .*{message}"):
            check_brand("", "", str(tmp_path / name))
    (tmp_path / "LOGO.PNG").write_bytes(b"x" * MAX_LOGO_BYTES)
    check_brand("", "", str(tmp_path / "LOGO.PNG"))


@pytest.mark.parametrize("path", ["/door/", "/nope", "/admin/login/"])
def test_pages_load_the_colors_only_if_the_cinema_has_some(client, settings, brand, path):
    page = client.get(path, headers={"Accept": "text/html"}).content.decode()
    address = re.search(r'<link rel="stylesheet" href="(/brand\.css\?v=\w{12})">', page)[1]
    response = client.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "--facade: #102a43; --facade-line: #" in response.content.decode()
    settings.CINEMA_BAR_COLOR = "#203a53"
    assert client.get(address)["ETag"] != response["ETag"]
    assert address not in client.get(path, headers={"Accept": "text/html"}).content.decode()
    settings.CINEMA_COLOR = settings.CINEMA_BAR_COLOR = ""
    assert "brand.css" not in client.get(path, headers={"Accept": "text/html"}).content.decode()


def test_admin_shows_the_logo_beside_the_name(client, settings, brand):
    logo = re.compile(r'<img class="logo" src="/logo\?v=\w{12}" alt="">')
    assert logo.search(client.get("/admin/login/").content.decode())
    settings.CINEMA_LOGO = ""
    assert not logo.search(client.get("/admin/login/").content.decode())


def test_page_shows_the_logo_instead_of_the_mark(client, settings, brand):
    page = client.get("/").content.decode()
    address = re.search(r'<img class="logo" src="(/logo\?v=\w{12})" alt="">', page)[1]
    assert 'class="mark"' not in page
    response = client.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")
    assert response.content.decode() == LOGO
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    settings.CINEMA_LOGO = ""
    assert 'class="mark"' in client.get("/").content.decode()
    assert client.get("/logo").status_code == 404


@pytest.mark.parametrize("path", ["/brand.css", "/logo"])
def test_brand_is_cached_and_validated_by_its_etag(client, brand, path):
    response = client.get(path)
    assert response["Cache-Control"] == "public, max-age=86400"
    assert client.get(path, headers={"If-None-Match": response["ETag"]}).status_code == 304
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405
