"""QR codes of tickets as SVG."""

from io import BytesIO

import segno

SCALE = 4  # pixels of a module


def qr_svg(code: str, title: str) -> bytes:
    """An SVG file."""
    svg = BytesIO()
    segno.make_qr(code).save(svg, kind="svg", scale=SCALE, title=title)
    return svg.getvalue()


def inline_qr_svg(code: str, title: str) -> str:
    """An SVG element for a page, on white also in dark colors, because scanners need dark on light."""
    return segno.make_qr(code).svg_inline(scale=SCALE, title=title, light="white")
