"""What a set of measurements says: tables and results; :mod:`softbreak.report` draws them."""
