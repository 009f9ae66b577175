"""The studies that come with the program, read as files: `uptake init` copies one of them."""
