"""Problems of changing or deleting a movie or a show. `cinema/api/problem_types.py` has their texts."""

from cinema.api.problems import Problem


class HasBookings(Problem):
    code = "has_bookings"


class SeatsInUse(Problem):
    code = "seats_in_use"
