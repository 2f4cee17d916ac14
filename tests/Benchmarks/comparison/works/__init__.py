"""The works, in the order in which they are run."""
from . import check, leech, reference, seed, start

ALL = [*reference.ALL, *leech.ALL, *seed.ALL, *check.ALL, *start.ALL]
__all__ = ["ALL"]
