package aws

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// hostile is an endpoint that says whose the credentials are and answers everything else
// by answer.
func hostile(t *testing.T, answer http.HandlerFunc) sdk.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "Action=GetCallerIdentity") {
			_, _ = fmt.Fprintf(w, "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>%[1]s</Account><Arn>arn:aws:iam::%[1]s:user/u</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>", emulator.Account)
			return
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return configure(t, []string{
		"AWS_ENDPOINT_URL=" + server.URL, "AWS_ACCESS_KEY_ID=AKIDHOSTILE", "AWS_SECRET_ACCESS_KEY=hostile-secret", "AWS_SESSION_TOKEN=hostile-session",
		"AWS_REGION=" + emulator.Region, "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
	})
}

// Whatever stands between a scan and AWS (a portal, a proxy, a service in maintenance) and
// answers 200 with something of its own: no listing may pass for complete.
func TestForeignAnswersAreNoEmptyListings(t *testing.T) {
	unpaced(t)
	// Services that speak JSON say "none" by an object without the list.
	xmlServices := func(r *Reader) bool {
		for call := range r.Calls {
			switch service, _, _ := strings.Cut(call, "."); service {
			case "Auto Scaling", "CloudFormation", "CloudFront", "EC2", "ElastiCache", "Elastic Load Balancing", "Elastic Load Balancing v2",
				"IAM", "Neptune", "DocDB", "RDS", "Redshift", "Route 53", "S3", "S3 Control", "SNS":
			default:
				return false
			}
		}
		return true
	}
	all := func(*Reader) bool { return true }
	for _, c := range []struct {
		why, body string
		of        func(*Reader) bool
	}{
		{"JSON that is nothing", `null`, all},
		{"JSON of somebody else", `{"message": "We are down for maintenance"}`, all},
		{"JSON with an error inside", `{"Error": {"Code": "InternalError"}, "RequestId": "1"}`, all},
		{"a list", `[]`, all},
		{"a text", `"ok"`, all},
		{"JSON from a service that speaks XML", `{}`, xmlServices},
		{"plain text", "OK\n", all},
		{"somebody else's XML", `<?xml version="1.0"?><maintenance><note>back soon</note></maintenance>`, all},
		{"an error in XML", `<ErrorResponse xmlns="http://iam.amazonaws.com/doc/2010-05-08/"><Error><Code>InternalError</Code></Error></ErrorResponse>`, all},
		{"an error as S3 writes it", `<?xml version="1.0"?><Error><Code>InternalError</Code><Message>x</Message></Error>`, all},
		{"a page in XHTML", `<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>Login</title></head><body/></html>`, all},
		{"a page after a comment", `<!-- portal --><html><body>Login</body></html>`, all},
		{"an empty answer in a comment", `<!-- nothing -->`, all},
	} {
		t.Run(c.why, func(t *testing.T) {
			cfg := hostile(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.body) })
			s, err := Scan(t.Context(), cfg, Options{})
			require.NoError(t, err)
			for _, r := range Readers() {
				if c.of(r) {
					assert.False(t, s.Readable(emulator.Account, ref(r.Type, "").Region, r.Type), "%s was not read", r.Type)
				}
			}
		})
	}
}

// Lists that hold what is no resource, or half of one, are cut short.
func TestHalfAnIdentifierIsAGap(t *testing.T) {
	for why, c := range map[string]struct{ typ, answer string }{
		"an address without its allocation": {"AWS::EC2::EIP", `<DescribeAddressesResponse><addressesSet><item><publicIp>192.0.2.1</publicIp></item></addressesSet></DescribeAddressesResponse>`},
		"an attachment without its VPC":     {"AWS::EC2::VPCGatewayAttachment", `<DescribeInternetGatewaysResponse><internetGatewaySet><item><internetGatewayId>igw-1</internetGatewayId><attachmentSet><item><state>available</state></item></attachmentSet></item></internetGatewaySet></DescribeInternetGatewaysResponse>`},
		"a VPC without its id":              {"AWS::EC2::VPC", `<DescribeVpcsResponse><vpcSet><item><cidrBlock>10.0.0.0/8</cidrBlock></item></vpcSet></DescribeVpcsResponse>`},
	} {
		cfg := hostile(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.answer) })
		s, err := Scan(t.Context(), cfg, Options{Types: []string{c.typ}})
		require.NoError(t, err)
		assert.Empty(t, s.Resources, why)
		assert.False(t, s.Readable(emulator.Account, emulator.Region, c.typ), why)
	}
}

// A volume that is attached to a task of Fargate has an attachment without an instance,
// which is no AWS::EC2::VolumeAttachment.
func TestAttachmentToATaskIsNoResource(t *testing.T) {
	cfg := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId><attachmentSet><item><volumeId>vol-1</volumeId><associatedResource>arn:aws:ecs:eu-west-1:123456789012:task/a</associatedResource><status>attached</status></item></attachmentSet></item></volumeSet></DescribeVolumesResponse>`)
	})
	s, err := Scan(t.Context(), cfg, Options{Types: []string{"AWS::EC2::VolumeAttachment"}})
	require.NoError(t, err)
	assert.Empty(t, s.Resources)
	assert.Empty(t, s.Gaps)
}

// The words of an answer end up on terminals and in CI logs.
func TestMessagesHoldNoSecretsAndSteerNoTerminal(t *testing.T) {
	cfg := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": "Bad\x1b[31mThing", "message": "\x1b]0;owned\a\r\u0085you sent X-Amz-Security-Token: " +
			r.Header.Get("X-Amz-Security-Token") + " Authorization: " + r.Header.Get("Authorization")})
	})
	s, err := Scan(t.Context(), cfg, Options{Types: []string{"AWS::SQS::Queue"}})
	require.NoError(t, err)
	require.Len(t, s.Gaps, 1)
	message := s.Gaps[0].Message
	assert.Contains(t, message, "you sent X-Amz-Security-Token (withheld)")
	for _, secret := range []string{"hostile-session", "AKIDHOSTILE", "Signature=", "\x1b", "\a", "\r", "\u0085"} {
		assert.NotContains(t, message, secret)
	}
}

func TestRedirectsEnd(t *testing.T) {
	var calls atomic.Int64
	cfg := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	})
	s, err := Scan(t.Context(), cfg, Options{Types: []string{"AWS::SQS::Queue"}})
	require.NoError(t, err)
	assert.Len(t, s.Gaps, 1)
	assert.LessOrEqual(t, calls.Load(), int64(2*(1+maxRedirects)), "two attempts, with some redirects each")
}

// 16 times this is 0 in 64 bits: nothing would ever be read, and the scan not end.
func TestConcurrencyIsBounded(t *testing.T) {
	cfg := hostile(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) })
	s, err := Scan(t.Context(), cfg, Options{Types: []string{"AWS::SQS::Queue"}, Concurrency: 1 << 60})
	require.NoError(t, err)
	assert.Empty(t, s.Gaps)
}

// One region that never answers must not keep the others waiting for all of its types.
func TestHangingRegionIsGivenUp(t *testing.T) {
	unpaced(t)
	var hung atomic.Int64
	over := make(chan struct{})
	defer close(over)
	cfg := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/") {
			hung.Add(1)
			select {
			case <-over:
			case <-r.Context().Done():
			}
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type": "Broken"}`)
	})
	cfg.HTTPClient = &http.Client{Timeout: 200 * time.Millisecond}
	const concurrency = 4
	s, err := Scan(t.Context(), cfg, Options{Regions: []string{emulator.Region, "eu-central-1"}, Concurrency: concurrency})
	require.NoError(t, err)
	for _, r := range Readers() {
		if !r.Global {
			assert.False(t, s.Readable(emulator.Account, "eu-central-1", r.Type), "%s", r.Type)
		}
	}
	for _, g := range s.Gaps {
		assert.Equal(t, g.Region == "eu-central-1", g.Reason == inventory.Timeout, "%+v", g)
	}
	assert.LessOrEqual(t, hung.Load(), int64(regionPatience+concurrency))
}

// The source of a replica cannot be a property that was read, and is a relation all the same.
func TestReplicaNamesItsSource(t *testing.T) {
	cfg := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance><DBInstanceIdentifier>replica</DBInstanceIdentifier><Engine>mysql</Engine><ReadReplicaSourceDBInstanceIdentifier>orders</ReadReplicaSourceDBInstanceIdentifier></DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>`)
	})
	s, err := Scan(t.Context(), cfg, Options{Types: []string{"AWS::RDS::DBInstance"}})
	require.NoError(t, err)
	require.Len(t, s.Resources, 1)
	assert.Equal(t, []inventory.Relation{{Kind: "soft", To: ref("AWS::RDS::DBInstance", "orders")}}, s.Resources[0].Relations)
	assert.True(t, s.Resources[0].IsUnread("/SourceDBInstanceIdentifier"), "the schema says that nobody can read it")
}
