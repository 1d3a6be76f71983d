package aws

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// The table speaks of calls that are made, and says where each figure stands.
func TestQuotasAreOfKnownCalls(t *testing.T) {
	known := map[string]bool{}
	for call := range knownReads() {
		service, operation, _ := strings.Cut(call, ".")
		known[service], known[call], known[service+"."+classOf(operation)] = true, true, true
	}
	for name, q := range quotas {
		assert.True(t, known[name], "%s: nothing is called that counts against it", name)
		assert.Positive(t, q.perSecond, name)
		assert.GreaterOrEqual(t, q.burst, q.perSecond, name)
		assert.True(t, strings.HasSuffix(q.source, ".html"), "%s has a source", name)
	}
	for name := range constants {
		assert.True(t, known[name], name)
	}
}

func TestQuotaOf(t *testing.T) {
	for _, c := range []struct{ why, service, operation, want string }{
		{"an operation of its own", "DynamoDB", "ListTagsOfResource", "DynamoDB.ListTagsOfResource"},
		{"a class", "EC2", "DescribeVolumes", "EC2.Describe*"},
		{"a whole service", "Lambda", "ListTags", "Lambda"},
		{"a constant of ours", "S3", "GetBucketTagging", "S3"},
		{"nothing documented", "IAM", "ListRoles", "IAM.List*"},
		{"nothing documented, another class", "IAM", "GetPolicyVersion", "IAM.other"},
	} {
		name, q := quotaOf(c.service, c.operation)
		assert.Equal(t, c.want, name, c.why)
		assert.Positive(t, q.perSecond)
	}
}

// However many calls wait, no second sees more than half of the quota, after half of the burst;
// every bucket is its own.
func TestBucketsKeepTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1000)
		start := time.Now()
		var mu sync.Mutex
		sent := map[string][]time.Duration{}
		var group sync.WaitGroup
		for i := range 300 {
			account := fmt.Sprint(i % 2)
			group.Go(func() {
				done, err := l.wait(t.Context(), l.bucket(account, "eu-west-1", "EC2", "DescribeVolumes"))
				if assert.NoError(t, err) {
					mu.Lock()
					sent[account] = append(sent[account], time.Since(start))
					mu.Unlock()
					done()
				}
			})
		}
		group.Wait()
		for account, times := range sent {
			slices.Sort(times)
			assert.Len(t, times, 150)
			assert.Zero(t, times[49], "half of the burst of 100 goes at once, account %s", account)
			assert.InDelta(t, 10, times[149].Seconds(), 0.2, "and 100 more at half of 20 a second")
		}
	})
}

func TestThrottledBucketsSlowDownAndRecover(t *testing.T) {
	b := newLimiter(1).bucket("1", "eu-west-1", "EC2", "DescribeVolumes")
	assert.InDelta(t, 10, float64(b.Limit()), 0.01)
	for range 10 {
		b.answered(true)
	}
	assert.InDelta(t, 2.5, float64(b.Limit()), 0.01, "never slower than a quarter")
	for range 100 {
		b.answered(false)
	}
	assert.InDelta(t, 10, float64(b.Limit()), 0.01, "never faster than allowed")
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1)
		b := l.bucket("1", "eu-west-1", "EC2", "DescribeVolumes")
		done, err := l.wait(t.Context(), b)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = l.wait(ctx, b)
		assert.ErrorIs(t, err, context.DeadlineExceeded, "the only place in flight is taken")
		assert.Equal(t, inventory.Timeout, classify(err, "").reason)
		done()
		for b.Tokens() >= 1 {
			done, err := l.wait(t.Context(), b)
			require.NoError(t, err)
			done()
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err = l.wait(ctx, b)
		assert.ErrorIs(t, err, context.DeadlineExceeded, "no token comes in a millisecond")
		cancelled, stop := context.WithCancel(t.Context())
		stop()
		_, err = l.wait(cancelled, b)
		assert.ErrorIs(t, err, context.Canceled)
	})
}

// A service that never answers, or throttles for ever, does not cost the timeout of
// each of thousands of calls.
func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		silent := true
		cfg := reading(sdk.Config{
			Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), RetryMaxAttempts: 1,
			HTTPClient: roundTrip(func(r *http.Request) (*http.Response, error) {
				sent.Add(1)
				if silent {
					<-r.Context().Done()
					return nil, r.Context().Err()
				}
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"QueueUrls":[]}`)), Request: r}, nil
			}),
		})
		l := newLimiter(4)
		cfg.APIOptions = append(cfg.APIOptions, l.pace("1", func(bool) {}))
		list := func(region string) error {
			_, err := sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.Region = region }).ListQueues(t.Context(), &sqs.ListQueuesInput{})
			return err
		}
		start := time.Now()
		for range 500 {
			err := list("eu-west-1")
			require.Error(t, err)
			f := classify(err, "eu-west-1")
			assert.Equal(t, inventory.Timeout, f.reason, "%v", err)
			assert.Equal(t, "SQS.ListQueues", f.call)
			l.service("1", "eu-west-1", "").ended(nil) // another service of the region answers
		}
		assert.EqualValues(t, patience, sent.Load())
		assert.Equal(t, patience*exchangeTimeout, time.Since(start), "each exchange is bounded, and so is their number")
		silent = false
		assert.NoError(t, list("us-east-1"), "another region is another endpoint")
	})
}

func TestPatienceIsForSilenceOnly(t *testing.T) {
	s := &service{}
	for range patience - 1 {
		s.ended(context.DeadlineExceeded)
	}
	s.ended(coded(403, "AccessDenied", "no")) // an answer
	s.ended(coded(503, "SlowDown", "slow"))
	assert.NoError(t, s.given(patience))
	for range patience {
		s.ended(coded(503, "SlowDown", "slow"))
	}
	err := s.given(patience)
	require.Error(t, err)
	assert.Equal(t, inventory.Throttled, classify(err, "").reason)
	s.ended(nil)
	assert.NoError(t, s.given(patience))
}

// An answer without end is malformed, not a list.
func TestAnswerIsBounded(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(`{"QueueUrls":["`), zeros{})
	cfg := reading(sdk.Config{
		Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), RetryMaxAttempts: 1,
		HTTPClient: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(endless), Request: r}, nil
		}),
	})
	_, err := sqs.NewFromConfig(cfg).ListQueues(t.Context(), &sqs.ListQueuesInput{})
	require.Error(t, err)
	assert.Equal(t, inventory.Malformed, classify(err, "eu-west-1").reason, "%v", err)

	b := &boundedBody{ReadCloser: io.NopCloser(strings.NewReader("12345")), left: 5}
	whole, err := io.ReadAll(b)
	require.NoError(t, err)
	assert.Equal(t, "12345", string(whole), "the bound itself is allowed")
	_, err = io.ReadAll(&boundedBody{ReadCloser: io.NopCloser(strings.NewReader("123456")), left: 5})
	assert.ErrorIs(t, err, errAnswer)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}
