package aws

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// identityDetails is what TestConformance has to say of the identity group only.
func identityDetails(t *testing.T, e *emulator.Emulator, made seeded, whole *inventory.Snapshot) {
	t.Run("states", func(t *testing.T) { identityStates(t, whole) })
	t.Run("elsewhere", func(t *testing.T) { identityElsewhere(t, e, made) })
	t.Run("credential report", func(t *testing.T) { credentialReportIsTaken(t, e) }) // the last: it changes the account
}

func identityStates(t *testing.T, whole *inventory.Snapshot) {
	states := map[string][]string{}
	for _, r := range whole.Resources {
		if r.State != "" {
			states[r.Ref.Type] = append(states[r.Ref.Type], r.State)
		}
	}
	assert.ElementsMatch(t, []string{"Active", "Inactive"}, states["AWS::IAM::AccessKey"])
	assert.Equal(t, []string{"PendingDeletion"}, states["AWS::SecretsManager::Secret"])
	assert.Equal(t, []string{"recording"}, states["AWS::Config::ConfigurationRecorder"])
	assert.Equal(t, []string{"ENABLED"}, states["AWS::GuardDuty::Detector"])
	assert.Len(t, states["AWS::CertificateManager::Certificate"], 2)
}

// In another region the same account has other facts, and the replica of a secret.
func identityElsewhere(t *testing.T, e *emulator.Emulator, made seeded) {
	snapshot, err := Scan(t.Context(), configure(t, e.Env()), Options{Types: made.types(), Regions: []string{"us-east-1"}})
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
