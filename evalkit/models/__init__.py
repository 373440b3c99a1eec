"""Models: from measures to frozen results, each with its interval and what it cannot say."""
