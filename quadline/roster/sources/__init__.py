"""What rosters come as: our CSV, OneRoster, a mapped export; in files, folders, ZIPs."""
