"""The application of this repository: a shop, deployed once for each environment."""
