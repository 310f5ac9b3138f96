"""The project's settings with a password hasher that takes microseconds.

Hundreds of generated requests sign up or log in. The users of the test have hashes of the same hasher, because
the server would replace others when they log in, which ends their tokens.
"""

from cinema.settings import *  # noqa: F403
from cinema.settings import PASSWORD_HASHERS

PASSWORD_HASHERS = ["tests.hashers.FastArgon2PasswordHasher", *PASSWORD_HASHERS[1:]]
