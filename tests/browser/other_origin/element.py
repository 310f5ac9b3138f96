"""The element with the map in the page of `docs/embedding.md`."""


def set_options(page, code):
    """Runs code in the page, in which `hall` is the element with the map."""
    page.evaluate(f"() => {{ const hall = document.querySelector('cinema-seat-map'); {code} }}")
