"""The benchmark beside peers: `make bench`. Not part of the wheel; see docs/bench.md."""
