package aws

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	sdkmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/time/rate"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A quota is how often AWS lets an account call, in one region. A scan takes half: the
// account's own programs call the same APIs, and they matter more.
type quota struct {
	perSecond, burst float64
	source           string // the page that documents it, below docs.aws.amazon.com
}

// quotas are the documented ones, by "service.operation", by "service.class*" (all calls of
// a class together) or by "service" (all of its calls together); the narrowest entry
// counts. A burst that is not documented is one second's worth. Where a page gives
// several figures for the calls of one entry, the lowest stands here.
var quotas = map[string]quota{
	"ACM.Describe*":                      {10, 10, "acm/latest/userguide/acm-limits.html"},
	"ACM.List*":                          {8, 8, "acm/latest/userguide/acm-limits.html"},
	"API Gateway":                        {5, 20, "apigateway/latest/developerguide/limits.html"}, // 10 together with ApiGatewayV2
	"ApiGatewayV2":                       {5, 20, "apigateway/latest/developerguide/limits.html"},
	"CloudTrail":                         {10, 10, "awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html"},
	"CloudWatch.DescribeAlarms":          {9, 9, "AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"},
	"CloudWatch.GetDashboard":            {10, 10, "AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"},
	"CloudWatch.ListDashboards":          {10, 10, "AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"},
	"CloudWatch Logs.DescribeLogGroups":  {10, 10, "AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"},
	"Cognito Identity Provider":          {15, 15, "cognito/latest/developerguide/quotas.html"},
	"DynamoDB.DescribeContinuousBackups": {10, 10, "amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html"},
	"DynamoDB.ListTagsOfResource":        {10, 10, "amazondynamodb/latest/APIReference/API_ListTagsOfResource.html"},
	"EC2.Describe*":                      {20, 100, "ec2/latest/devguide/ec2-api-throttling.html"},
	"EC2.other":                          {20, 100, "ec2/latest/devguide/ec2-api-throttling.html"},
	"ECS.Describe*":                      {20, 50, "AmazonECS/latest/APIReference/request-throttling.html"},
	"ECS.List*":                          {20, 50, "AmazonECS/latest/APIReference/request-throttling.html"},
	"Firehose.DescribeDeliveryStream":    {5, 5, "firehose/latest/dev/limits.html"},
	"Firehose.ListDeliveryStreams":       {5, 5, "firehose/latest/dev/limits.html"},
	"Firehose.ListTagsForDeliveryStream": {5, 5, "firehose/latest/dev/limits.html"},
	"Kinesis.DescribeStreamSummary":      {20, 20, "streams/latest/dev/service-sizes-and-limits.html"},
	"Kinesis.ListStreams":                {5, 5, "streams/latest/dev/service-sizes-and-limits.html"},
	"Kinesis.ListTagsForStream":          {5, 5, "streams/latest/dev/service-sizes-and-limits.html"},
	"KMS.Describe*":                      {2000, 2000, "kms/latest/developerguide/requests-per-second.html"},
	"KMS.List*":                          {500, 500, "kms/latest/developerguide/requests-per-second.html"},
	"KMS.other":                          {1000, 1000, "kms/latest/developerguide/requests-per-second.html"},
	"Lambda":                             {15, 15, "lambda/latest/dg/gettingstarted-limits.html"},
	"Route 53":                           {5, 5, "Route53/latest/DeveloperGuide/DNSLimitations.html"},
	"Secrets Manager.ListSecrets":        {100, 100, "secretsmanager/latest/userguide/reference_limits.html"},
	"SFN.DescribeStateMachine":           {20, 200, "step-functions/latest/dg/service-quotas.html"},
	"SFN.ListStateMachines":              {5, 100, "step-functions/latest/dg/service-quotas.html"},
	"SNS.ListSubscriptions":              {30, 30, "general/latest/gr/sns.html"},
	"SNS.ListTagsForResource":            {10, 10, "general/latest/gr/sns.html"},
	"SNS.ListTopics":                     {30, 30, "general/latest/gr/sns.html"},
	"STS":                                {600, 600, "IAM/latest/UserGuide/reference_iam-quotas.html"},
	"WAFV2":                              {5, 5, "waf/latest/developerguide/limits.html"},
}

// constants are ours for services that document no quota and do not fit the default.
// They are conservative guesses, not facts about AWS.
var constants = map[string]quota{
	"CloudControl": {4, 4, ""},     // each call is several calls to the service behind it
	"S3":           {100, 100, ""}, // thirteen small calls about each bucket
	// One call reads the tags of a hundred resources, for which it asks other services.
	"Resource Groups Tagging API": {10, 10, ""},
}

// conservative is for every class of calls that has no entry: a guess of ours, too.
var conservative = quota{40, 80, ""}

// The classes of calls.
const (
	classList     = "List*"
	classDescribe = "Describe*"
	classOther    = "other"
)

func classOf(operation string) string {
	for _, class := range []string{classList, classDescribe} {
		if strings.HasPrefix(operation, strings.TrimSuffix(class, "*")) {
			return class
		}
	}
	return classOther
}

// quotaOf returns the quota that an operation counts against, and the name under which
// calls share it.
func quotaOf(service, operation string) (name string, q quota) {
	class := service + "." + classOf(operation)
	for _, name := range []string{service + "." + operation, class, service} {
		if q, ok := quotas[name]; ok {
			return name, q
		}
	}
	if q, ok := constants[service]; ok {
		return service, q
	}
	return class, conservative
}

const (
	// share of a quota that a scan takes.
	share = 0.5
	// patience is how many calls in a row a service may leave without an answer, or
	// refuse for rate after all retries, before the rest are not tried any more.
	patience = 50
	// regionPatience is how many exchanges in a row, of all services, a region may leave without
	// an answer before the rest are not tried any more: each holds a place among the calls in
	// flight for half a minute, in which nothing else is read.
	regionPatience = 32
)

// A limiter keeps the calls of a scan below the quotas, with one token bucket per account, region
// and entry, and bounds how many are in flight together. It is safe for concurrent use.
type limiter struct {
	flying chan struct{}

	mu       sync.Mutex
	buckets  map[bucketKey]*bucket
	services map[bucketKey]*service
}

type bucketKey struct{ account, region, name string }

func newLimiter(concurrency int) *limiter {
	return &limiter{flying: make(chan struct{}, concurrency), buckets: map[bucketKey]*bucket{}, services: map[bucketKey]*service{}}
}

// A bucket slows down when AWS throttles in spite of the quota (others call, too, and a
// quota may be lower than documented), and returns to its rate while all goes well.
type bucket struct {
	*rate.Limiter
	mu   sync.Mutex
	full rate.Limit
}

func (b *bucket) answered(throttled bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch now := b.Limit(); {
	case throttled:
		b.SetLimit(max(now/2, b.full/4))
	case now < b.full:
		b.SetLimit(min(now+b.full/50, b.full))
	}
}

func (l *limiter) bucket(account, region, service, operation string) *bucket {
	name, q := quotaOf(service, operation)
	key := bucketKey{account, region, name}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[key]
	if b == nil {
		full := rate.Limit(q.perSecond * share)
		b = &bucket{Limiter: rate.NewLimiter(full, max(1, int(q.burst*share))), full: full}
		l.buckets[key] = b
	}
	return b
}

// A service is one endpoint in one account, or (without a name) all of a region, as far as patience
// with it goes.
type service struct {
	mu       sync.Mutex
	silent   int   // calls in a row that had no answer in time or were throttled out
	silentAs error // the last of them
}

func (l *limiter) service(account, region, name string) *service {
	key := bucketKey{account, region, name}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.services[key] == nil {
		l.services[key] = &service{}
	}
	return l.services[key]
}

// given returns an error when there is no patience left.
func (s *service) given(patience int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.silent < patience {
		return nil
	}
	return fmt.Errorf("not tried any more after %d calls that failed: %w", s.silent, s.silentAs)
}

func (s *service) ended(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent++
	s.silentAs = err
	if err == nil {
		s.silent = 0
	} else if reason := classify(err, "").reason; reason != inventory.Timeout && reason != inventory.Throttled {
		s.silent = 0
	}
}

// A waitError ends a call that could not be sent in time. To try it again would only
// wait longer.
type waitError struct{ error }

func (e waitError) Unwrap() error        { return e.error }
func (e waitError) RetryableError() bool { return false }

// wait returns when a call may be sent, and the function to call when it has ended.
func (l *limiter) wait(ctx context.Context, b *bucket) (done func(), err error) {
	if err := b.Wait(ctx); err != nil {
		// The limiter also refuses, with an error of its own, to wait past the deadline.
		return nil, waitError{fmt.Errorf("wait for the rate limit: %w", cmp.Or(ctx.Err(), context.DeadlineExceeded))}
	}
	select {
	case l.flying <- struct{}{}:
		return func() { <-l.flying }, nil
	case <-ctx.Done():
		return nil, waitError{fmt.Errorf("wait for a free connection: %w", ctx.Err())}
	}
}

// pace adds the limiter to the clients of one account. It paces every exchange, retries
// too, and the time that an exchange may take begins after its turn has come: whoever
// waits for a turn gets it, because buckets fill at a fixed rate. count is called after each.
//
// The place is after the credentials were found, which may take a call of its own: a
// call that holds a place among those in flight never waits for another call.
func (l *limiter) pace(account string, count func(throttled bool)) func(*middleware.Stack) error {
	exchange := middleware.FinalizeMiddlewareFunc("PcfScanPace",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			name, operation := callOf(ctx)
			b := l.bucket(account, sdkmiddleware.GetRegion(ctx), name, operation)
			done, err := l.wait(ctx, b)
			if err != nil {
				return middleware.FinalizeOutput{}, middleware.Metadata{}, err
			}
			defer done()
			whole := l.service(account, sdkmiddleware.GetRegion(ctx), "") // all services of the region
			if err := whole.given(regionPatience); err != nil {
				return middleware.FinalizeOutput{}, middleware.Metadata{}, waitError{err}
			}
			ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
			defer cancel()
			out, metadata, err := next.HandleFinalize(ctx, in)
			throttled := isThrottle(err)
			b.answered(throttled)
			if throttled {
				whole.ended(nil) // which is an answer
			} else {
				whole.ended(err)
			}
			count(throttled)
			return out, metadata, err
		})
	call := middleware.InitializeMiddlewareFunc("PcfScanPatience",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			name, _ := callOf(ctx)
			s := l.service(account, sdkmiddleware.GetRegion(ctx), name)
			if err := s.given(patience); err != nil {
				return middleware.InitializeOutput{}, middleware.Metadata{}, err
			}
			out, metadata, err := next.HandleInitialize(ctx, in)
			s.ended(err)
			return out, metadata, err
		})
	return func(stack *middleware.Stack) error {
		if err := stack.Initialize.Add(call, middleware.After); err != nil {
			return err
		}
		return stack.Finalize.Insert(exchange, "Signing", middleware.Before)
	}
}

// exchangeTimeout is a second bound on one exchange, for HTTP clients without one.
const exchangeTimeout = attemptTimeout + 10*time.Second

// isThrottle reports whether AWS refused one exchange for rate.
func isThrottle(err error) bool {
	if err == nil {
		return false
	}
	_, throttled := retry.DefaultThrottleErrorCodes[errorCode(err)]
	return throttled || statusOf(err) == 429
}
