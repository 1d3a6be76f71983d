package aws

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// cannedIAM answers the query protocol of IAM and STS from a table of results by action,
// for what the emulator does not do.
func cannedIAM(t *testing.T, results map[string]string) (env []string) {
	t.Helper()
	results["GetCallerIdentity"] = "<Account>" + emulator.Account + "</Account><Arn>arn:aws:iam::" + emulator.Account + ":user/u</Arn>"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		action := form.Get("Action")
		result, ok := results[action]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			_, _ = fmt.Fprintf(w, "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no %s</Message></Error></ErrorResponse>", action)
			return
		}
		_, _ = fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", action, result)
	}))
	t.Cleanup(server.Close)
	return []string{
		"AWS_ENDPOINT_URL=" + server.URL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=" + emulator.Region,
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
	}
}

func TestTagsOfSAMLProvider(t *testing.T) {
	arn := "arn:aws:iam::" + emulator.Account + ":saml-provider/corporate"
	env := cannedIAM(t, map[string]string{
		"ListSAMLProviders": "<SAMLProviderList><member><Arn>" + arn + "</Arn></member></SAMLProviderList>",
		"GetSAMLProvider": "<SAMLMetadataDocument>x</SAMLMetadataDocument><AssertionEncryptionMode>Required</AssertionEncryptionMode>" +
			"<SAMLProviderUUID>u-1</SAMLProviderUUID><PrivateKeyList><member><KeyId>k-1</KeyId><Timestamp>2026-01-02T03:04:05Z</Timestamp></member></PrivateKeyList>" +
			"<Tags><member><Key>pcf:app</Key><Value>orders</Value></member></Tags>",
	})
	snapshot, err := Scan(t.Context(), configure(t, env), Options{Types: []string{"AWS::IAM::SAMLProvider"}})
	require.NoError(t, err)
	assert.Empty(t, snapshot.Gaps)
	require.Len(t, snapshot.Resources, 1)
	r := snapshot.Resources[0]
	assert.Equal(t, map[string]string{"pcf:app": "orders"}, r.Tags)
	assert.Equal(t, inventory.Properties{
		"Arn": arn, "Name": "corporate", "SamlMetadataDocument": "x", "AssertionEncryptionMode": "Required", "SamlProviderUUID": "u-1",
		"PrivateKeyList": []any{map[string]any{"KeyId": "k-1", "Timestamp": "2026-01-02T03:04:05Z"}},
		"Tags":           []any{map[string]any{"Key": "pcf:app", "Value": "orders"}},
	}, r.Properties)
}

func TestCredentialReportOfIAM(t *testing.T) {
	const heading = "user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,access_key_1_active,access_key_1_last_used_date,a_new_column\n"
	for _, c := range []struct {
		why, report string
		users       []any
		gap         bool
	}{
		{
			why: "the words of the report become values, or nothing where there is nothing to tell",
			report: heading +
				"<root_account>,arn:aws:iam::123456789012:root,2020-01-02T03:04:05+00:00,not_supported,no_information,true,false,N/A,x\n" +
				"true,arn:aws:iam::123456789012:user/true,2020-01-02T03:04:05+01:00,true,2021-01-02T03:04:05+00:00,false,true,N/A,x\n",
			users: []any{
				map[string]any{"User": "<root_account>", "Arn": "arn:aws:iam::123456789012:root", "UserCreationTime": "2020-01-02T03:04:05Z", "MfaActive": true, "AccessKey1Active": false},
				map[string]any{
					"User": "true", "Arn": "arn:aws:iam::123456789012:user/true", "UserCreationTime": "2020-01-02T02:04:05Z", "PasswordEnabled": true,
					"PasswordLastUsed": "2021-01-02T03:04:05Z", "MfaActive": false, "AccessKey1Active": true,
				},
			},
		},
		{why: "nobody but the heading", report: heading, users: []any{}},
		{why: "an empty report is no report without users", report: "\n", gap: true},
		{why: "a line that was cut", report: heading + "robot,arn:aws:iam::123456789012:user/rob", gap: true},
		{why: "another document", report: "<html></html>\n", gap: true},
	} {
		t.Run(c.why, func(t *testing.T) {
			env := cannedIAM(t, map[string]string{"GetCredentialReport": "<Content>" + base64.StdEncoding.EncodeToString([]byte(c.report)) + "</Content><GeneratedTime>2026-01-02T03:04:05Z</GeneratedTime>"})
			snapshot, err := Scan(t.Context(), configure(t, env), Options{Types: []string{"PCF::Account::CredentialReport"}})
			require.NoError(t, err)
			require.Len(t, snapshot.Resources, 1)
			r := snapshot.Resources[0]
			assert.Equal(t, c.gap, r.IsUnread("/Users"))
			if c.gap {
				require.Len(t, snapshot.Gaps, 1)
				assert.Equal(t, inventory.Malformed, snapshot.Gaps[0].Reason)
				assert.Contains(t, snapshot.Gaps[0].Message, "credential report")
				assert.NotContains(t, r.Properties, "Users")
				return
			}
			assert.Empty(t, snapshot.Gaps)
			assert.Equal(t, c.users, r.Properties["Users"])
		})
	}
}

// A policy that the reader cannot see is not the default policy.
func TestPasswordPolicyIsNotGuessed(t *testing.T) {
	e := emulator.Start(t)
	e.Fail("iam", "GetAccountPasswordPolicy", emulator.Deny)
	snapshot, err := Scan(t.Context(), configure(t, e.Env()), Options{Types: []string{"PCF::Account::PasswordPolicy"}})
	require.NoError(t, err)
	require.Len(t, snapshot.Gaps, 1)
	require.Len(t, snapshot.Resources, 1)
	assert.Equal(t, inventory.Properties{"AccountId": emulator.Account}, snapshot.Resources[0].Properties)
	assert.True(t, snapshot.Resources[0].IsUnread("/MinimumPasswordLength"))
}
