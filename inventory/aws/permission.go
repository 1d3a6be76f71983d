package aws

import (
	"maps"
	"slices"
)

// Actions returns the IAM actions that a scan with these options needs in the accounts that it
// reads and in the caller's own, sorted, each once. They come from the readers
// themselves. Regions make no difference: finding out which are enabled is included. The
// error is that of a type that does not exist.
func Actions(opt Options) ([]string, error) {
	readers, err := selectReaders(opt.Types)
	if err != nil {
		return nil, err
	}
	needed := map[string]bool{}
	add := func(call string) { needed[coreCalls[call]] = true }
	add("STS.GetCallerIdentity")
	add("EC2.DescribeRegions")
	if opt.Organization {
		add("Organizations.ListAccounts")
	}
	if opt.Organization || slices.ContainsFunc(opt.Accounts, func(a Account) bool { return a.RoleARN != "" }) {
		add("STS.AssumeRole")
	}
	if slices.ContainsFunc(readers, func(r *Reader) bool { return r.BulkTags != "" }) {
		add(bulkCall)
	}
	for _, r := range readers {
		for _, action := range r.Actions() {
			needed[action] = true
		}
	}
	return slices.Sorted(maps.Keys(needed)), nil
}
