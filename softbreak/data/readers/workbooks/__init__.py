"""Sheets of workbooks, and what they may claim of their size."""
