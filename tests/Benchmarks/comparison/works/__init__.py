"""The works, in the order in which they are run."""
from . import check, leech, many, peers, reference, seed, start, swarm

ALL = [*reference.ALL, *leech.ALL, *seed.ALL, *check.ALL, *start.ALL, *many.ALL, *swarm.ALL, *peers.ALL]
__all__ = ["ALL"]
