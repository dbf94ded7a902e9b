"""The Usage page: what models were asked, what it cost, how long it took."""
