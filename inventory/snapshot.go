package inventory

import (
	"cmp"
	"slices"

	"github.com/bmatcuk/doublestar/v4"
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

// Covers reports whether the gap hides resources of this account, region and type.
func (g Gap) Covers(account, region, typ string) bool {
	return g.File == "" && g.App == "" &&
		(g.Account == "" || g.Account == account) &&
		(g.Region == "" || g.Region == region) &&
		(g.Type == "" || g.Type == typ)
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

// Includes reports whether the scope covers a cell. An empty list covers everything
// of its kind; region "global" is covered by every scope that does not list regions
// or lists "global".
func (s Scope) Includes(account, region, typ string) bool {
	return includes(s.Accounts, account) && includes(s.Regions, region) && includesGlob(s.Types, typ)
}

func includes(list []string, v string) bool {
	return len(list) == 0 || v == "" || slices.Contains(list, v) || slices.Contains(list, "*")
}

func includesGlob(globs []string, typ string) bool {
	return len(globs) == 0 || slices.ContainsFunc(globs, func(g string) bool { return MatchGlob(g, typ) })
}

// MatchGlob matches a name against a glob in which "*" stands for any run of
// characters and "?" for one. A malformed glob matches only itself.
func MatchGlob(glob, name string) bool {
	ok, err := doublestar.Match(glob, name)
	return glob == name || err == nil && ok
}

// A Snapshot is what was seen at one time: live resources with the places that
// could not be read.
type Snapshot struct {
	Scope     Scope
	Resources []*Resource // sorted by CompareResources once Sort was called
	Gaps      []Gap
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
