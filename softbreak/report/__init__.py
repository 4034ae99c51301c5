"""What a person opens after a run: pictures, pages and terminal views of diagnoses.

``page.write_report`` writes the offline report, ``page.static_figures`` one cell's pictures as
files, ``terminal`` the same for a console. ``figures`` says what is drawn, the two ``render_*``
modules draw it; nothing else touches a plotting library.
"""
