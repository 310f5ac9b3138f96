"""What fails a benchmark: a wrong answer, never a figure."""


class Wrong(Exception):
    """The service answered, or sold, what it must not."""


def require(right: bool, otherwise: str) -> None:
    if not right:
        raise Wrong(otherwise)
