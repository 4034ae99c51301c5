"""The paper's methods, one a module: from a cell's history (or numbers) to a reading."""
