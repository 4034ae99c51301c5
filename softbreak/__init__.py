"""softbreak: is this cell carrying ions only, or is it short-circuiting quietly?"""
