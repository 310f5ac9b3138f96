"""The error that fails a benchmark. Slow figures never raise it."""


class BenchmarkError(Exception):
    """The service gave a wrong response or left wrong data behind."""


def require(condition: bool, message: str) -> None:
    """Raises `BenchmarkError` with the message unless the condition holds."""
    if not condition:
        raise BenchmarkError(message)
