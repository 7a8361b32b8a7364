"""The MAI client: mine, submit, vote and audit."""
