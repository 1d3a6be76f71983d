package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/engine/owner"
)

// TestClassesAreThoseOfOwners: rules may not know who decides the classes, and must know all of
// them: a class that is missing here would be refused as a misspelling.
func TestClassesAreThoseOfOwners(t *testing.T) {
	var want []string
	for _, c := range owner.Classes {
		want = append(want, string(c))
	}
	assert.ElementsMatch(t, want, classes)
}
