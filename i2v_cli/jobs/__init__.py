"""Many clips: the rows of a file, what is done already, who works on what. Each is made by `generate`."""
