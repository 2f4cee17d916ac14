"""The works, in the order in which they are run."""
from . import check, create, leech, many, peers, reference, seed, service, start, swarm, web_seed

ALL = [*reference.ALL, *leech.ALL, *web_seed.ALL, *seed.ALL, *check.ALL, *create.ALL, *start.ALL, *many.ALL, *swarm.ALL, *peers.ALL, *service.ALL]
__all__ = ["ALL"]
