"""The answer store: what was asked of whom, and every answer that was ever given."""
