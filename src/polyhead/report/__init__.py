"""Pages out of a run folder: what each head learned, beside what no learning would have reached."""
