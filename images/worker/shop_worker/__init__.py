"""The worker of the shop: takes orders off the queue and writes their receipts."""
