"""A synthetic world: a register of enterprises whose true adoption is known, and respondents who fill in the form."""
