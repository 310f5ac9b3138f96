class NotDelivered(Exception):
    """The receiver did not accept the notice; the message says why.

    With `concerns_all`, the other notices of the subscription would fail too.
    """

    def __init__(self, message: str, *, concerns_all: bool = True) -> None:
        super().__init__(message)
        self.concerns_all = concerns_all
