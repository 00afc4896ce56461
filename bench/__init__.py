"""How fast it is, beside its peers: `make bench`. Not part of the wheel; see docs/bench.md."""
