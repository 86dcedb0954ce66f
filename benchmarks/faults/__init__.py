"""The fault benchmark: healthy runs, decoys and planted faults, what diagnosis says of them, and whether that is right.

`recipes` simulate data sets with honest configurations, `families` hold the faults that are planted in them, `loops`
and `tables` what no configuration can say. `running` trains and keeps, `harm` tells whether a dose hurts, `results`
counts. The command is benchmarks/planted.py.
"""
