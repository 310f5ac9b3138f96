"""The brand of a cinema: colors and logo of `CINEMA_COLOR`, `CINEMA_BAR_COLOR` and `CINEMA_LOGO`.

The colors replace tokens of `tokens.css`. Every text keeps a contrast of 4.5:1 (WCAG 2.2, 1.4.3).
"""

import hashlib
from functools import cache
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MIN_TEXT_CONTRAST = 4.5
MIN_EDGE_CONTRAST = 3
WHITE, BLACK = "#ffffff", "#000000"
# Tokens of tokens.css: the backgrounds of texts in `--velvet-text`, and the texts in the bar.
LIGHT_BACKGROUNDS = ("#fbf6ee", "#fffdf9", "#f1e8da")
DARK_BACKGROUNDS = ("#15100e", "#211a17", "#0e0a09")
BAR_TEXTS = ("#fbf0df", "#cbb7a6", "#ffc65c")
# Backgrounds of links in the admin (admin.css).
ADMIN_LIGHT_BACKGROUNDS = ("#fffdf9", "#f7efe3", "#f1e8da", "#fdeecf")
ADMIN_DARK_BACKGROUNDS = ("#211a17", "#2a211d", "#3a2f29", "#38270c")
LOGO_TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
MAX_LOGO_BYTES = 200_000


def check_brand(color: str, bar_color: str, logo: str) -> None:
    """Raises `ImproperlyConfigured` if texts would be hard to read, or if the logo is not a small picture."""
    for name, background, texts in (
        ("CINEMA_COLOR", color, (WHITE,)),
        ("CINEMA_BAR_COLOR", bar_color, BAR_TEXTS),
    ):
        if background and (lowest := min(contrast(background, text) for text in texts)) < MIN_TEXT_CONTRAST:
            message = (
                f"{name}: Light text on {background} has a contrast of {lowest:.1f}:1. Choose a darker color, "
            )
            raise ImproperlyConfigured(f"{message}so that it is at least {MIN_TEXT_CONTRAST}:1.")
    if not logo:
        return
    path = Path(logo)
    if path.suffix.lower() not in LOGO_TYPES:
        raise ImproperlyConfigured(f"CINEMA_LOGO: Must be a file that ends in {', '.join(LOGO_TYPES)}.")
    try:
        size_bytes = len(path.read_bytes())
    except OSError as error:
        raise ImproperlyConfigured(f"CINEMA_LOGO: {logo} can't be read: {error.strerror}.") from None
    if size_bytes > MAX_LOGO_BYTES:
        raise ImproperlyConfigured(
            f"CINEMA_LOGO: {logo} has more than {MAX_LOGO_BYTES} bytes. Choose a smaller one."
        )


@cache
def brand_css(color: str, bar_color: str) -> str:
    """The style sheet that sets the tokens for these colors. Forced colors and print keep their own."""
    light, dark = {}, {}
    if color:
        soft, dark_soft = mix(color, WHITE, 0.88), mix(color, DARK_BACKGROUNDS[0], 0.75)
        light = {
            "velvet": color,
            "velvet-soft": soft,
            "velvet-text": shift(color, BLACK, (*LIGHT_BACKGROUNDS, soft), MIN_TEXT_CONTRAST),
        }
        dark = {
            "velvet": shift(color, WHITE, DARK_BACKGROUNDS, MIN_EDGE_CONTRAST),
            "velvet-soft": dark_soft,
            "velvet-text": shift(color, WHITE, (*DARK_BACKGROUNDS, dark_soft), MIN_TEXT_CONTRAST),
        }
    if bar_color:
        bar = {"facade": bar_color, "facade-line": mix(bar_color, BAR_TEXTS[1], 0.25)}
        light, dark = light | bar, dark | bar
    screen = "@media screen and (forced-colors: none)"
    schemes = f"{screen} {{ {rule(light)} }}\n{screen} and (prefers-color-scheme: dark) {{ {rule(dark)} }}\n"
    return f"{schemes}{screen} {{ {rule(admin_tokens(color, bar_color))} }}\n"


def admin_tokens(color: str, bar_color: str) -> dict[str, str]:
    """The colors of the admin. Its visitors choose a scheme, so each link has the colors of both."""
    tokens = {}
    if color:
        light = shift(color, BLACK, ADMIN_LIGHT_BACKGROUNDS, MIN_TEXT_CONTRAST)
        dark = shift(color, WHITE, ADMIN_DARK_BACKGROUNDS, MIN_TEXT_CONTRAST)
        tokens = {
            "brand-button": color,
            "brand-button-hover": mix(color, BLACK, 0.2),
            "brand-link": f"light-dark({light}, {dark})",
            "brand-link-hover": f"light-dark({mix(light, BLACK, 0.35)}, {mix(dark, WHITE, 0.4)})",
        }
    if bar_color:
        tokens |= {"brand-bar": bar_color, "brand-bar-below": mix(bar_color, BLACK, 0.25)}
    return tokens


def rule(tokens: dict[str, str]) -> str:
    return f":root {{ {' '.join(f'--{name}: {value};' for name, value in tokens.items())} }}"


@cache
def read_logo(logo: str) -> tuple[bytes, str]:
    """Content and media type of the logo. A process reads it once."""
    path = Path(logo)
    return path.read_bytes(), LOGO_TYPES[path.suffix.lower()]


def version(content: str | bytes) -> str:
    """A short hash for addresses and ETags, so that browsers load new content at once."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:12]


# --- colors -----------------------------------------------------------------------------


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colors (WCAG 2.2): 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    parts = [channel / 255 for channel in channels(color)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def channels(color: str) -> list[int]:
    return [int(color[start : start + 2], 16) for start in (1, 3, 5)]


def mix(color: str, other: str, share: float) -> str:
    """The color with a share of another one."""
    pairs = zip(channels(color), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def shift(color: str, toward: str, backgrounds: tuple[str, ...], ratio: float) -> str:
    """The color, mixed with just enough of `toward` for the minimum contrast to all backgrounds."""
    steps = (mix(color, toward, step / 50) for step in range(51))
    return next(
        step for step in steps if min(contrast(step, background) for background in backgrounds) >= ratio
    )
