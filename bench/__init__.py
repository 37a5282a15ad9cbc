"""Side-by-side benchmarks: Headwater and its peers on one workload, each in a process of its own.

`make bench` writes the table of docs/benchmarks.md. A peer is one file in `bench/peers`.
"""
