"""Figures of a run, one file per kind of figure; each returns panels that the page embeds and the folder keeps."""
