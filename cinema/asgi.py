"""The ASGI entry point. `make run` serves it, live events included."""

from cinema.server.bridge import application

__all__ = ["application"]
