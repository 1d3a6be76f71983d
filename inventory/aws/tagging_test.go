package aws

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// ownTagCalls are the calls about the tags of one resource, as the proxy writes them down.
var ownTagCalls = map[string]emulator.Call{
	"AWS::DynamoDB::Table":             {Service: "dynamodb", Action: "ListTagsOfResource"},
	"AWS::ECR::Repository":             {Service: "ecr", Action: "ListTagsForResource"},
	"AWS::Glue::Job":                   {Service: "glue", Action: "GetTags"},
	"AWS::KMS::Key":                    {Service: "kms", Action: "ListResourceTags"},
	"AWS::Lambda::Function":            {Service: "lambda", Action: "GET tags"},
	"AWS::Logs::LogGroup":              {Service: "logs", Action: "ListTagsForResource"},
	"AWS::SNS::Topic":                  {Service: "sns", Action: "ListTagsForResource"},
	"AWS::SQS::Queue":                  {Service: "sqs", Action: "ListQueueTags"},
	"AWS::SSM::Parameter":              {Service: "ssm", Action: "ListTagsForResource"},
	"AWS::StepFunctions::StateMachine": {Service: "states", Action: "ListTagsForResource"},
}

// Tags in bulk save calls and change nothing else: whatever becomes of the bulk call, every
// resource has the tags that a third party gave it, and there is no gap.
func TestTagsInBulk(t *testing.T) {
	unpaced(t)
	e, said := emulator.StartSeeded(t, "testdata/seed_tagging.py")
	var truth map[string]map[string]map[string]string
	require.NoError(t, json.Unmarshal([]byte(said), &truth))
	all := slices.Sorted(maps.Keys(truth))
	require.Equal(t, slices.Sorted(maps.Keys(ownTagCalls)), all)
	some := []string{"AWS::Glue::Job", "AWS::SNS::Topic", "AWS::SQS::Queue"} // a failure is the same for all types
	const many = 24
	cfg := configure(t, e.Env())

	// scan holds the tags to the truth; it returns the calls about the tags of one resource, and those in bulk.
	scan := func(t *testing.T, cfg sdk.Config, types ...string) (own map[string]int, bulk int) {
		t.Helper()
		e.Forget()
		s, err := Scan(t.Context(), cfg, Options{Types: types})
		require.NoError(t, err)
		assert.Empty(t, s.Gaps)
		found := map[string]map[string]map[string]string{}
		for _, r := range s.Resources {
			if r.Foreign != "" {
				continue // of AWS, as some keys and parameters are
			}
			if found[r.Ref.Type] == nil {
				found[r.Ref.Type] = map[string]map[string]string{}
			}
			assert.NotNil(t, r.Tags, "the tags of %s are known", r.Ref)
			found[r.Ref.Type][r.Ref.ID] = r.Tags
		}
		for _, typ := range types {
			assert.Equal(t, truth[typ], found[typ], typ)
		}
		own = map[string]int{}
		for _, call := range e.Calls() {
			for typ, c := range ownTagCalls {
				if call.Service == c.Service && call.Action == c.Action {
					own[typ]++
				}
			}
			if call.Service == "tagging" {
				bulk++
			}
		}
		return own, bulk
	}

	t.Run("saves the calls about what is tagged", func(t *testing.T) {
		own, bulk := scan(t, cfg, all...)
		for typ, resources := range truth {
			untagged := 0
			for _, tags := range resources {
				if len(tags) == 0 {
					untagged++
				}
			}
			switch typ {
			case "AWS::ECR::Repository": // too few to ask
				assert.Equal(t, len(resources), own[typ], typ)
			case "AWS::Logs::LogGroup": // the emulator has none to tell
				assert.Equal(t, len(resources), own[typ], typ)
			case "AWS::SSM::Parameter": // the emulator lists ten at a time, so twenty came before there were many
				assert.Equal(t, bulkFrom+1, own[typ], typ)
			default:
				assert.Equal(t, untagged, own[typ], "%s: what the bulk answer leaves out is asked for", typ)
			}
		}
		assert.GreaterOrEqual(t, bulk, 9, "once or more for each type that has many")
		t.Logf("%d resources: %d calls in bulk, %d of their own: %v", 9*many+20, bulk, sum(own), own)
	})
	t.Run("a type alone", func(t *testing.T) {
		e.Forget()
		s, err := Scan(t.Context(), cfg, Options{Types: []string{"AWS::ECR::Repository"}})
		require.NoError(t, err)
		assert.Len(t, s.Resources, bulkFrom)
		assert.False(t, slices.ContainsFunc(e.Calls(), func(c emulator.Call) bool { return c.Service == "tagging" }), "few resources are not asked for in bulk")
	})
	for fault := range faultReasons {
		t.Run(string(fault), func(t *testing.T) {
			e.Fail("tagging", "*", fault)
			defer e.Heal()
			own, _ := scan(t, cfg, some...)
			assert.Equal(t, len(some)*many, sum(own), "each is asked for")
		})
	}
	for _, fault := range []emulator.Fault{emulator.SplitPages, emulator.EmptyPage, emulator.RepeatToken} {
		t.Run(string(fault), func(t *testing.T) {
			e.Fail("tagging", "*", fault)
			defer e.Heal()
			own, _ := scan(t, cfg, some...)
			assert.Less(t, sum(own), len(some)*many, "the pages that came count")
		})
	}
	t.Run("hang", func(t *testing.T) {
		defer func(d time.Duration) { bulkTime = d }(bulkTime)
		bulkTime = 200 * time.Millisecond
		e.Fail("tagging", "*", emulator.Hang)
		defer e.Heal()
		own, _ := scan(t, cfg, some...)
		assert.Equal(t, len(some)*many, sum(own))
	})
	t.Run("not permitted", func(t *testing.T) {
		own, bulk := scan(t, failCall(cfg, bulkCall, errDenied), some...)
		assert.Equal(t, len(some)*many, sum(own))
		assert.Zero(t, bulk)
	})
	assert.Empty(t, slices.DeleteFunc(e.Writes(), func(c emulator.Call) bool { return c.Service == "sqs" && c.Action == "POST" }), "nothing is written")
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// What a bulk answer means, shown on answers written by hand in the form of the API reference.
func TestBulkAnswers(t *testing.T) {
	var asked []string
	var signed string
	answers := map[string]string{
		"": `{"PaginationToken": "2", "ResourceTagMappingList": [
			{"ResourceARN": "arn:aws:sqs:eu-west-1:111122223333:a", "Tags": [{"Key": "k", "Value": "v"}, {"Key": "aws:cloudformation:stack-name", "Value": "s"}]},
			{"ResourceARN": "arn:aws:sqs:eu-west-1:111122223333:once", "Tags": []}, {"Tags": [{"Key": "k", "Value": "v"}]}]}`,
		"2": `{"PaginationToken": "", "ResourceTagMappingList": [
			{"ResourceARN": "arn:aws:sqs:eu-west-1:111122223333:b", "Tags": [{"Key": "k", "Value": ""}]},
			{"ResourceARN": "arn:aws:sqs:eu-west-1:444455556666:c", "Tags": [{"Key": "k", "Value": "other account"}]}]}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked, signed = append(asked, string(body)), r.Header.Get("Authorization")
		var in struct{ PaginationToken string }
		assert.NoError(t, json.Unmarshal(body, &in))
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = io.WriteString(w, answers[in.PaginationToken])
	}))
	defer server.Close()
	cell := func(typ, region string) *caughtCell {
		c := cellOf(typ)
		c.region = region
		c.cfg = sdk.Config{Region: region, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}
		return c
	}

	c := cell("AWS::SQS::Queue", "eu-west-1")
	c.bulkTags(t.Context(), bulkFrom)
	assert.Empty(t, asked, "they may be the last")
	c.bulkTags(t.Context(), 1)
	c.bulkTags(t.Context(), 1000)
	assert.Equal(t, []string{
		`{"PaginationToken":"2","ResourceTypeFilters":["sqs"],"ResourcesPerPage":100}`,
		`{"ResourceTypeFilters":["sqs"],"ResourcesPerPage":100}`,
	}, slices.Sorted(slices.Values(asked)), "once, to the last page")
	for _, want := range []struct {
		why, name string
		tags      map[string]string
	}{
		{"all tags, those of AWS too", "a", map[string]string{"k": "v", "aws:cloudformation:stack-name": "s"}},
		{"of the second page", "b", map[string]string{"k": ""}},
		{"returned without tags, which may be old news", "once", nil},
		{"of the same name in another account", "c", nil},
		{"not returned", "d", nil},
	} {
		it := c.item(want.name, c.arn("sqs", want.name))
		assert.Equal(t, want.tags != nil, it.taggedInBulk(), want.why)
		assert.Equal(t, want.tags, it.Tags, want.why)
	}
	assert.False(t, c.item("no ARN", "").taggedInBulk(), "a resource that comes without an ARN tags nobody")

	global := cell("AWS::Route53::HostedZone", inventory.GlobalRegion)
	global.bulkTags(t.Context(), bulkFrom+1)
	assert.Contains(t, signed, "/us-east-1/tagging/", "where services without regions are tagged")

	none := cell("AWS::EC2::VPC", "eu-west-1")
	before := len(asked)
	none.bulkTags(t.Context(), 1000)
	assert.Len(t, asked, before, "a type whose tags come with the rest")
}
