package aws

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

func TestAccounts(t *testing.T) {
	e := emulator.Start(t)
	ids := strings.Fields(e.Seed(t, "testdata/accounts.py"))
	require.Len(t, ids, 2)
	tenant, closed := ids[0], ids[1]
	role := func(id string) string { return "arn:aws:iam::" + id + ":role/reader" }
	types := []string{"AWS::SQS::Queue", "AWS::IAM::Role"}
	cfg := configure(t, e.Env())
	// found lists what a scan found, as account/name.
	found := func(s *inventory.Snapshot) (names []string) {
		for _, r := range s.Resources {
			if r.Foreign == "" && r.Name != OrganizationRole { // which Organizations makes itself
				names = append(names, r.Ref.Account+" "+r.Ref.Region+" "+r.Name)
			}
		}
		return names
	}
	own := []string{emulator.Account + " eu-west-1 in-own", emulator.Account + " global in-own"}
	other := []string{tenant + " eu-west-1 in-tenant", tenant + " global in-tenant"}

	t.Run("through a role", func(t *testing.T) {
		s, err := Scan(t.Context(), cfg, Options{Types: types, Accounts: []Account{{ID: tenant, RoleARN: role(tenant), ExternalID: "x-1"}}})
		require.NoError(t, err)
		assert.Empty(t, s.Gaps)
		assert.Equal(t, []string{tenant}, s.Scope.Accounts)
		assert.Equal(t, other, found(s), "and nothing of the caller's own account")
	})
	t.Run("several, global services once in each", func(t *testing.T) {
		s, err := Scan(t.Context(), cfg, Options{
			Types: types, Regions: []string{"eu-west-1", "us-east-1"},
			Accounts: []Account{{ID: tenant, RoleARN: role(tenant)}, {ID: emulator.Account}},
		})
		require.NoError(t, err)
		assert.Empty(t, s.Gaps)
		assert.ElementsMatch(t, append(append([]string{}, own...), other...), found(s))
		assert.Equal(t, inventory.Scope{
			Partition: "aws", Accounts: s.Scope.Accounts, Regions: []string{"eu-west-1", "global", "us-east-1"},
			Types: []string{"AWS::IAM::Role", "AWS::SQS::Queue"},
		}, s.Scope)
	})
	t.Run("an organization", func(t *testing.T) {
		var last Progress
		s, err := Scan(t.Context(), cfg, Options{Types: types, Organization: true, Progress: func(p Progress) { last = p }})
		require.NoError(t, err)
		require.Len(t, s.Gaps, 1, "the closed account")
		assert.Equal(t, inventory.Suspended, s.Gaps[0].Reason)
		assert.Equal(t, closed, s.Gaps[0].Account)
		assert.Contains(t, s.Scope.Accounts, closed, "it is in the scope, and a gap hides it")
		assert.False(t, s.Readable(closed, "eu-west-1", "AWS::SQS::Queue"))
		assert.ElementsMatch(t, append(append([]string{}, own...), other...), found(s))
		assert.Equal(t, 2, last.Accounts)
		assert.Equal(t, 2, last.AccountsDone)
		assert.Equal(t, 4, last.Cells)
		assert.Equal(t, 4, last.CellsDone)
		assert.Equal(t, len(s.Resources), last.Resources)
		assert.GreaterOrEqual(t, last.Calls, 4)
	})
	t.Run("an organization that may not be listed", func(t *testing.T) {
		e.Fail("organizations", "ListAccounts", emulator.Deny)
		defer e.Heal()
		s, err := Scan(t.Context(), cfg, Options{Types: types, Organization: true})
		require.NoError(t, err)
		require.Len(t, s.Gaps, 1)
		assert.Equal(t, inventory.Denied, s.Gaps[0].Reason)
		assert.False(t, s.Readable(emulator.Account, "", ""), "nobody knows what is missing")
		assert.ElementsMatch(t, own, found(s), "the caller's own account is read all the same")
	})
	for fault, reason := range map[emulator.Fault]inventory.GapReason{
		emulator.Deny: inventory.Denied, emulator.Bare403: inventory.Denied, emulator.Throttle: inventory.Throttled, emulator.HTML500: inventory.Malformed,
		emulator.HTML200: inventory.Malformed, emulator.Empty: inventory.Malformed,
	} {
		t.Run("AssumeRole "+string(fault), func(t *testing.T) {
			e.Fail("sts", "AssumeRole", fault)
			defer e.Heal()
			s, err := Scan(t.Context(), cfg, Options{Types: types, Accounts: []Account{{ID: tenant, RoleARN: role(tenant)}, {ID: emulator.Account}}})
			require.NoError(t, err)
			require.Len(t, s.Gaps, 1)
			assert.Equal(t, reason, s.Gaps[0].Reason, s.Gaps[0].Message)
			assert.Contains(t, s.Gaps[0].Message, "STS.AssumeRole")
			assert.Equal(t, tenant, s.Gaps[0].Account)
			assert.True(t, s.Readable(emulator.Account, "eu-west-1", "AWS::SQS::Queue"))
			assert.ElementsMatch(t, own, found(s), "the other account is read")
		})
	}
	for why, c := range map[string]struct {
		accounts []Account
		says     string
	}{
		"another account without a role":  {[]Account{{ID: tenant}}, "name a role"},
		"a role of another account":       {[]Account{{ID: tenant, RoleARN: role(closed)}}, "and not in"},
		"no account id":                   {[]Account{{ID: "12"}}, "twelve digits"},
		"no role":                         {[]Account{{ID: tenant, RoleARN: "arn:aws:iam::" + tenant + ":user/u"}}, "not the ARN of a role"},
		"twice":                           {[]Account{{ID: emulator.Account}, {ID: emulator.Account}}, "twice"},
		"an external id without its role": {[]Account{{ID: emulator.Account, ExternalID: "x"}}, "external id"},
	} {
		_, err := Scan(t.Context(), cfg, Options{Types: types, Accounts: c.accounts})
		assert.ErrorIs(t, err, ErrAccount, why)
		assert.ErrorContains(t, err, c.says, why)
	}
	assert.Empty(t, e.Writes())
}

// AssumeRole is told who asks, with the external id; a role that leads elsewhere is never used.
func TestAssumedAccountIsChecked(t *testing.T) {
	const asked, elsewhere = "111122223333", "444455556666"
	var mu sync.Mutex
	var assumed url.Values
	listed := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		mu.Lock()
		defer mu.Unlock()
		account := emulator.Account
		if strings.Contains(r.Header.Get("Authorization"), "Credential=ASIA") {
			account = elsewhere
		}
		switch form.Get("Action") {
		case "GetCallerIdentity":
			_, _ = fmt.Fprintf(w, "<R><GetCallerIdentityResult><Account>%[1]s</Account><Arn>arn:aws:sts::%[1]s:assumed-role/r/pcf-scan</Arn></GetCallerIdentityResult></R>", account)
		case "AssumeRole":
			assumed = form
			_, _ = fmt.Fprint(w, "<R><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"+
				"<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></R>")
		default:
			listed = true
		}
	}))
	t.Cleanup(server.Close)
	env := []string{"AWS_ENDPOINT_URL=" + server.URL, "AWS_ACCESS_KEY_ID=AKIA", "AWS_SECRET_ACCESS_KEY=x", "AWS_REGION=eu-west-1", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null"}
	s, err := Scan(t.Context(), configure(t, env), Options{
		Types:    []string{"AWS::EC2::VPC"},
		Accounts: []Account{{ID: asked, RoleARN: "arn:aws:iam::" + asked + ":role/r", ExternalID: "x-1"}},
	})
	require.NoError(t, err)
	assert.Equal(t, "pcf-scan", assumed.Get("RoleSessionName"))
	assert.Equal(t, "x-1", assumed.Get("ExternalId"))
	require.Len(t, s.Gaps, 1)
	assert.Equal(t, inventory.Failed, s.Gaps[0].Reason)
	assert.Contains(t, s.Gaps[0].Message, elsewhere)
	assert.Equal(t, asked, s.Gaps[0].Account)
	assert.Empty(t, s.Resources)
	assert.False(t, listed, "nothing of the wrong account was read")
}

// Accounts differ in the regions that they have enabled: "all" is what each has, and where
// one has not what another has, the scope must not promise it.
func TestAllRegionsOfEachAccount(t *testing.T) {
	s := &run{
		sessions: []*session{{account: "1", regions: []string{"ap-east-1", "eu-west-1"}}, {account: "2", regions: []string{"eu-west-1"}}},
		readers:  []*Reader{registered["AWS::EC2::VPC"]},
	}
	s.scopeRegions([]string{"all"}, true)
	assert.Equal(t, []string{"ap-east-1", "eu-west-1"}, s.scope.Regions)
	require.Len(t, s.gaps, 1)
	assert.Equal(t, inventory.Gap{Account: "2", Region: "ap-east-1", Reason: inventory.Disabled, Message: s.gaps[0].Message}, s.gaps[0])
}

func TestReadAccounts(t *testing.T) {
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "accounts.yaml")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	got, err := ReadAccounts(write("- {id: 012345678901, role: 'arn:aws:iam::012345678901:role/r', externalId: x}\n- id: \"111122223333\"\n"))
	require.NoError(t, err)
	assert.Equal(t, []Account{{ID: "012345678901", RoleARN: "arn:aws:iam::012345678901:role/r", ExternalID: "x"}, {ID: "111122223333"}}, got, "ids keep their zeros")
	for why, c := range map[string]struct{ text, says string }{
		"a key that nobody knows": {"- {id: \"111122223333\", rolle: x}", "rolle"},
		"no list":                 {"id: 1", "accounts.yaml"},
		"empty":                   {"", "there are none"},
		"an empty list":           {"[]", "there are none"},
		"no id":                   {"- {role: \"arn:aws:iam::012345678901:role/r\"}", "twelve digits"},
		"twice":                   {"- id: \"111122223333\"\n- id: \"111122223333\"", "twice"},
		"no YAML":                 {"- [", "accounts.yaml"},
		"a second document":       {"- id: \"111122223333\"\n---\n- id: \"444455556666\"\n", "one document"},
	} {
		_, err := ReadAccounts(write(c.text))
		assert.ErrorContains(t, err, c.says, why)
	}
	_, err = ReadAccounts(filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestParseAccount(t *testing.T) {
	a, err := ParseAccount("111122223333=arn:aws:iam::111122223333:role/team/reader")
	require.NoError(t, err)
	assert.Equal(t, Account{ID: "111122223333", RoleARN: "arn:aws:iam::111122223333:role/team/reader"}, a)
	a, err = ParseAccount("111122223333")
	require.NoError(t, err)
	assert.Equal(t, Account{ID: "111122223333"}, a)
	_, err = ParseAccount("orders=arn:aws:iam::111122223333:role/reader")
	assert.ErrorIs(t, err, ErrAccount)
}

func TestPartitions(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1": "aws", "us-east-1": "aws", "us-gov-east-1": "aws-us-gov", "cn-north-1": "aws-cn", "us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b",
		"eusc-de-east-1": "aws-eusc",
	} {
		assert.Equal(t, want, partitionOf(region), region)
		assert.Equal(t, want, partitionOf(homeRegion(want)), "a partition's home is in it")
	}
}
