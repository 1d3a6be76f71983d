package rules

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// TestSkeleton: what is scaffolded loads at once, and its cases pass. Every 20th type is
// tried, and all of them in the full run.
func TestSkeleton(t *testing.T) {
	step := 20
	if os.Getenv("PCF_SCAN_FULL") != "" {
		step = 1
	}
	for i := 0; i < len(schema.Names()); i += step {
		typ := schema.Names()[i]
		text, err := Skeleton("my-rule", typ)
		require.NoError(t, err)
		set, err := loadText(t, text)
		if !assert.NoError(t, err, text) {
			continue
		}
		for _, r := range set.Test() {
			assert.True(t, r.OK, "%s: case %q: want %s, got %s: %s\n%s", typ, r.Case, r.Want, r.Got, r.Message, text)
		}
		assert.Empty(t, set.Lint(), text)
	}
	_, err := Skeleton("My_Rule", "AWS::S3::Bucket")
	assert.ErrorContains(t, err, "kebab case")
	_, err = Skeleton("my-rule", "AWS::S3::Buckt")
	assert.ErrorContains(t, err, `unknown resource type "AWS::S3::Buckt" (did you mean "AWS::S3::Bucket"?)`)
}
