package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/inventory"
)

func TestAccount(t *testing.T) {
	volume := func(account, region string) *inventory.Resource {
		return &inventory.Resource{Ref: inventory.Ref{Account: account, Region: region, Type: "AWS::EC2::Volume", ID: "vol-1"}}
	}
	defaults := func(account, region string, on any) *inventory.Resource {
		return &inventory.Resource{
			Ref:        inventory.Ref{Account: account, Region: region, Type: "PCF::Account::EbsDefaults", ID: account},
			Properties: inventory.Properties{"AccountId": account, "EncryptionByDefault": on},
		}
	}
	everywhere := volume("1", inventory.GlobalRegion)
	declared := volume("1", "a")
	declared.Declared = true
	unread := defaults("1", "a", nil)
	unread.Unread = []string{"/EncryptionByDefault"}
	denied := func(typ string) string { return typ + " was denied" }

	s, r := oneRule(t, "AWS::EC2::Volume", `account("PCF::Account::EbsDefaults").all(d, d.properties.?EncryptionByDefault.orValue(false))`)
	assert.Equal(t, []string{"PCF::Account::EbsDefaults"}, r.Joins, "a scan for this rule reads the facts")
	for _, tt := range []struct {
		why        string
		judged     *inventory.Resource
		with       []*inventory.Resource
		incomplete func(string) string
		want       Status
		message    string
	}{
		{"the facts of its region", volume("1", "a"), []*inventory.Resource{defaults("1", "a", true), defaults("1", "b", false)}, nil, Pass, ""},
		{"the facts of its region say no", volume("1", "b"), []*inventory.Resource{defaults("1", "a", true), defaults("1", "b", false)}, nil, Fail, "test"},
		{"another account does not matter", volume("1", "a"), []*inventory.Resource{defaults("1", "a", true), defaults("2", "a", false)}, nil, Pass, ""},
		{"what is global is in every region", everywhere, []*inventory.Resource{defaults("1", "a", true), defaults("1", "b", false)}, nil, Fail, "test"},
		{"what was found holds, whatever was denied elsewhere", volume("1", "a"), []*inventory.Resource{defaults("1", "a", true)}, denied, Pass, ""},
		{
			"the regions that were denied matter to what is global", everywhere,
			[]*inventory.Resource{defaults("1", "a", true)},
			denied, Unknown,
			"the verdict is not known: not every PCF::Account::EbsDefaults could be read: PCF::Account::EbsDefaults was denied",
		},
		{
			"facts always exist: none is not an empty list", volume("1", "c"),
			[]*inventory.Resource{defaults("1", "a", true)},
			nil, Unknown,
			"the verdict is not known: PCF::Account::EbsDefaults was not read: the input has none for this place",
		},
		{
			"the reason is told", volume("1", "c"), nil, denied, Unknown,
			"the verdict is not known: PCF::Account::EbsDefaults was not read: PCF::Account::EbsDefaults was denied",
		},
		{"a fact that could not be read", volume("1", "a"), []*inventory.Resource{unread}, nil, Unknown, "1/EncryptionByDefault is not known: the reader cannot return /EncryptionByDefault"},
		{
			"a declaration cannot know", declared,
			[]*inventory.Resource{defaults("1", "a", true)},
			nil, Unknown,
			"the verdict is not known: only the account knows its PCF::Account::EbsDefaults",
		},
	} {
		t.Run(tt.why, func(t *testing.T) {
			f := s.Judge(NewWorld(append(tt.with, tt.judged), tt.incomplete, caseNow), tt.judged)[0]
			assert.Equal(t, tt.want.String(), f.Status.String(), f.Message)
			assert.Equal(t, tt.message, f.Message)
		})
	}

	t.Run("facts of no region hold in all", func(t *testing.T) {
		s, _ := oneRule(t, "AWS::EC2::Volume", `account("PCF::Account::Summary").exists(a, a.properties.AccountMFAEnabled == 1)`)
		summary := &inventory.Resource{
			Ref:        inventory.Ref{Account: "1", Region: inventory.GlobalRegion, Type: "PCF::Account::Summary", ID: "1"},
			Properties: inventory.Properties{"AccountMFAEnabled": int64(1)},
		}
		assert.Equal(t, Pass, verdictOf(s, volume("1", "a"), summary).Status)
	})
}

// TestScopeOfAccountRules: what a rule says about its scope follows from what it looks at.
func TestScopeOfAccountRules(t *testing.T) {
	for id, want := range map[string]string{
		"iam-root-access-key-check": "account", "config-recorder-enabled": "account", "guardduty-enabled-centralized": "account",
		"ebs-snapshot-public-restorable-check": "live", "vpc-flow-logs-enabled": "join", "eks-secrets-encrypted": "resource",
	} {
		r, err := builtin(t).Lookup(id)
		if assert.NoError(t, err) {
			assert.Equal(t, want, r.Scope, id)
		}
	}
}
