"""The web server of the shop: the page, and the way to the app server."""
