"""Every check, in the order of the table of failures; one small file each."""
