"""The ground floor: errors, tables, code lists, texts and the expression language that all packages share."""
