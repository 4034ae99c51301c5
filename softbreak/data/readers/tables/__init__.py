"""What every text table is made of: headings, columns, numbers, sections, order."""
