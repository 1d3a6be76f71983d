package aws

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

var identityTypes = []string{
	"AWS::CertificateManager::Certificate", "AWS::CloudTrail::Trail", "AWS::Config::ConfigRule", "AWS::Config::ConfigurationRecorder",
	"AWS::GuardDuty::Detector", "AWS::IAM::AccessKey", "AWS::IAM::Group", "AWS::IAM::InstanceProfile", "AWS::IAM::OIDCProvider",
	"AWS::IAM::SAMLProvider", "AWS::KMS::Alias", "AWS::SSM::Parameter", "AWS::SecretsManager::RotationSchedule",
	"AWS::SecretsManager::Secret", "PCF::Account::CredentialReport", "PCF::Account::EbsDefaults", "PCF::Account::KmsKeyState",
	"PCF::Account::Monitoring", "PCF::Account::PasswordPolicy", "PCF::Account::S3PublicAccess", "PCF::Account::SnapshotSharing",
	"PCF::Account::Summary",
}

func seedIdentity(t *testing.T, e *emulator.Emulator) seeded {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(e.Seed(t, "testdata/seed_identity.py")))
	decoder.UseNumber()
	var made seeded
	require.NoError(t, decoder.Decode(&made))
	return made
}

// The account is seeded once for all of it: that takes longer than a scan.
func TestGroupIdentity(t *testing.T) {
	e := emulator.Start(t)
	made := seedIdentity(t, e)
	t.Run("found", func(t *testing.T) { identityIsFound(t, e, made) })
	t.Run("elsewhere", func(t *testing.T) { identityElsewhere(t, e, made) })
	t.Run("second page", func(t *testing.T) { identitySecondPage(t, e) })
	t.Run("faults", func(t *testing.T) { identityFaults(t, e) })
	t.Run("credential report", func(t *testing.T) { credentialReportIsTaken(t, e) }) // the last: it changes the account
}

// Every reader finds what a third party made, with its tags and properties, and nothing
// else but what the account comes with.
func identityIsFound(t *testing.T, e *emulator.Emulator, made seeded) {
	before := e.State(t)
	cfg := configure(t, e.Env())
	called := recordCalls(&cfg)
	snapshot, err := Scan(t.Context(), cfg, Options{Types: identityTypes})
	require.NoError(t, err)
	assert.Empty(t, snapshot.Gaps)
	assert.Equal(t, identityTypes, slices.Sorted(maps.Keys(made)), "one of each type was made")

	declared := []string{"STS.GetCallerIdentity"}
	for _, typ := range identityTypes {
		declared = append(declared, slices.Collect(maps.Keys(registered[typ].Calls))...)
	}
	slices.Sort(declared)
	assert.Equal(t, slices.Compact(declared), called(), "readers make the calls that they declare, and declare no others")

	live := byRef(snapshot)
	for typ, resources := range made {
		t.Run(typ, func(t *testing.T) {
			for id, want := range resources {
				r := live[ref(typ, id)]
				if !assert.NotNil(t, r, "%s was not found", id) {
					continue
				}
				assert.Equal(t, want.Tags, r.Tags, "tags of %s", id)
				assert.Equal(t, strings.HasPrefix(typ, "PCF::Account::"), r.Foreign != "", "facts about the account are nobody's, the rest is the account's")
				for pointer, value := range want.Properties {
					wanted, err := inventory.Normal(value)
					require.NoError(t, err)
					got, ok := inventory.At(r.Properties, pointer)
					assert.True(t, ok, "%s of %s is absent", pointer, id)
					assert.Equal(t, wanted, got, "%s of %s", pointer, id)
				}
			}
		})
	}
	for _, r := range snapshot.Resources {
		typ, ok := schema.Lookup(r.Ref.Type)
		require.True(t, ok)
		assert.Empty(t, schema.Problems(typ, r.Properties), "%s", r.Ref)
		id, ok := inventory.Identifier(typ, r.Properties)
		assert.True(t, ok, "%s has its identifier", r.Ref)
		assert.Equal(t, id, r.Ref.ID, "the id is the primary identifier")
		if _, ours := made[r.Ref.Type][r.Ref.ID]; !ours {
			assert.NotEmpty(t, r.Foreign, "%s was not made by anybody", r.Ref)
		}
	}
	assert.Empty(t, e.Writes(), "a scan never writes")
	assert.Equal(t, before, e.State(t), "a scan changes nothing")

	t.Run("no secret is read", func(t *testing.T) {
		text, err := json.Marshal(snapshot.Resources)
		require.NoError(t, err)
		for _, value := range []string{"not-a-real", "https://orders"} {
			assert.False(t, strings.Contains(string(text), value), "%s… is the value of a secret or parameter", value)
		}
	})
	t.Run("states", func(t *testing.T) {
		states := map[string][]string{}
		for _, r := range snapshot.Resources {
			if r.State != "" {
				states[r.Ref.Type] = append(states[r.Ref.Type], r.State)
			}
		}
		assert.ElementsMatch(t, []string{"Active", "Inactive"}, states["AWS::IAM::AccessKey"])
		assert.Equal(t, []string{"PendingDeletion"}, states["AWS::SecretsManager::Secret"])
		assert.Equal(t, []string{"recording"}, states["AWS::Config::ConfigurationRecorder"])
		assert.Equal(t, []string{"ENABLED"}, states["AWS::GuardDuty::Detector"])
		assert.Len(t, states["AWS::CertificateManager::Certificate"], 2)
	})
}

// In another region the same account has other facts, and the replica of a secret.
func identityElsewhere(t *testing.T, e *emulator.Emulator, made seeded) {
	snapshot, err := Scan(t.Context(), configure(t, e.Env()), Options{Types: identityTypes, Regions: []string{"us-east-1"}})
	require.NoError(t, err)
	assert.Empty(t, snapshot.Gaps)
	var replicas, trails, defaults int
	for _, r := range snapshot.Resources {
		switch r.Ref.Type {
		case "AWS::SecretsManager::Secret":
			replicas++
			require.NotEmpty(t, r.Relations) // sorted by path: the owner has none
			assert.Equal(t, "owner", r.Relations[0].Kind)
			assert.Equal(t, emulator.Region, r.Relations[0].To.Region)
			assert.Contains(t, made[r.Ref.Type], r.Relations[0].To.ID, "a replica belongs to its secret")
		case "AWS::CloudTrail::Trail":
			trails++
			assert.Equal(t, "elsewhere", r.Ref.ID, "a trail is listed in its home region")
		case "PCF::Account::EbsDefaults":
			defaults++
			assert.Equal(t, false, r.Properties["EncryptionByDefault"])
		case "PCF::Account::SnapshotSharing":
			assert.Equal(t, []any{}, r.Properties["PublicSnapshots"], "none is known, and not unknown")
		}
	}
	assert.Equal(t, []int{1, 1, 1}, []int{replicas, trails, defaults})
}

// What was never set is said where AWS's default is a fact.
func TestAccountDefaults(t *testing.T) {
	e := emulator.Start(t)
	snapshot, err := Scan(t.Context(), configure(t, e.Env()), Options{Types: []string{"PCF::Account::*"}})
	require.NoError(t, err)
	assert.Empty(t, snapshot.Gaps)
	facts := map[string]inventory.Properties{}
	for _, r := range snapshot.Resources {
		facts[strings.TrimPrefix(r.Ref.Type, "PCF::Account::")] = r.Properties
	}
	id := emulator.Account
	assert.Equal(t, inventory.Properties{
		"AccountId": id, "Custom": false, "MinimumPasswordLength": int64(8), "ExpirePasswords": false, "RequireLowercaseCharacters": false,
		"RequireNumbers": false, "RequireSymbols": false, "RequireUppercaseCharacters": false,
	}, facts["PasswordPolicy"])
	assert.Equal(t, inventory.Properties{
		"AccountId": id, "BlockPublicAcls": false, "BlockPublicPolicy": false, "IgnorePublicAcls": false, "RestrictPublicBuckets": false,
	}, facts["S3PublicAccess"])
	assert.Equal(t, inventory.Properties{"AccountId": id, "EncryptionByDefault": false}, facts["EbsDefaults"])
	assert.Equal(t, inventory.Properties{"AccountId": id, "Users": []any{}}, facts["CredentialReport"])
	assert.Equal(t, inventory.Properties{"AccountId": id, "Keys": []any{}}, facts["KmsKeyState"])
	assert.Equal(t, inventory.Properties{"AccountId": id, "ConfigRecorders": []any{}, "Detectors": []any{}, "Trails": []any{}}, facts["Monitoring"])
	assert.Equal(t, inventory.Properties{
		"AccountId": id, "PublicSnapshots": []any{}, "PublicImages": []any{}, "PublicDBSnapshots": []any{}, "PublicDBClusterSnapshots": []any{},
	}, facts["SnapshotSharing"])
	assert.Equal(t, int64(0), facts["Summary"]["AccountAccessKeysPresent"])
}

// Where IAM has a report, it is taken, and nobody is asked.
func credentialReportIsTaken(t *testing.T, e *emulator.Emulator) {
	script := filepath.Join(t.TempDir(), "report.py")
	require.NoError(t, os.WriteFile(script, []byte("import boto3\nboto3.client('iam').generate_credential_report()\n"), 0o600))
	e.Seed(t, script)
	cfg := configure(t, e.Env())
	called := recordCalls(&cfg)
	snapshot, err := Scan(t.Context(), cfg, Options{Types: []string{"PCF::Account::CredentialReport"}})
	require.NoError(t, err)
	assert.Empty(t, snapshot.Gaps)
	assert.Equal(t, []string{"IAM.GetCredentialReport", "STS.GetCallerIdentity"}, called())
	require.Len(t, snapshot.Resources, 1)
	users, _ := snapshot.Resources[0].Properties["Users"].([]any)
	require.Len(t, users, 3)
	byName := map[any]map[string]any{}
	for _, u := range users {
		byName[u.(map[string]any)["User"]] = u.(map[string]any)
	}
	assert.Equal(t, true, byName["robot"]["AccessKey1Active"])
	assert.Equal(t, true, byName["person"]["PasswordEnabled"])
	assert.NotEmpty(t, snapshot.Resources[0].Properties["GeneratedTime"])
}

// Whatever call of these readers is refused or cut short: the cell has a gap with the right
// reason, and nothing that could not be read looks as if it were not there. That the other
// faults are gaps too is the clients' doing, and held for them all together.
func identityFaults(t *testing.T, e *emulator.Emulator) {
	cfg := configure(t, e.Env())
	for _, typ := range identityTypes {
		t.Run(typ, func(t *testing.T) {
			opt := Options{Types: []string{typ}}
			e.Forget()
			baseline, err := Scan(t.Context(), cfg, opt)
			require.NoError(t, err)
			require.Empty(t, baseline.Gaps)
			var calls []emulator.Call
			for _, c := range e.Calls() {
				if c.Service != "sts" && !slices.Contains(calls, c) {
					calls = append(calls, c)
				}
			}
			for _, call := range calls {
				for _, fault := range []emulator.Fault{emulator.Deny, emulator.Truncate} {
					reasons := faultReasons[fault]
					why := call.Service + " " + call.Action + ", " + string(fault)
					e.Fail(call.Service, call.Action, fault)
					got, err := Scan(t.Context(), cfg, opt)
					e.Heal()
					require.NoError(t, err, why)
					if assert.NotEmpty(t, got.Gaps, why) {
						for _, g := range got.Gaps {
							assert.Contains(t, reasons, g.Reason, "%s: %s", why, g.Message)
						}
					}
					assertNothingLost(t, baseline, got, why)
				}
			}
		})
	}
}

// Every reader of the group reads the second page of every listing.
func identitySecondPage(t *testing.T, e *emulator.Emulator) {
	cfg := configure(t, e.Env())
	opt := Options{Types: identityTypes, Concurrency: 1}
	whole, err := Scan(t.Context(), cfg, opt)
	require.NoError(t, err)
	split := splitPages(&cfg, false)
	paged, err := Scan(t.Context(), cfg, opt)
	require.NoError(t, err)
	assert.Greater(t, split(), 10, "answers were split")
	assert.Equal(t, whole, paged)
}
