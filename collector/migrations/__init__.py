"""The steps that bring an answer store of any age to the tables of today."""
