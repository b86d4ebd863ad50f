"""How many examples a property is tried on: a few in CI, always the same; many, and other ones, in `make fuzz`."""

from hypothesis import HealthCheck, settings

_common = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", _common, max_examples=40, derandomize=True)
settings.register_profile("fuzz", _common, max_examples=1_000, print_blob=True)
settings.load_profile("ci")
