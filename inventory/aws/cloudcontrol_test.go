package aws

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A fakeCloudControl speaks AWS JSON 1.0 as the API's published model describes it: the
// operation in X-Amz-Target, members under their own names, errors by __type.
type fakeCloudControl struct {
	// pages hold, by type and region, what ListResources answers page by page: identifiers with
	// their properties, or "" for the identifier alone.
	pages map[[2]string][][][2]string
	// resources hold what GetResource answers, by type and identifier.
	resources map[[2]string]string
	// listErrors and getErrors are error types with their messages, by type.
	listErrors, getErrors map[string][2]string

	mu    sync.Mutex
	calls []string
}

func (f *fakeCloudControl) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target := r.Header.Get("X-Amz-Target")
	if target == "" { // the caller's identity, in the query protocol
		_, _ = fmt.Fprintf(w, "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>%[1]s</Account><Arn>arn:aws:iam::%[1]s:user/u</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>", emulator.Account)
		return
	}
	_, region, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=test/")
	region = strings.Split(region, "/")[1]
	var in struct{ TypeName, Identifier, NextToken string }
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	refuse := func(e [2]string) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws.cloudcontrol#" + e[0], "Message": e[1]})
	}
	if r.Header.Get("Content-Type") != "application/x-amz-json-1.0" || json.NewDecoder(r.Body).Decode(&in) != nil {
		refuse([2]string{"InvalidRequestException", "not a request"})
		return
	}
	f.mu.Lock()
	f.calls = append(f.calls, strings.TrimPrefix(target, "CloudApiService.")+" "+in.TypeName+" "+in.Identifier)
	f.mu.Unlock()
	describe := func(id, properties string) map[string]string {
		d := map[string]string{"Identifier": id}
		if properties != "" {
			d["Properties"] = properties
		}
		return d
	}
	switch target {
	case "CloudApiService.ListResources":
		if e, fails := f.listErrors[in.TypeName]; fails {
			refuse(e)
			return
		}
		pages, page := f.pages[[2]string{in.TypeName, region}], 0
		_, _ = fmt.Sscanf(in.NextToken, "page-%d", &page)
		out := map[string]any{"TypeName": in.TypeName, "ResourceDescriptions": []any{}}
		if page < len(pages) {
			var list []any
			for _, e := range pages[page] {
				list = append(list, describe(e[0], e[1]))
			}
			out["ResourceDescriptions"] = list
		}
		if page+1 < len(pages) {
			out["NextToken"] = fmt.Sprintf("page-%d", page+1)
		}
		_ = json.NewEncoder(w).Encode(out)
	case "CloudApiService.GetResource":
		if e, fails := f.getErrors[in.TypeName]; fails {
			refuse(e)
			return
		}
		properties, there := f.resources[[2]string{in.TypeName, in.Identifier}]
		if !there {
			refuse([2]string{"ResourceNotFoundException", in.Identifier + " does not exist"})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"TypeName": in.TypeName, "ResourceDescription": describe(in.Identifier, properties)})
	default:
		refuse([2]string{"UnsupportedActionException", target})
	}
}

// start serves the fake and returns the environment that leads to it.
func (f *fakeCloudControl) start(t *testing.T) []string {
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return []string{
		"AWS_ENDPOINT_URL=" + server.URL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=" + emulator.Region,
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
	}
}

const (
	tailType   = "AWS::AppSync::GraphQLApi"
	globalType = "AWS::Route53::CidrCollection"
)

func TestCloudControlReadsTheLongTail(t *testing.T) {
	require.Nil(t, registered[tailType], "choose another type: this one has got a reader")
	require.Nil(t, registered[globalType], "choose another type: this one has got a reader")
	f := &fakeCloudControl{
		pages: map[[2]string][][][2]string{
			{tailType, emulator.Region}: {
				{{"a", `{"ApiId":"a","Name":"first"}`}, {"vanished", ""}},
				{},
				{{"b", ""}},
			},
			{globalType, "us-east-1"}: {{{"cidr", `{"Name":"office","Id":"cidr","Arn":"arn:aws:route53:::cidrcollection/cidr","Locations":[]}`}}},
		},
		resources: map[[2]string]string{
			{tailType, "a"}: `{"ApiId":"a","Name":"first","XrayEnabled":"true","Arn":"arn:aws:appsync:eu-west-1:1:apis/a",` +
				`"Tags":[{"Key":"pcf:app","Value":"orders"}],"NotInTheSchema":1}`,
			{tailType, "b"}: `{"ApiId":"b","Name":"second"}`,
		},
	}
	snapshot, err := Scan(t.Context(), configure(t, f.start(t)), Options{Types: []string{tailType, globalType}})
	require.NoError(t, err)
	assert.Empty(t, snapshot.Gaps)
	assert.Equal(t, []string{tailType, globalType}, snapshot.Scope.Types)
	require.Len(t, snapshot.Resources, 3)
	byID := map[string]*inventory.Resource{}
	for _, r := range snapshot.Resources {
		byID[r.Ref.ID] = r
		typ, _ := schema.Lookup(r.Ref.Type)
		assert.Empty(t, schema.Problems(typ, r.Properties))
	}
	a := byID["a"]
	require.NotNil(t, a)
	assert.Equal(t, inventory.Properties{
		"ApiId": "a", "Name": "first", "XrayEnabled": true, "Arn": "arn:aws:appsync:eu-west-1:1:apis/a",
		"Tags": []any{map[string]any{"Key": "pcf:app", "Value": "orders"}},
	}, a.Properties, "in the schema's kinds, and nothing that it does not know")
	assert.Equal(t, map[string]string{"pcf:app": "orders"}, a.Tags)
	assert.Equal(t, "arn:aws:appsync:eu-west-1:1:apis/a", a.ARN)
	assert.Equal(t, "first", a.Name)
	assert.Equal(t, map[string]string{}, byID["b"].Tags, "a handler that returns no tags says that there are none")
	assert.Equal(t, inventory.GlobalRegion, byID["cidr"].Ref.Region, "a service without regions is read once, at home")
	assert.NotContains(t, f.calls, "GetResource "+globalType+" cidr", "a list that holds every property needs no second call")
}

func TestCloudControlGaps(t *testing.T) {
	one := map[[2]string][][][2]string{{tailType, emulator.Region}: {{{"a", `{"ApiId":"a","Name":"first"}`}}}}
	for _, c := range []struct {
		why    string
		fake   *fakeCloudControl
		reason inventory.GapReason
		says   string
		found  int
	}{
		{
			why: "the type has no list handler", reason: inventory.Unsupported,
			fake: &fakeCloudControl{listErrors: map[string][2]string{tailType: {"UnsupportedActionException", "Resource type does not support LIST action"}}},
		},
		{
			why: "the type is not in the registry of the region", reason: inventory.Unsupported,
			fake: &fakeCloudControl{listErrors: map[string][2]string{tailType: {"TypeNotFoundException", "cannot be found"}}},
		},
		{
			why: "listing needs a parent", reason: inventory.Unsupported, says: "parent",
			fake: &fakeCloudControl{listErrors: map[string][2]string{tailType: {"InvalidRequestException", "Missing or invalid ResourceModel property in list handler request input. Required property: [ApiId]"}}},
		},
		{
			why: "another bad request stays a failure", reason: inventory.Failed,
			fake: &fakeCloudControl{listErrors: map[string][2]string{tailType: {"InvalidRequestException", "something else"}}},
		},
		{
			why: "denied", reason: inventory.Denied,
			fake: &fakeCloudControl{listErrors: map[string][2]string{tailType: {"AccessDeniedException", "no"}}},
		},
		{
			why: "the handler's own credentials are refused", reason: inventory.Denied,
			fake: &fakeCloudControl{listErrors: map[string][2]string{tailType: {"InvalidCredentialsException", "no"}}},
		},
		{
			why: "throttled", reason: inventory.Throttled,
			fake: &fakeCloudControl{listErrors: map[string][2]string{tailType: {"ThrottlingException", "slow"}}},
		},
		{
			why: "the service behind it fails", reason: inventory.Failed,
			fake: &fakeCloudControl{listErrors: map[string][2]string{tailType: {"HandlerFailureException", "broken"}}},
		},
		{
			why: "properties that are no object", reason: inventory.Malformed, found: 1,
			fake: &fakeCloudControl{pages: one, resources: map[[2]string]string{{tailType, "a"}: `[1]`}},
		},
		{
			why: "a resource without identifier", reason: inventory.Malformed,
			fake: &fakeCloudControl{pages: map[[2]string][][][2]string{{tailType, emulator.Region}: {{{"", `{}`}}}}},
		},
		{
			why: "details that may not be read", reason: inventory.Denied, found: 1,
			fake: &fakeCloudControl{pages: one, getErrors: map[string][2]string{tailType: {"AccessDeniedException", "no"}}},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			snapshot, err := Scan(t.Context(), configure(t, c.fake.start(t)), Options{Types: []string{tailType}})
			require.NoError(t, err)
			require.Len(t, snapshot.Gaps, 1)
			g := snapshot.Gaps[0]
			assert.Equal(t, c.reason, g.Reason, g.Message)
			assert.Contains(t, g.Message, c.says)
			assert.True(t, g.Covers(emulator.Account, emulator.Region, tailType))
			require.Len(t, snapshot.Resources, c.found)
			for _, r := range snapshot.Resources {
				assert.Nil(t, r.Tags, "tags that were not read are unknown")
				assert.True(t, r.IsUnread("/XrayEnabled"))
				assert.Equal(t, "first", r.Properties["Name"], "what the list says is kept")
				assert.False(t, r.IsUnread("/Name"))
			}
		})
	}
}

// Write-only properties are unread on every resource, also where a handler repeats them.
func TestCloudControlHidesWriteOnly(t *testing.T) {
	for _, name := range schema.Names() {
		s, _ := schema.Lookup(name)
		if len(s.WriteOnly) == 0 || registered[name] != nil {
			continue
		}
		r := cloudControlReader(s)
		unread := s.Unread(r.Reads)
		for _, w := range s.WriteOnly {
			assert.True(t, slices.ContainsFunc(unread, func(u string) bool { return schema.MatchPointer(u, w) }), "%s %s", name, w)
		}
	}
	s, ok := schema.Lookup("AWS::MemoryDB::User")
	require.True(t, ok)
	require.NotEmpty(t, s.WriteOnly)
	at := schema.SplitPointer(s.WriteOnly[0])
	echoed := map[string]any{"UserName": "u", at[0]: map[string]any{}}
	inner := echoed
	for i, part := range at {
		if i == len(at)-1 {
			inner[part] = "secret"
			break
		}
		next := map[string]any{}
		inner[part], inner = next, next
	}
	assert.NotContains(t, fmt.Sprint(visible(s, "", echoed)), "secret")
	assert.Contains(t, fmt.Sprint(visible(s, "", echoed)), "UserName")
}

func TestOnlyFullNamesReachCloudControl(t *testing.T) {
	_, err := selectReaders([]string{"AWS::AppSync::*"})
	assert.ErrorContains(t, err, "named in full")
	readers, err := selectReaders([]string{"AWS::EC2::VPC", tailType})
	require.NoError(t, err)
	require.Len(t, readers, 2)
	assert.Equal(t, []string{"cloudformation:GetResource", "cloudformation:ListResources"}, readers[0].Actions())
}
