"""The service beside one that people would write instead, in turns and on the same database."""

from bench.peers.comparison import measure

__all__ = ["measure"]
