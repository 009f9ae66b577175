"""The rules of collecting: every door (web page, simulator, office) calls these functions and no other."""
