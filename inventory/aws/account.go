package aws

// Facts about an account as a whole stand in resources of types that are ours,
// PCF::Account::…, one per account or (where the service keeps them so) per region.
// They always exist: what cannot be read of one is unread, and the cell has a gap.

// accountFacts starts the resource with the facts of the cell's account.
func (c *cell) accountFacts() *item {
	it := c.item(c.account, "")
	it.set("AccountId", c.account)
	it.Foreign = "setting of the account" // no application can own it
	it.tag(nil)
	return it
}

// either keeps one of two errors, the same one in whichever order they came.
func either(a, b error) error {
	if a == nil || b != nil && b.Error() < a.Error() {
		return b
	}
	return a
}
