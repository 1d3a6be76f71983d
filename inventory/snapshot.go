package inventory

import (
	"cmp"
	"slices"
)

// GapReason is why something could not be read (CONTRACT.md section 5).
type GapReason string

// The reasons of a gap. They are distinct because what the user does next differs.
const (
	Denied      GapReason = "denied"      // the credentials may not do this
	Throttled   GapReason = "throttled"   // AWS kept refusing for rate
	Timeout     GapReason = "timeout"     // no answer in time
	Disabled    GapReason = "disabled"    // the region is not enabled for the account
	OptedOut    GapReason = "opted-out"   // the service is not subscribed or not offered there
	Suspended   GapReason = "suspended"   // the account is suspended
	Unsupported GapReason = "unsupported" // no reader for this type, or an input we cannot read
	Malformed   GapReason = "malformed"   // an answer or a file that cannot be decoded
	Failed      GapReason = "failed"      // anything else
)

// A Gap is a place that could not be read. Empty fields mean "all": a gap without
// a type covers every type of that account and region.
type Gap struct {
	Account string
	Region  string
	Type    string
	File    string
	// App and AppVersion are set when an active version's declaration is what is missing.
	App        string
	AppVersion string
	Reason     GapReason
	Message    string
}

// Covers reports whether the gap hides resources of this account, region and type. An
// empty argument means "wherever it may be", so a gap in any one place hides it.
func (g Gap) Covers(account, region, typ string) bool {
	hides := func(gap, asked string) bool { return gap == "" || asked == "" || gap == asked }
	return g.File == "" && g.App == "" &&
		hides(g.Account, account) && hides(g.Region, region) && hides(g.Type, typ)
}

// CompareGaps orders gaps for output.
func CompareGaps(a, b Gap) int {
	return cmp.Or(
		cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Type, b.Type),
		cmp.Compare(a.File, b.File), cmp.Compare(a.App, b.App), cmp.Compare(a.AppVersion, b.AppVersion),
		cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Message, b.Message),
	)
}

// Scope says where a snapshot looked. What lies outside is unverifiable, never
// missing.
type Scope struct {
	Partition string   `json:"partition"`
	Accounts  []string `json:"accounts"`
	Regions   []string `json:"regions"` // "global" included where global services were read
	Types     []string `json:"types"`   // type names or globs
}

// Includes reports whether the scope covers a cell; an empty argument stands for any. An empty list covers everything
// of its kind; region "global" is covered by every scope that does not list regions
// or lists "global".
func (s Scope) Includes(account, region, typ string) bool {
	return includes(s.Accounts, account) && includes(s.Regions, region) && includesGlob(s.Types, typ)
}

func includes(list []string, v string) bool {
	return len(list) == 0 || v == "" || slices.Contains(list, v) || slices.Contains(list, "*")
}

func includesGlob(globs []string, typ string) bool {
	return len(globs) == 0 || typ == "" || slices.ContainsFunc(globs, func(g string) bool { return MatchGlob(g, typ) })
}

// MatchGlob matches a whole name against a glob in which "*" stands for any run of
// characters (also none, also "/" and ":" in an ARN) and "?" for one. Everything else
// stands for itself. Case matters.
func MatchGlob(glob, name string) bool {
	g, n := []rune(glob), []rune(name)
	at, star, resume := 0, -1, 0 // place in g; the last star in g, and where its run ends in n
	for i := 0; i < len(n); {
		switch {
		case at < len(g) && g[at] == '*':
			star, resume = at, i
			at++
		case at < len(g) && (g[at] == '?' || g[at] == n[i]):
			at++
			i++
		case star >= 0: // the star takes one character more
			resume++
			at, i = star+1, resume
		default:
			return false
		}
	}
	for at < len(g) && g[at] == '*' {
		at++
	}
	return at == len(g)
}

// A Snapshot is what was seen at one time: live resources with the places that
// could not be read.
type Snapshot struct {
	Scope     Scope
	Resources []*Resource // sorted by CompareResources once Sort was called
	Gaps      []Gap
	// Stacks are the CloudFormation stacks whose resources were listed; nil when none were.
	Stacks []Stack
}

// Complete reports whether everything in scope was read.
func (s *Snapshot) Complete() bool { return len(s.Gaps) == 0 }

// Readable reports whether the snapshot can say of this cell what is there and what
// is not: it lies in scope and no gap covers it.
func (s *Snapshot) Readable(account, region, typ string) bool {
	return s.Scope.Includes(account, region, typ) &&
		!slices.ContainsFunc(s.Gaps, func(g Gap) bool { return g.Covers(account, region, typ) })
}

// Sort brings resources and gaps into the order of output.
func (s *Snapshot) Sort() {
	slices.SortStableFunc(s.Resources, CompareResources)
	slices.SortStableFunc(s.Gaps, CompareGaps)
	s.Gaps = slices.Compact(s.Gaps)
}
