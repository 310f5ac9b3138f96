"""The exceptions of a cache that does not respond."""

from django.conf import settings

CACHE_ERRORS: tuple[type[Exception], ...] = ()
if settings.REDIS_URL:
    # Not without Redis, because this import is up to a tenth of the CPU time of a start.
    from redis.exceptions import RedisError

    CACHE_ERRORS = (RedisError,)
