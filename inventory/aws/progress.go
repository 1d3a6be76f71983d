package aws

// Progress is how far a scan has come. All counts only grow.
type Progress struct {
	Accounts, AccountsDone int
	// Cells are the account, region and type triples to read, known once the accounts
	// have been opened.
	Cells, CellsDone int
	Resources        int
	// Calls counts the requests sent, retries included; Throttles those that AWS refused
	// for rate.
	Calls, Throttles int
}
