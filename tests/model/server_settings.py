"""The settings of the server that is compared with the model: numbered answers, and passwords hashed fast."""

from tests.server.counting_settings import *  # noqa: F403
from tests.server.counting_settings import PASSWORD_HASHERS

PASSWORD_HASHERS = ["tests.hashers.FastArgon2PasswordHasher", *PASSWORD_HASHERS[1:]]
