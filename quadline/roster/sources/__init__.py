"""What rosters come as: our CSV, OneRoster, a mapped export; files, folders, ZIPs."""
