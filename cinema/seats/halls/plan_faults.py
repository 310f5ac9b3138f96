"""The faults of a seating plan: all are counted, the first ones are shown."""

MAX_FAULTS = 20


class PlanError(ValueError):
    """A plan that cannot be used.

    `faults` has messages such as `zones[0].rows[3].seats[7].category: no such category`, and if there are more
    than `MAX_FAULTS`, their number as the last one. `repeats_guids` tells whether a guid is in the plan
    twice, as in a row that was copied in an editor.
    """

    def __init__(self, faults: list[str], *, repeats_guids: bool = False) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
        self.repeats_guids = repeats_guids


class Faults:
    """Collects the faults of a plan. It keeps only those that are shown, because a plan can have a million."""

    def __init__(self) -> None:
        self.count = 0
        self.repeats_guids = False
        self._messages: list[str] = []

    def add(self, place: str, message: str) -> None:
        self.count += 1
        if self.count <= MAX_FAULTS:
            self._messages.append(f"{place}: {message}" if place else message)

    def raise_if_any(self) -> None:
        if self.count:
            more = self.count - MAX_FAULTS
            messages = [*self._messages, f"and {more} more"] if more > 0 else self._messages
            raise PlanError(messages, repeats_guids=self.repeats_guids)
