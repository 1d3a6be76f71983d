package inventory

import "github.com/Masterminds/semver/v3"

// CompareVersions orders two version texts of an app: -1 when a is older, 1 when it is
// newer, 0 when they are the same release. ok is false when one of them is no version
// number ("blue", a commit hash): then nothing is known about their order.
func CompareVersions(a, b string) (order int, ok bool) {
	x, err := semver.NewVersion(a)
	if err != nil {
		return 0, false
	}
	y, err := semver.NewVersion(b)
	if err != nil {
		return 0, false
	}
	return x.Compare(y), true
}
