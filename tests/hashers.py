"""A password hasher that takes microseconds, because most tests only need an account to exist."""

from cinema.auth.passwords import NormalizingPasswordHasher


class FastArgon2PasswordHasher(NormalizingPasswordHasher):
    """Argon2 with its cheapest parameters.

    A hash names its own parameters, so the real server accepts passwords that were hashed here.
    """

    time_cost = 1
    memory_cost = 8  # KiB; argon2 takes no less for one lane.
    parallelism = 1
