package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// answered wraps an error as the SDK does: the operation, then the HTTP answer.
func answered(status int, err error) error {
	return &smithy.OperationError{ServiceID: "S3", OperationName: "ListBuckets", Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err,
	}}
}

func coded(status int, code, message string) error {
	return answered(status, &smithy.GenericAPIError{Code: code, Message: message})
}

func TestClassify(t *testing.T) {
	const credentials = "AWS was not able to validate the provided access credentials"
	for _, c := range []struct {
		why    string
		err    error
		region string
		want   inventory.GapReason
	}{
		{"the usual refusal", coded(403, "AccessDenied", "no"), "", inventory.Denied},
		{"EC2's refusal", coded(403, "UnauthorizedOperation", "no"), "", inventory.Denied},
		{"a JSON service's refusal", coded(400, "AccessDeniedException", "no"), "", inventory.Denied},
		{"a code nobody knows with status 403", coded(403, "KeepOut", "no"), "", inventory.Denied},
		{"403 without a code", coded(403, "UnknownError", "UnknownError"), "", inventory.Denied},
		{"403 without a code, as S3's client tells it", coded(403, "Forbidden", "Forbidden"), "", inventory.Denied},
		{"403 with a body that is none", answered(403, errors.New("XML syntax error")), "", inventory.Denied},
		{"expired credentials", coded(400, "ExpiredTokenException", "expired"), "", inventory.Denied},
		{"throttled", coded(400, "ThrottlingException", "slow"), "", inventory.Throttled},
		{"EC2 throttled", coded(503, "RequestLimitExceeded", "slow"), "", inventory.Throttled},
		{"429 without a code", coded(429, "UnknownError", ""), "", inventory.Throttled},
		{"good credentials that a region does not know", coded(401, "AuthFailure", credentials), "ap-east-1", inventory.Disabled},
		{"the same from a JSON service", coded(400, "UnrecognizedClientException", "The security token included in the request is invalid."), "ap-east-1", inventory.Disabled},
		{"AuthFailure that is a refusal", coded(401, "AuthFailure", "You are not authorized to do that"), "ap-east-1", inventory.Denied},
		{"a service without regions cannot be disabled in one", coded(403, "InvalidClientTokenId", "invalid"), inventory.GlobalRegion, inventory.Denied},
		{"not subscribed", coded(400, "SubscriptionRequiredException", "subscribe"), "", inventory.OptedOut},
		{"not subscribed, in EC2's words", coded(403, "OptInRequired", "Ensure that you have subscribed to the service"), "", inventory.OptedOut},
		{"region not opted in", coded(403, "OptInRequired", "opt in to the region first"), "", inventory.Disabled},
		{"no such endpoint", &net.DNSError{Err: "no such host", IsNotFound: true}, "mx-central-1", inventory.OptedOut},
		{"suspended", coded(403, "AccountProblem", "There is a problem with your account"), "", inventory.Suspended},
		{"suspended, in words", coded(403, "Other", "Your account is suspended"), "", inventory.Suspended},
		{"an HTML page with status 500", answered(500, &smithy.DeserializationError{Err: errors.New("invalid character '<'")}), "", inventory.Malformed},
		{"the same from S3's client", coded(500, "InternalServerError", "Internal Server Error"), "", inventory.Malformed},
		{"a real error of the service", coded(500, "InternalError", "try again"), "", inventory.Failed},
		{"status 200 that cannot be decoded", answered(200, errors.New("XML syntax error on line 1: unexpected EOF")), "", inventory.Malformed},
		{"time is up", fmt.Errorf("wait: %w", context.DeadlineExceeded), "", inventory.Timeout},
		{"interrupted", &smithy.CanceledError{Err: context.Canceled}, "", inventory.Failed},
		{"a listing without end", fmt.Errorf("%w: token twice", errPages), "", inventory.Malformed},
		{"the connection broke", errors.New("connection reset by peer"), "", inventory.Failed},
	} {
		f := classify(c.err, c.region)
		assert.Equal(t, c.want, f.reason, "%s: %s", c.why, f.detail)
		assert.NotEmpty(t, f.detail, c.why)
		assert.NotContains(t, f.detail, "RequestID", c.why)
	}
	assert.Equal(t, "S3.ListBuckets", classify(coded(403, "AccessDenied", "no"), "").call)
}

// A service answers a bad signature with the request that it saw, session token included.
func TestDetailHoldsNoSecrets(t *testing.T) {
	f := classify(coded(403, "SignatureDoesNotMatch", "The signature does not match.\n\nThe Canonical String was\nx-amz-security-token:SECRET"), "")
	assert.NotContains(t, f.detail, "SECRET")
	assert.LessOrEqual(t, len(oneLine(strings.Repeat("ü", 1000))), 305)
}

func TestGapsAreGrouped(t *testing.T) {
	c := cellOf("AWS::S3::Bucket")
	c.fault(coded(403, "AccessDenied", "no"), "b")
	c.fault(coded(403, "AccessDenied", "no"), "a")
	c.fault(coded(403, "AccessDenied", "no"), "")
	c.fault(coded(503, "SlowDown", "slow"), "c")
	gaps := c.gaps()
	require.Len(t, gaps, 3)
	assert.Equal(t, "S3.ListBuckets: AccessDenied: no", gaps[0].Message)
	assert.Equal(t, "S3.ListBuckets for a and 1 more: AccessDenied: no", gaps[1].Message)
	assert.Equal(t, inventory.Throttled, gaps[2].Reason)
	for _, g := range gaps {
		assert.True(t, g.Covers("111122223333", "eu-west-1", "AWS::S3::Bucket"))
	}
}

func TestPages(t *testing.T) {
	token := func(s string) *string { return &s }
	t.Run("to the end", func(t *testing.T) {
		var seen []string
		require.NoError(t, pages(func(at *string) (int, *string, error) {
			if at == nil {
				seen = append(seen, "first")
				return 1, token("2"), nil
			}
			seen = append(seen, *at)
			return 0, token(""), nil // an empty token ends a listing as well as none
		}))
		assert.Equal(t, []string{"first", "2"}, seen)
	})
	t.Run("a token twice", func(t *testing.T) {
		n := 0
		err := pages(func(*string) (int, *string, error) { n++; return 1, token(strconv.Itoa(n % 3)), nil })
		assert.ErrorIs(t, err, errPages)
		assert.LessOrEqual(t, n, 4)
	})
	t.Run("empty pages for ever", func(t *testing.T) {
		n := 0
		err := pages(func(*string) (int, *string, error) { n++; return 0, token(strconv.Itoa(n)), nil })
		assert.ErrorIs(t, err, errPages)
		assert.Equal(t, maxEmptyPages, n)
	})
	t.Run("empty pages now and then are fine", func(t *testing.T) {
		n := 0
		require.NoError(t, pages(func(*string) (int, *string, error) {
			if n++; n == 3*maxEmptyPages {
				return 1, nil, nil
			}
			return n % 2, token(strconv.Itoa(n)), nil
		}))
	})
	t.Run("full pages for ever", func(t *testing.T) {
		n := 0
		err := pages(func(*string) (int, *string, error) { n++; return 1, token(strconv.Itoa(n)), nil })
		assert.ErrorIs(t, err, errPages)
		assert.Equal(t, maxPages, n)
	})
	t.Run("an error ends it", func(t *testing.T) {
		broken := errors.New("broken")
		assert.ErrorIs(t, pages(func(*string) (int, *string, error) { return 0, nil, broken }), broken)
	})
	t.Run("cut short without a token", func(t *testing.T) {
		_, err := marker(true, nil)
		assert.ErrorIs(t, err, errPages)
		next, err := marker(false, token("left over"))
		assert.NoError(t, err)
		assert.Nil(t, next)
	})
}
