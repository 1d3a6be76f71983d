package aws

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// secretReads are operations with the name of a read that return data, secrets or
// credentials instead of configuration, or change something: no reader may need them.
var secretReads = regexp.MustCompile(`\.(GetSecretValue|BatchGetSecretValue|GetParameters?|GetParametersByPath|GetParameterHistory|` +
	`GetObject|GetObjectTorrent|GetItem|GetRecords|GetLogEvents|GetLogRecord|GetPasswordData|GetConsoleOutput|GetConsoleScreenshot|` +
	`GetSessionToken|GetFederationToken|GetAuthorizationToken|GetRoleCredentials|GetClusterCredentials.*|GetCredentialsForIdentity|GetId|` +
	`GetOpenIdToken.*|GetParametersForImport|GetFunction|GetLayerVersion|GetVpnConnectionDeviceSampleConfiguration)$`)

// Every reader is complete and consistent with the schema of its type: what a new file
// has to satisfy.
func TestCatalogue(t *testing.T) {
	action := regexp.MustCompile(`^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$`)
	call := regexp.MustCompile(`^[A-Za-z0-9 ]+\.[A-Z][A-Za-z0-9]+$`)
	require.GreaterOrEqual(t, len(Readers()), 18)
	assert.True(t, slices.IsSortedFunc(Readers(), func(a, b *Reader) int { return strings.Compare(a.Type, b.Type) }))
	for _, r := range Readers() {
		t.Run(r.Type, func(t *testing.T) {
			typ, ok := schema.Lookup(r.Type)
			require.True(t, ok, "the type has a schema")
			assert.NotNil(t, r.list)
			assert.NotEmpty(t, r.Calls)
			for name, permission := range r.Calls {
				assert.Regexp(t, call, name)
				assert.Regexp(t, action, permission)
				service, operation, _ := strings.Cut(name, ".")
				assert.True(t, isKnownRead(service, operation), "%s is a read by its name", name)
				assert.NotRegexp(t, secretReads, name)
			}
			assert.NotEmpty(t, r.Actions())
			for _, pointer := range r.Reads {
				_, ok := typ.At(pointer)
				assert.True(t, ok, "%s is no property of the type", pointer)
				assert.False(t, typ.IsWriteOnly(pointer), "%s cannot be read", pointer)
			}
			assert.Len(t, slices.Compact(slices.Sorted(slices.Values(r.Reads))), len(r.Reads), "each property is declared once")
			for _, id := range typ.PrimaryIdentifier {
				assert.True(t, slices.ContainsFunc(r.Reads, func(p string) bool { return schema.MatchPointer(p, id) }), "the identifier %s is read", id)
			}
			if typ.TagProperty != "" {
				assert.Contains(t, r.Reads, typ.TagProperty, "tags are read")
			}
		})
	}
}

func TestActionsAreSortedAndUnique(t *testing.T) {
	r := Reader{Calls: map[string]string{"S3.A": "s3:B", "S3.C": "s3:A", "S3.D": "s3:B"}}
	assert.Equal(t, []string{"s3:A", "s3:B"}, r.Actions())
}

func TestTwoReadersOfOneTypeAreAMistake(t *testing.T) {
	assert.Panics(t, func() { register(Reader{Type: "AWS::EC2::VPC"}) })
}
