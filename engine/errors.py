"""What goes wrong with the engine, told in one sentence."""


class EngineError(Exception):
    """There is no engine to be had; the message says why, and the remedy."""
