package aws

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// faultReasons says how the gap of each fault may be called.
var faultReasons = map[emulator.Fault][]inventory.GapReason{
	emulator.Deny:     {inventory.Denied},
	emulator.Bare403:  {inventory.Denied},
	emulator.Throttle: {inventory.Throttled},
	emulator.HTML500:  {inventory.Malformed},
	emulator.HTML200:  {inventory.Malformed},
	emulator.Truncate: {inventory.Malformed},
	emulator.Empty:    {inventory.Malformed},
}

// assertNothingLost holds a scan with faults to the law: what it says is true, and what
// it does not say is marked as unread.
func assertNothingLost(t *testing.T, baseline, got *inventory.Snapshot, why string) {
	t.Helper()
	live := byRef(got)
	for _, want := range baseline.Resources {
		r := live[want.Ref]
		if r == nil {
			assert.False(t, got.Readable(want.Ref.Account, want.Ref.Region, want.Ref.Type), "%s: %s is gone without a gap", why, want.Ref)
			continue
		}
		if r.Tags != nil {
			assert.Equal(t, want.Tags, r.Tags, "%s: tags of %s are either true or unknown", why, want.Ref)
		}
		inventory.Walk("", want.Properties, func(pointer string, v any) bool {
			if r.IsUnread(pointer) {
				return false
			}
			now, ok := inventory.At(r.Properties, pointer)
			if !assert.True(t, ok, "%s: %s of %s is absent and not unread", why, pointer, want.Ref) {
				return false
			}
			switch v.(type) {
			case map[string]any, []any:
			default:
				assert.Equal(t, v, now, "%s: %s of %s", why, pointer, want.Ref)
			}
			return true
		})
	}
	for ref := range live {
		assert.Contains(t, byRef(baseline), ref, "%s: a fault invents nothing", why)
	}
}

// splitPages makes every paginated answer come in two pages: the first call gets half of
// the items and a token, the call with that token the rest. With repeat, the token
// never ends.
func splitPages(cfg *sdk.Config, repeat bool) (split func() int) {
	const token = "second-page"
	var count atomic.Int64
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("SplitPages",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				input := reflect.ValueOf(in.Parameters).Elem()
				second := false
				sent := field(input, "NextToken", "Marker", "NextMarker", "Position", "ExclusiveStartTableName", "ContinuationToken")
				if sent.IsValid() && !sent.IsNil() && sent.Elem().String() == token {
					second = true
					sent.SetZero()
				}
				out, metadata, err := next.HandleInitialize(ctx, in)
				if err != nil || out.Result == nil || !sent.IsValid() {
					return out, metadata, err
				}
				output := reflect.ValueOf(out.Result).Elem()
				if inner := field(output, "DistributionList"); inner.IsValid() && !inner.IsNil() {
					output = inner.Elem() // CloudFront wraps its pages
				}
				back := field(output, "NextToken", "NextMarker", "Position", "Marker", "LastEvaluatedTableName", "ContinuationToken")
				if !back.IsValid() || !back.IsNil() {
					return out, metadata, err
				}
				lists := 0
				for i := range output.NumField() {
					if f := output.Field(i); f.Kind() == reflect.Slice && f.CanSet() {
						lists++
						if half := f.Len() / 2; second {
							f.Set(f.Slice(half, f.Len()))
						} else {
							f.Set(f.Slice(0, half))
						}
					}
				}
				if lists > 0 && (!second || repeat) {
					count.Add(1)
					next := token
					back.Set(reflect.ValueOf(&next))
					if more := field(output, "IsTruncated", "Truncated"); more.Kind() == reflect.Pointer {
						more.Set(reflect.ValueOf(sdk.Bool(true)))
					} else if more.IsValid() {
						more.SetBool(true)
					}
				}
				return out, metadata, err
			}), middleware.After)
	})
	return func() int { return int(count.Load()) }
}

func field(v reflect.Value, names ...string) reflect.Value {
	for _, name := range names {
		if f := v.FieldByName(name); f.IsValid() {
			return f
		}
	}
	return reflect.Value{}
}

func TestHangEndsInTime(t *testing.T) {
	e, _ := seed(t)
	cfg := configure(t, e.Env())
	e.Fail("sqs", "GetQueueAttributes", emulator.Hang)
	got, err := Scan(t.Context(), cfg, Options{Types: []string{"AWS::SQS::Queue", "AWS::SNS::Topic"}, Timeout: 2 * time.Second})
	require.NoError(t, err)
	require.NotEmpty(t, got.Gaps)
	for _, g := range got.Gaps {
		assert.Equal(t, "AWS::SQS::Queue", g.Type, "the other type was read before the time was up")
		assert.Equal(t, inventory.Timeout, g.Reason, g.Message)
	}
	queues := 0
	for _, r := range got.Resources {
		if r.Ref.Type == "AWS::SQS::Queue" {
			queues++
			assert.True(t, r.IsUnread("/VisibilityTimeout"))
			assert.Nil(t, r.Tags, "tags that were not read are unknown")
		}
	}
	assert.Equal(t, 2, queues, "what was listed is kept")
}

func TestInterruptKeepsWhatIsKnown(t *testing.T) {
	e, _ := seed(t)
	cfg := configure(t, e.Env())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Interrupt",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				if _, operation := callOf(ctx); operation == "DescribeTable" {
					cancel()
				}
				return next.HandleInitialize(ctx, in)
			}), middleware.After)
	})
	got, err := Scan(ctx, cfg, Options{Types: []string{"AWS::DynamoDB::Table"}})
	require.NoError(t, err)
	require.NotEmpty(t, got.Gaps)
	assert.Equal(t, inventory.Failed, got.Gaps[0].Reason)
	assert.Contains(t, got.Gaps[0].Message, "interrupted")
	assert.Len(t, got.Resources, 1)
}

func TestScanSaysWhyNothingCanBeRead(t *testing.T) {
	e, _ := seed(t)
	unreachable := append(e.Env(), "AWS_ENDPOINT_URL=http://127.0.0.1:1")
	for _, c := range []struct {
		why   string
		env   []string
		fault emulator.Fault
		opt   Options
		is    error
		says  []string
	}{
		{why: "no credentials", env: append(e.Env(), "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY="), is: ErrCredentials, says: []string{"AWS_PROFILE", "aws sso login"}},
		{why: "credentials that AWS refuses", env: e.Env(), fault: emulator.Deny, is: ErrCredentials, says: []string{"AccessDenied", "AWS_PROFILE"}},
		{why: "a refusal without a code", env: e.Env(), fault: emulator.Bare403, is: ErrCredentials, says: []string{"403"}},
		{why: "nobody listens", env: unreachable, is: ErrUnreachable, says: []string{"AWS_ENDPOINT_URL"}},
		{why: "something else listens", env: e.Env(), fault: emulator.HTML200, is: ErrUnreachable, says: []string{"web page"}},
		{why: "no answer in time", env: e.Env(), fault: emulator.Hang, opt: Options{Timeout: time.Second}, is: ErrUnreachable, says: []string{"in time"}},
		{why: "no region", env: append(e.Env(), "AWS_REGION=", "AWS_DEFAULT_REGION="), says: []string{"--region", "AWS_REGION"}},
		{why: "a misspelt type", env: e.Env(), opt: Options{Types: []string{"AWS::S3::Bukcet"}}, says: []string{"AWS::S3::Bukcet", `did you mean "AWS::S3::Bucket"`}},
		{why: "a glob without a match", env: e.Env(), opt: Options{Types: []string{"AWS::EC2::VPC", "Azure*"}}, says: []string{"Azure*", "pcf-scan types"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			e.Heal()
			if c.fault != "" {
				e.Fail("sts", "GetCallerIdentity", c.fault)
			}
			snapshot, err := Scan(t.Context(), configure(t, c.env), c.opt)
			require.Error(t, err)
			assert.Nil(t, snapshot)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			for _, text := range c.says {
				assert.Contains(t, err.Error(), text)
			}
			assert.NotContains(t, err.Error(), "\n")
		})
	}
	t.Run("an interrupt before anything is known", func(t *testing.T) {
		e.Heal()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := Scan(ctx, configure(t, e.Env()), Options{})
		assert.True(t, errors.Is(err, context.Canceled), "%v", err)
	})
}

func TestScopeIsWhatWasAsked(t *testing.T) {
	e, _ := seed(t)
	cfg := configure(t, e.Env())
	scan := func(t *testing.T, opt Options) *inventory.Snapshot {
		t.Helper()
		s, err := Scan(t.Context(), cfg, opt)
		require.NoError(t, err)
		return s
	}
	t.Run("regions apart, global services once", func(t *testing.T) {
		s := scan(t, Options{Regions: []string{"us-east-1", "eu-west-1", "us-east-1"}, Types: []string{"AWS::S3::Bucket", "AWS::IAM::User"}})
		assert.Equal(t, []string{"eu-west-1", "global", "us-east-1"}, s.Scope.Regions)
		assert.Equal(t, []string{"AWS::IAM::User", "AWS::S3::Bucket"}, s.Scope.Types)
		assert.Empty(t, s.Gaps)
		places := map[string]string{}
		for _, r := range s.Resources {
			assert.Empty(t, places[r.Ref.ID], "each resource stands in one place")
			places[r.Ref.ID] = r.Ref.Region
		}
		assert.Equal(t, map[string]string{"pcf-logs": "eu-west-1", "pcf-orders": "eu-west-1", "pcf-site": "eu-west-1", "pcf-elsewhere": "us-east-1", "robot": "global"}, places)
	})
	t.Run("all enabled regions", func(t *testing.T) {
		s := scan(t, Options{Regions: []string{"all"}, Types: []string{"AWS::SNS::Topic", "AWS::*::Topic"}})
		assert.Greater(t, len(s.Scope.Regions), 10)
		assert.Equal(t, []string{"AWS::SNS::Topic"}, s.Scope.Types)
		assert.Empty(t, s.Gaps)
	})
	t.Run("regions that cannot be listed are one gap over everything", func(t *testing.T) {
		e.Fail("ec2", "DescribeRegions", emulator.Deny)
		defer e.Heal()
		s := scan(t, Options{Regions: []string{"all"}, Types: []string{"AWS::EC2::VPC"}})
		require.Len(t, s.Gaps, 1)
		assert.Equal(t, inventory.Denied, s.Gaps[0].Reason)
		assert.False(t, s.Readable(emulator.Account, "ap-south-1", "AWS::EC2::VPC"))
		assert.NotEmpty(t, s.Resources, "the configured region is read all the same")
	})
	t.Run("global alone", func(t *testing.T) {
		s := scan(t, Options{Regions: []string{"global"}, Types: []string{"*::User", "*::VPC"}})
		assert.Equal(t, []string{"global"}, s.Scope.Regions)
		require.Len(t, s.Resources, 1)
		assert.Equal(t, "robot", s.Resources[0].Ref.ID)
	})
	t.Run("nothing can be read there", func(t *testing.T) {
		_, err := Scan(t.Context(), cfg, Options{Regions: []string{"global"}, Types: []string{"AWS::EC2::VPC"}})
		assert.ErrorContains(t, err, "--region")
	})
}

// The proxy throttles in the protocol of each service, so that the code arrives.
func TestThrottlingIsToldInXML(t *testing.T) {
	e, _ := seed(t)
	cfg := configure(t, e.Env())
	for service, typ := range map[string]string{
		"cloudfront": "AWS::CloudFront::Distribution", "route53": "AWS::Route53::HostedZone", "s3": "PCF::Account::S3PublicAccess",
	} {
		e.Fail(service, "*", emulator.Throttle)
		got, err := Scan(t.Context(), cfg, Options{Types: []string{typ}})
		e.Heal()
		require.NoError(t, err)
		require.NotEmpty(t, got.Gaps, typ)
		for _, g := range got.Gaps {
			assert.Equal(t, inventory.Throttled, g.Reason, "%s: %s", typ, g.Message)
		}
	}
}
