package awscloud

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// ec2Answers is an EC2 that answers everything but STS in the same way.
func ec2Answers(t *testing.T, status int, body string) *Cloud {
	t.Helper()
	return answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

// answering is a Cloud whose service is a function; STS is answered beside it.
func answering(t *testing.T, service http.HandlerFunc) *Cloud {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err == nil && r.Form.Get("Action") == "GetCallerIdentity" {
			_, _ = w.Write([]byte(`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>` +
				`<Arn>arn:aws:iam::123456789012:user/me</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`))
			return
		}
		service(w, r)
	}))
	t.Cleanup(server.Close)
	return New(sdk.Config{Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
}

func ec2Error(code, message string) string {
	return "<Response><Errors><Error><Code>" + code + "</Code><Message>" + message + "</Message></Error></Errors><RequestID>r-1</RequestID></Response>"
}

func TestErrorsAreMapped(t *testing.T) {
	ref := place("AWS::EC2::VPC").Ref()
	ref.ID = "vpc-1"
	live := &inventory.Resource{Ref: ref}
	const empty = `<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r-1</requestId><vpcSet/></DescribeVpcsResponse>`
	for _, c := range []struct {
		why    string
		status int
		body   string
		want   error
	}{
		{"the service's own word for it", 400, ec2Error("InvalidVpcID.NotFound", "no"), reaper.ErrNotFound},
		{"another resource that is not there is not this one", 400, ec2Error("InvalidSubnetID.NotFound", "no"), nil},
		{"a listing without it is no proof", 200, empty, reaper.ErrUnavailable},
		{"an empty body is no answer", 200, "", reaper.ErrUnavailable},
		{"a portal's page is no answer", 200, "<!DOCTYPE html><html></html>", reaper.ErrUnavailable},
		{"a 404 of a proxy is not the service's", 404, "<html>not found</html>", reaper.ErrUnavailable},
		{"something is in it", 400, ec2Error("DependencyViolation", "it has subnets"), reaper.ErrBlocked},
		{"throttled", 503, ec2Error("RequestLimitExceeded", "slow down"), reaper.ErrThrottled},
		{"a failure of the service", 500, "<html>oops</html>", reaper.ErrUnavailable},
		{"denied", 403, ec2Error("UnauthorizedOperation", "no"), reaper.ErrDenied},
		{"a bare 403", 403, "", reaper.ErrDenied},
		{"the session is over", 400, ec2Error("RequestExpired", "too late"), reaper.ErrExpired},
		{"a condition failed", 412, ec2Error("PreconditionFailed", "changed"), reaper.ErrStale},
	} {
		t.Run(c.why, func(t *testing.T) {
			cloud := ec2Answers(t, c.status, c.body)
			_, observed := cloud.Observe(t.Context(), ref)
			_, deleted := cloud.Delete(t.Context(), live, nil)
			for what, err := range map[string]error{"observe": observed, "delete": deleted} {
				require.Error(t, err, what)
				for _, kind := range []error{
					reaper.ErrNotFound, reaper.ErrBlocked, reaper.ErrThrottled, reaper.ErrUnavailable, reaper.ErrDenied, reaper.ErrExpired, reaper.ErrStale,
				} {
					assert.Equal(t, kind == c.want, errors.Is(err, kind), "%s: %v is %v", what, err, kind) //nolint:errorlint // the very value
				}
				assert.NotContains(t, err.Error(), "r-1", "request ids are never the same")
			}
			var blocked *reaper.Blocked
			if errors.As(deleted, &blocked) {
				assert.Contains(t, blocked.By, "it has subnets")
			}
		})
	}
}

// What ends a run is the end of its context, and not that one exchange took too long.
func TestEndOfContext(t *testing.T) {
	ref := place("AWS::EC2::VPC").Ref()
	ref.ID = "vpc-1"
	w := registered[ref.Type]
	err := w.explain(t.Context(), "observe", ref, nil, context.DeadlineExceeded)
	assert.NotErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, reaper.ErrUnavailable)
	over, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-over.Done()
	assert.ErrorIs(t, w.explain(over, "observe", ref, nil, errors.New("x")), context.DeadlineExceeded)
}

func TestSecretsAreWithheld(t *testing.T) {
	cloud := ec2Answers(t, 400, ec2Error("InvalidParameterValue", "the value topsecret12 is too short"))
	_, _, err := cloud.Create(t.Context(), reaper.Creation{
		Place: place("AWS::EC2::Instance"), Token: "t", Properties: inventory.Properties{"ImageId": "ami-1", "UserData": "topsecret12"},
	})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "topsecret12")
}

// Clients of writers send nothing that the method under way does not grant.
func TestGuard(t *testing.T) {
	w := newWorld(t)
	k := &call{ref: inventory.Ref{Partition: "aws", Account: emulator.Account, Region: emulator.Region, Type: "AWS::EC2::VPC", ID: "vpc-1"}}
	client := ec2.NewFromConfig(guarded(w.cfg, k))
	vpc := registered["AWS::EC2::VPC"]
	for _, c := range []struct {
		why  string
		ctx  context.Context
		call func(ctx context.Context) error
	}{
		{"nobody grants anything", t.Context(), func(ctx context.Context) error {
			_, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
			return err
		}},
		{"a look does not delete", withGrant(t.Context(), vpc.reads()), func(ctx context.Context) error {
			_, err := client.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &k.ref.ID})
			return err
		}},
		{"a repair does not delete", withGrant(t.Context(), vpc.writes(ToRepair)), func(ctx context.Context) error {
			_, err := client.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &k.ref.ID})
			return err
		}},
		{"a deletion does not change", withGrant(t.Context(), vpc.writes(ToReap)), func(ctx context.Context) error {
			_, err := client.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &k.ref.ID})
			return err
		}},
		{"another type's operation", withGrant(t.Context(), vpc.writes(ToReap)), func(ctx context.Context) error {
			_, err := client.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &k.ref.ID})
			return err
		}},
	} {
		assert.ErrorIs(t, c.call(c.ctx), ErrGuard, c.why)
	}
	assert.Empty(t, w.called(), "nothing was sent")
}

// Refused before anything is sent: another account, a type without a writer, a resource of
// whom an answer never says that it is this one.
func TestRefusals(t *testing.T) {
	w := newWorld(t)
	ref := place("AWS::EC2::VPC").Ref()
	ref.ID, ref.Account = "vpc-1", "999999999999"
	_, err := w.c.Observe(t.Context(), ref)
	require.ErrorIs(t, err, reaper.ErrWrongCaller)
	_, err = w.c.Tag(t.Context(), place("AWS::Athena::NoSuchType").Ref(), nil)
	require.ErrorIs(t, err, reaper.ErrUnsupported)
	assert.Empty(t, w.e.Writes())

	vpc := w.need("AWS::EC2::VPC", "", inventory.Properties{"CidrBlock": "10.9.0.0/16"})
	w.e.Forget()
	for why, call := range map[string]func() (string, error){
		"it cannot be changed in place": func() (string, error) {
			return w.c.Update(t.Context(), vpc, []plan.Change{{Path: "/CidrBlock", To: "10.0.0.0/8"}})
		},
		"it cannot be taken away": func() (string, error) {
			return w.c.Update(t.Context(), vpc, []plan.Change{{Path: "/EnableDnsSupport"}})
		},
		"it is not known": func() (string, error) {
			return w.c.Update(t.Context(), vpc, []plan.Change{{Path: "/EnableDnsSupport", To: &inventory.Unknown{Because: "x"}}})
		},
		"it has the wrong form": func() (string, error) {
			return w.c.Update(t.Context(), vpc, []plan.Change{{Path: "/EnableDnsSupport", To: []any{"x"}}})
		},
		"it cannot be stopped": func() (string, error) { return w.c.Stop(t.Context(), vpc.Ref) },
	} {
		_, err := call()
		require.ErrorIs(t, err, reaper.ErrUnsupported, why)
	}
	assert.Empty(t, w.e.Calls(), "not even a read")

	// Somebody else has the name.
	bucket := w.creation("AWS::EC2::KeyPair", inventory.Properties{"KeyName": "door", "PublicKeyMaterial": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPLdXh0D1C2m6y7Y0ZJr7cZpUQ0KTUXoEoYyy3H8dPhX"})
	_, _, err = w.c.Create(t.Context(), bucket)
	require.NoError(t, err)
	w.e.Forget()
	bucket.Tags = map[string]string{"pcf:app": "another"}
	_, _, err = w.c.Create(t.Context(), bucket)
	require.ErrorIs(t, err, reaper.ErrStale)
	assert.Empty(t, w.e.Writes())
}
