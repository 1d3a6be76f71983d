package emulator

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCallOf(t *testing.T) {
	for _, c := range []struct {
		why, method, url, service, target, form string
		want                                    Call
	}{
		{why: "query protocol", method: "POST", url: "/", service: "iam", form: "Action=ListRoles&Version=2010-05-08", want: Call{Action: "ListRoles"}},
		{why: "EC2 write", method: "POST", url: "/", service: "ec2", form: "Action=TerminateInstances", want: Call{Action: "TerminateInstances", Write: true}},
		{why: "JSON protocol", method: "POST", url: "/", service: "dynamodb", target: "DynamoDB_20120810.ListTables", want: Call{Action: "ListTables"}},
		{why: "JSON write", method: "POST", url: "/", service: "kms", target: "TrentService.ScheduleKeyDeletion", want: Call{Action: "ScheduleKeyDeletion", Write: true}},
		{why: "list of buckets", method: "GET", url: "/?x-id=ListBuckets", service: "s3", want: Call{Action: "GET /"}},
		{why: "a bucket's tags", method: "GET", url: "/b?tagging", service: "s3", want: Call{Action: "GET ?tagging"}},
		{why: "setting a bucket's tags", method: "PUT", url: "/b?tagging=", service: "s3", want: Call{Action: "PUT ?tagging", Write: true}},
		{why: "deleting a bucket", method: "DELETE", url: "/b", service: "s3", want: Call{Action: "DELETE", Write: true}},
		{why: "Lambda listing", method: "GET", url: "/2015-03-31/functions", service: "lambda", want: Call{Action: "GET functions"}},
		{why: "Lambda detail", method: "GET", url: "/2019-09-30/functions/f/concurrency", service: "lambda", want: Call{Action: "GET functions/concurrency"}},
		{why: "tags of a function", method: "GET", url: "/2017-03-31/tags/arn:aws:lambda:eu-west-1:1:function:f", service: "lambda", want: Call{Action: "GET tags"}},
		{why: "a REST write", method: "POST", url: "/2015-03-31/functions", service: "lambda", want: Call{Action: "POST functions", Write: true}},
		{why: "Batch describes by POST", method: "POST", url: "/v1/describejobqueues", service: "batch", want: Call{Action: "POST v1"}},
		{why: "Batch also writes by POST", method: "POST", url: "/v1/createjobqueue", service: "batch", want: Call{Action: "POST v1", Write: true}},
		{why: "search domains are described by POST", method: "POST", url: "/2021-01-01/opensearch/domain-info", service: "es", want: Call{Action: "POST opensearch"}},
		{why: "and made by POST", method: "POST", url: "/2021-01-01/opensearch/domain", service: "es", want: Call{Action: "POST opensearch", Write: true}},
	} {
		r := httptest.NewRequest(c.method, c.url, strings.NewReader(c.form))
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261122/eu-west-1/"+c.service+"/aws4_request, SignedHeaders=host, Signature=0")
		if c.form != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		}
		if c.target != "" {
			r.Header.Set("X-Amz-Target", c.target)
		}
		c.want.Service, c.want.Region = c.service, "eu-west-1"
		assert.Equal(t, c.want, callOf(r, []byte(c.form)), c.why)
	}
}

// The proxy sees what a foreign client does, and a write is seen as one.
func TestSeedIsSeenAndForgotten(t *testing.T) {
	e := Start(t)
	before := e.State(t)
	assert.Equal(t, "made\n", e.Seed(t, "testdata/write.py"))
	assert.Empty(t, e.Calls(), "seeding is not what a test wants to see")
	assert.NotEqual(t, before, e.State(t))
	e.Reset(t)
	assert.NotContains(t, e.State(t), "emulator-test-queue")
	assert.Positive(t, Tests())
}
