"""A benchmark that others can enter: cells made on the spot, files, verdicts, scores, a page.

Start with docs/bench.md. :mod:`editions` says which cells there are, :mod:`make` writes them,
:mod:`contract` reads what an entrant said, :mod:`score` holds it against the truth,
:mod:`run` lets the entrants of :mod:`softbreak.bench.entrants` or any program judge.
"""
