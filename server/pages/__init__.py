"""The pages of people who lead, administer and log in."""
