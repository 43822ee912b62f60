"""The app server of the shop: takes orders, keeps them in a table and puts them on the queue."""
