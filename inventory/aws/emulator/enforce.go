package emulator

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Scanner is the user whom [Emulator.Enforce] makes.
const Scanner = "pcf-scanner"

// Enforce makes the emulator ask IAM about every call from now on, until the
// end of the test. It makes a user whose only policy permits the actions and returns the
// environment of a program that runs as that user. It may be called again, for other actions of the same user.
// None of this is in the log of calls.
//
// moto takes the name of an action to be the signed service and the operation, which for some services
// it is not, and it cannot check the signatures of some: those calls are denied whatever the policy says.
func (e *Emulator) Enforce(t testing.TB, actions ...string) (env []string) {
	t.Helper()
	e.enforceAfter(t, "inf")
	if e.scanner == nil {
		e.iam(t, "CreateUser", nil)
		var created struct {
			AccessKeyID     string `xml:"CreateAccessKeyResult>AccessKey>AccessKeyId"`
			SecretAccessKey string `xml:"CreateAccessKeyResult>AccessKey>SecretAccessKey"`
		}
		if err := xml.Unmarshal(e.iam(t, "CreateAccessKey", nil), &created); err != nil || created.SecretAccessKey == "" {
			t.Fatalf("make an access key in the emulator: %v", err)
		}
		e.scanner = []string{"AWS_ACCESS_KEY_ID=" + created.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + created.SecretAccessKey}
		t.Cleanup(func() {
			e.enforceAfter(t, "inf")
			e.iam(t, "DeleteAccessKey", url.Values{"AccessKeyId": {created.AccessKeyID}})
			e.iam(t, "DeleteUserPolicy", url.Values{"PolicyName": {"scan"}})
			e.iam(t, "DeleteUser", nil)
		})
	}
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Effect": "Allow", "Action": actions, "Resource": "*"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	e.iam(t, "PutUserPolicy", url.Values{"PolicyName": {"scan"}, "PolicyDocument": {string(policy)}})
	e.enforceAfter(t, "0")
	return append(e.Env(), e.scanner...) // the last of two equal names counts
}

// enforceAfter says how many calls more are answered without asking IAM.
func (e *Emulator) enforceAfter(t testing.TB, calls string) {
	t.Helper()
	response, err := http.Post(e.moto+"/moto-api/reset-auth", "text/plain", strings.NewReader(calls))
	if err != nil {
		t.Fatalf("change what the emulator enforces: %v", err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("change what the emulator enforces: %s", response.Status)
	}
}

// iam makes one call about the scanner, past the proxy.
func (e *Emulator) iam(t testing.TB, action string, parameters url.Values) []byte {
	t.Helper()
	form := url.Values{"Action": {action}, "Version": {"2010-05-08"}, "UserName": {Scanner}}
	for name, values := range parameters {
		form[name] = values
	}
	request, err := http.NewRequest(http.MethodPost, e.moto, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("%s in the emulator: %v", action, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s in the emulator: %s %v\n%s", action, response.Status, err, body)
	}
	return body
}
