"""A hub on this machine and an empty cache, for tests that pull."""

from tests.weights.hub_server import hub

__all__ = ["hub"]
