"""Programs of other environments: run as files, they import nothing of this project."""
