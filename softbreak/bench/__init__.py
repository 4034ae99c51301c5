"""A benchmark that others can enter: cells made on the spot, files, verdicts, scores, a page.

Start with docs/bench.md. :mod:`softbreak.bench.editions` says which cells there are,
:mod:`softbreak.bench.make` writes them, :mod:`softbreak.bench.verdicts_file` reads what an entrant
said, :mod:`softbreak.bench.score` holds it against the truth, :mod:`softbreak.bench.run` lets
the entrants of :mod:`softbreak.bench.entrants` or any program judge.
"""
