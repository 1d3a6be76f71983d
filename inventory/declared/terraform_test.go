package declared

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// change writes one entry of resource_changes.
func change(address, actions, after, unknown string) string {
	steps := splitAddress(address)
	_, rest := modulesOf(steps)
	return fmt.Sprintf(`{"address": %q, "mode": "managed", "type": %q, "name": %q, "provider_name": "registry.terraform.io/hashicorp/aws",
 "change": {"actions": [%s], "before": null, "after": %s, "after_unknown": %s, "after_sensitive": {}}}`,
		address, rest[0].name, rest[1].name, actions, after, unknown)
}

func created(address, after, unknown string) string {
	return change(address, `"create"`, after, unknown)
}

// configured writes one entry of the resources of a module.
func configured(address, expressions string, more ...string) string {
	typ, name, _ := strings.Cut(address, ".")
	return fmt.Sprintf(`{"address": %q, "mode": "managed", "type": %q, "name": %q, "expressions": %s%s}`, address, typ, name, expressions, strings.Join(more, ""))
}

func tfplan(changes []string, module, more string) string {
	return fmt.Sprintf("{\"format_version\": \"1.2\", \"terraform_version\": \"1.11.4\",%s\n\"resource_changes\": [\n%s\n],\n\"configuration\": {\"root_module\": %s}}", more, strings.Join(changes, ",\n"), module)
}

func resources(list ...string) string {
	return `{"resources": [` + strings.Join(list, ",") + `]}`
}

func refs(list ...string) string {
	text, _ := json.Marshal(list)
	return `{"references": ` + string(text) + `}`
}

func addresses(d *inventory.Declaration) []string {
	var all []string
	for _, p := range d.Particles() {
		all = append(all, p.Name)
	}
	return all
}

func TestTerraformFolding(t *testing.T) {
	const versioned = `{"versioning_configuration": [{"status": "Enabled"}]}`
	const unknownBucket = `{"bucket": true, "id": true}`
	bucket := func(address, name string) string {
		return created(address, `{"bucket": "`+name+`"}`, `{"id": true, "arn": true}`)
	}
	inModule := func(in string) string {
		return `{"resources": [` + configured("aws_s3_bucket.b", `{"bucket": {"constant_value": "b"}}`) + `], "module_calls": {"m": {"source": "./m", "expressions": {"in": ` + in + `}, "module":
 {"outputs": {"id": {"expression": ` + refs("aws_s3_bucket.inner.id", "aws_s3_bucket.inner") + `}}, "resources": [` +
			configured("aws_s3_bucket_versioning.v", `{"bucket": `+refs("var.in")+`}`) + `]}}}}`
	}
	for _, c := range []struct {
		why     string
		changes []string
		module  string
		on      string   // where the versioning must stand
		open    []string // where it must be unknown
		without []string // where it must be absent
		partial string
	}{
		{
			why:     "the reference decides, not the value, which is not known yet",
			changes: []string{bucket("aws_s3_bucket.a", "a"), bucket("aws_s3_bucket.b", "b"), created("aws_s3_bucket_versioning.v", versioned, unknownBucket)},
			module:  resources(configured("aws_s3_bucket_versioning.v", `{"bucket": `+refs("aws_s3_bucket.b.id", "aws_s3_bucket.b")+`}`)),
			on:      "aws_s3_bucket.b", without: []string{"aws_s3_bucket.a"},
		},
		{
			why:     "count.index picks the instance of the same index",
			changes: []string{bucket("aws_s3_bucket.a[0]", "a"), bucket("aws_s3_bucket.a[1]", "b"), created("aws_s3_bucket_versioning.v[1]", versioned, unknownBucket)},
			module:  resources(configured("aws_s3_bucket_versioning.v", `{"bucket": `+refs("aws_s3_bucket.a", "count.index")+`}`)),
			on:      "aws_s3_bucket.a[1]", without: []string{"aws_s3_bucket.a[0]"},
		},
		{
			why:     "a written index picks its instance",
			changes: []string{bucket("aws_s3_bucket.a[0]", "a"), bucket("aws_s3_bucket.a[1]", "b"), created("aws_s3_bucket_versioning.v", versioned, unknownBucket)},
			module:  resources(configured("aws_s3_bucket_versioning.v", `{"bucket": `+refs("aws_s3_bucket.a[0].id", "aws_s3_bucket.a[0]", "aws_s3_bucket.a")+`}`)),
			on:      "aws_s3_bucket.a[0]", without: []string{"aws_s3_bucket.a[1]"},
		},
		{
			why:     "for_each over a resource: each.value is the instance of the same key",
			changes: []string{bucket(`aws_s3_bucket.a["x.y"]`, "a"), bucket(`aws_s3_bucket.a["z"]`, "b"), created(`aws_s3_bucket_versioning.v["x.y"]`, versioned, unknownBucket)},
			module:  resources(configured("aws_s3_bucket_versioning.v", `{"bucket": `+refs("each.value.id", "each.value")+`}`, `, "for_each_expression": `, refs("aws_s3_bucket.a"))),
			on:      `aws_s3_bucket.a["x.y"]`, without: []string{`aws_s3_bucket.a["z"]`},
		},
		{
			why:     "a variable of a module leads to what the call passes in",
			changes: []string{bucket("aws_s3_bucket.b", "b"), created("module.m.aws_s3_bucket_versioning.v", versioned, unknownBucket)},
			module:  inModule(refs("aws_s3_bucket.b.id", "aws_s3_bucket.b")),
			on:      "aws_s3_bucket.b",
		},
		{
			why: "an output of a module leads to the resource in it, of the called instance",
			changes: []string{
				bucket(`module.m["p"].aws_s3_bucket.inner`, "p"), bucket(`module.m["q"].aws_s3_bucket.inner`, "q"),
				created("aws_s3_bucket_versioning.v", versioned, unknownBucket),
			},
			module: strings.Replace(inModule("{}"), `{"resources": [`, `{"resources": [`+configured("aws_s3_bucket_versioning.v", `{"bucket": `+refs(`module.m["q"].id`, `module.m["q"]`)+`}`)+",", 1),
			on:     `module.m["q"].aws_s3_bucket.inner`, without: []string{`module.m["p"].aws_s3_bucket.inner`},
		},
		{
			why:     "without a reference the known value decides",
			changes: []string{bucket("aws_s3_bucket.a", "a"), bucket("aws_s3_bucket.b", "b"), created("aws_s3_bucket_versioning.v", `{"bucket": "a", "versioning_configuration": [{"status": "Enabled"}]}`, "{}")},
			module:  `{}`, on: "aws_s3_bucket.a", without: []string{"aws_s3_bucket.b"},
		},
		{
			why:     "a data source is nothing of this plan: its buckets stay as they are",
			changes: []string{bucket("aws_s3_bucket.a", "a"), created("aws_s3_bucket_versioning.v", versioned, unknownBucket)},
			module:  resources(configured("aws_s3_bucket_versioning.v", `{"bucket": `+refs("data.aws_s3_bucket.d.id", "data.aws_s3_bucket.d")+`}`)),
			partial: "aws_s3_bucket_versioning.v", without: []string{"aws_s3_bucket.a"},
		},
		{
			why:     "the name of a bucket that the plan does not have",
			changes: []string{bucket("aws_s3_bucket.a", "a"), created("aws_s3_bucket_versioning.v", `{"bucket": "elsewhere", "versioning_configuration": [{"status": "Enabled"}]}`, "{}")},
			module:  `{}`, partial: "aws_s3_bucket_versioning.v", without: []string{"aws_s3_bucket.a"},
		},
		{
			why:     "a local cannot be followed: any bucket may be meant, and none is attached",
			changes: []string{bucket("aws_s3_bucket.a", "a"), bucket("aws_s3_bucket.b", "b"), created("aws_s3_bucket_versioning.v", versioned, unknownBucket)},
			module:  resources(configured("aws_s3_bucket_versioning.v", `{"bucket": `+refs("local.l")+`}`)),
			partial: "aws_s3_bucket_versioning.v", open: []string{"aws_s3_bucket.a", "aws_s3_bucket.b"},
		},
		{
			why:     "no configuration at all: any bucket may be meant",
			changes: []string{bucket("aws_s3_bucket.a", "a"), created("aws_s3_bucket_versioning.v", versioned, unknownBucket)},
			module:  `{}`, partial: "aws_s3_bucket_versioning.v", open: []string{"aws_s3_bucket.a"},
		},
		{
			why: "a bucket that has its versioning from another child has no doubt",
			changes: []string{
				bucket("aws_s3_bucket.a", "a"), created("aws_s3_bucket_versioning.known", versioned, unknownBucket),
				created("aws_s3_bucket_versioning.v", versioned, unknownBucket),
			},
			module: resources(configured("aws_s3_bucket_versioning.known", `{"bucket": `+refs("aws_s3_bucket.a.id", "aws_s3_bucket.a")+`}`),
				configured("aws_s3_bucket_versioning.v", `{"bucket": `+refs("local.l")+`}`)),
			on: "aws_s3_bucket.a", partial: "aws_s3_bucket_versioning.v",
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			d := readOne(t, Options{}, "tfplan.json", tfplan(c.changes, c.module, ""))
			require.Empty(t, texts(d.Faults))
			require.Empty(t, texts(d.Warnings))
			assert.Empty(t, d.NotJudged)
			at := func(name string) any {
				v, _ := inventory.At(particle(t, d, name).Resource.Properties, "/VersioningConfiguration")
				return v
			}
			if c.on != "" {
				assert.Equal(t, map[string]any{"Status": "Enabled"}, at(c.on))
			}
			for _, name := range c.open {
				u, is := at(name).(*inventory.Unknown)
				require.True(t, is, name)
				assert.Contains(t, u.Because, "aws_s3_bucket_versioning.v belongs to is known after apply")
			}
			for _, name := range c.without {
				assert.Nil(t, at(name), name)
			}
			if c.partial == "" {
				assert.NotContains(t, strings.Join(addresses(d), " "), "versioning")
				return
			}
			p := particle(t, d, c.partial)
			assert.Equal(t, map[string]any{"Status": "Enabled"}, at(c.partial))
			assert.True(t, p.Resource.IsUnread("/BucketEncryption"), "what stands elsewhere is not known to be absent")
			assert.True(t, p.Resource.Partial, "what refers to it may stand elsewhere too")
			assert.False(t, p.Resource.IsUnread("/VersioningConfiguration/Status"))
			assert.NotNil(t, p.Existence, "it is never missing")
			assert.Nil(t, p.Resource.Tags)
		})
	}
}

func TestTerraformUnknown(t *testing.T) {
	d := readOne(t, Options{}, "tfplan.json", tfplan([]string{
		created("aws_kms_key.k", `{"description": "d"}`, `{"id": true, "arn": true, "key_id": true, "policy": true}`),
		created("aws_subnet.s[0]", `{"cidr_block": "10.0.0.0/24"}`, `{"id": true, "vpc_id": true}`),
		created("aws_sqs_queue.q", `{"name": "q", "visibility_timeout_seconds": 30}`, `{"id": true, "kms_master_key_id": true, "policy": true, "redrive_policy": true, "sqs_managed_sse_enabled": true}`),
		created("aws_lambda_function.f", `{"function_name": "f", "environment": [{"variables": {"KEY": null, "MODE": "x"}}], "vpc_config": [{"security_group_ids": ["sg-1"]}]}`,
			`{"id": true, "arn": true, "environment": [{"variables": {"KEY": true}}], "vpc_config": [{"security_group_ids": [false], "subnet_ids": true, "vpc_id": true}], "tracing_config": true}`),
		created("aws_db_instance.bare", `{"engine": "mysql"}`, `{"id": true, "kms_key_id": true, "publicly_accessible": true}`),
	}, resources(
		configured("aws_kms_key.k", `{"description": {"constant_value": "d"}}`),
		configured("aws_sqs_queue.q", `{"name": {"constant_value": "q"}, "kms_master_key_id": `+refs("aws_kms_key.k.arn", "aws_kms_key.k")+`, "redrive_policy": `+refs("aws_kms_key.k.arn", "aws_kms_key.k")+`}`),
		configured("aws_lambda_function.f", `{"function_name": {"constant_value": "f"}, "environment": [{"variables": `+refs("aws_kms_key.k.id", "aws_kms_key.k")+`}],
 "vpc_config": [{"security_group_ids": {"constant_value": ["sg-1"]}, "subnet_ids": `+refs("aws_subnet.s[0].id", "aws_subnet.s[0]", "aws_subnet.s")+`}]}`),
	), ""))
	require.Empty(t, texts(d.Faults))
	q := particle(t, d, "aws_sqs_queue.q").Resource
	key, is := q.Properties["KmsMasterKeyId"].(*inventory.Unknown)
	require.True(t, is)
	assert.Equal(t, &inventory.Unknown{Because: "it is known after apply, from aws_kms_key.k.arn", Symbol: "GetAtt aws_kms_key.k.Arn", Target: "aws_kms_key.k"}, key)
	redrive := q.Properties["RedrivePolicy"].(*inventory.Unknown)
	assert.Empty(t, redrive.Target, "a text that is made of a reference is not the reference")
	assert.Contains(t, redrive.Because, "from aws_kms_key.k.arn")
	assert.NotContains(t, q.Properties, "SqsManagedSseEnabled", "nobody configured it: a template would not have it either")
	assert.NotContains(t, addresses(d), "aws_sqs_queue.q.policy")
	assert.Equal(t, int64(30), q.Properties["VisibilityTimeout"])

	f := particle(t, d, "aws_lambda_function.f").Resource
	assert.NotContains(t, f.Properties, "TracingConfig")
	v, _ := inventory.At(f.Properties, "/VpcConfig/SubnetIds")
	assert.Equal(t, "aws_subnet.s[0]", v.(*inventory.Unknown).Target, "the whole list waits for one subnet")
	v, _ = inventory.At(f.Properties, "/VpcConfig/SecurityGroupIds")
	assert.Equal(t, []any{"sg-1"}, v)
	v, _ = inventory.At(f.Properties, "/Environment/Variables/KEY")
	assert.IsType(t, &inventory.Unknown{}, v, "one key of a map")
	v, _ = inventory.At(f.Properties, "/Environment/Variables/MODE")
	assert.Equal(t, "x", v)

	bare := particle(t, d, "aws_db_instance.bare").Resource
	assert.IsType(t, &inventory.Unknown{}, bare.Properties["KmsKeyId"], "without a configuration nobody can tell that it was not set")
	assert.IsType(t, &inventory.Unknown{}, bare.Properties["PubliclyAccessible"])
}

func TestTerraformActions(t *testing.T) {
	const after = `{"bucket": "b"}`
	d := readOne(t, Options{}, "tfplan.json", tfplan([]string{
		created("aws_s3_bucket.new", after, "{}"),
		change("aws_s3_bucket.same", `"no-op"`, `{"bucket": "same", "id": "same", "arn": "arn:aws:s3:::same"}`, "{}"),
		change("aws_vpc.changed", `"update"`, `{"id": "vpc-1", "cidr_block": "10.0.0.0/8"}`, "{}"),
		change("aws_vpc.replaced", `"delete", "create"`, `{"cidr_block": "10.0.0.0/8"}`, `{"id": true}`),
		change("aws_s3_bucket.gone", `"delete"`, "null", "{}"),
		change("aws_s3_bucket.left", `"forget"`, "null", "{}"),
		strings.Replace(created("aws_s3_bucket.old", after, "{}"), `"mode"`, `"deposed": "1a2b", "mode"`, 1),
		strings.Replace(created("aws_s3_bucket.read", after, "{}"), `"managed"`, `"data"`, 1),
		created("aws_cognito_user_pool.p", `{"name": "p"}`, "{}"),
		created("random_id.r", `{}`, "{}"),
	}, "{}", ""))
	require.Empty(t, texts(d.Faults))
	assert.Equal(t, []string{"aws_s3_bucket.new", "aws_s3_bucket.same", "aws_vpc.changed", "aws_vpc.replaced"}, addresses(d))
	var aside []string
	for _, n := range d.NotJudged {
		aside = append(aside, n.Name+": "+n.Because)
		assert.NotZero(t, n.Position.Line)
	}
	assert.Equal(t, []string{
		"aws_cognito_user_pool.p: there is no mapping for the Terraform type aws_cognito_user_pool",
		"random_id.r: there is no mapping for the Terraform type random_id",
	}, aside)
	assert.Empty(t, particle(t, d, "aws_s3_bucket.new").ID, "a resource that is made has no live identifier, though its name is known")
	same := particle(t, d, "aws_s3_bucket.same")
	assert.Equal(t, "same", same.ID)
	assert.Equal(t, "arn:aws:s3:::same", same.Resource.ARN)
	assert.Equal(t, "vpc-1", particle(t, d, "aws_vpc.changed").ID)
	assert.Empty(t, particle(t, d, "aws_vpc.replaced").ID)
}

func TestTerraformIncomplete(t *testing.T) {
	bucket := created("aws_s3_bucket.a", `{"bucket": "a"}`, "{}")
	for _, c := range []struct{ why, more, want string }{
		{"-target leaves resources out", `"complete": false,`, "not complete"},
		{"an error ended the plan", `"errored": true,`, "ended with an error"},
		{"changes are put off", `"deferred_changes": [{"reason": "resource_config_unknown", "resource_change": ` + created("aws_s3_bucket.later", `{"bucket": "b"}`, "{}") + `}],`, "defers 1 changes"},
	} {
		d := readOne(t, Options{}, "tfplan.json", tfplan([]string{bucket}, "{}", c.more))
		require.Len(t, d.Gaps, 1, c.why)
		assert.Contains(t, d.Gaps[0].Message, c.want, c.why)
		assert.NotEmpty(t, d.Apps[0].Incomplete, c.why)
	}
	d := readOne(t, Options{}, "tfplan.json", tfplan([]string{bucket}, "{}", `"deferred_changes": [{"reason": "resource_config_unknown", "resource_change": `+created("aws_s3_bucket.later", `{"bucket": "b"}`, "{}")+`}],`))
	assert.NotNil(t, particle(t, d, "aws_s3_bucket.later").Existence)
	assert.Nil(t, particle(t, d, "aws_s3_bucket.a").Existence)
	d = readOne(t, Options{}, "tfplan.json", tfplan([]string{bucket}, "{}", `"complete": true, "errored": false,`))
	assert.Empty(t, d.Gaps)
}

func TestTerraformFaults(t *testing.T) {
	for _, c := range []struct{ why, content, want string }{
		{"a version of the future", `{"format_version": "2.0", "terraform_version": "9.0.0", "resource_changes": []}`, `t.json:1:20: format_version is "2.0", and 1.x is expected`},
		{"a version that is no text", `{"format_version": 1, "resource_changes": []}`, `t.json:1:20: format_version is "1", and 1.x is expected`},
		{"changes that are no list", "{\"format_version\": \"1.2\",\n\"resource_changes\": {}}", "t.json:2:21: resource_changes must be a list, not a mapping"},
		{"a change that is no object", "{\"format_version\": \"1.2\",\n\"resource_changes\": [7]}", "t.json:2:22: a resource change must be an object with address, type and change, not a number"},
		{"a change of nothing", "{\"format_version\": \"1.2\",\n\"resource_changes\": [{\"address\": \"a.b\"}]}", "t.json:2:22: a resource has no type or no address"},
		{"no actions", "{\"format_version\": \"1.2\",\n\"resource_changes\": [{\"address\": \"a.b\", \"type\": \"a\", \"change\": {}}]}", "t.json:2:22: a.b has no change with actions"},
		{"no values", "{\"format_version\": \"1.2\",\n\"resource_changes\": [{\"address\": \"a.b\", \"type\": \"a\", \"change\": {\"actions\": [\"create\"]}}]}", "t.json:2:22: the change of a.b has no values after it"},
		{"a state file of old", `{"version": 3, "terraform_version": "0.11.0", "serial": 1, "lineage": "x"}`, `t.json:1:13: the state file has version "3", and 4 is expected`},
		{"cut off", "{\"format_version\": \"1.2\",\n\"resource_changes\": [", "t.json:2:22: malformed JSON: the file ends in the middle of a value"},
	} {
		d := readOne(t, Options{}, "t.json", c.content)
		require.NotEmpty(t, d.Faults, c.why)
		f := d.Faults[0]
		f.Hint = ""
		assert.Equal(t, c.want, f.Error(), c.why)
		assert.NotEmpty(t, d.Faults[0].Hint+strings.Repeat(" ", strings.Count(c.want, "must be")), "%s: what was expected", c.why)
	}
}

func TestTerraformSensitive(t *testing.T) {
	text := strings.Replace(tfplan([]string{
		created("aws_lambda_function.f", `{"function_name": "f", "runtime": "hush-hush", "environment": [{"variables": {"A": "do-not-print", "B": "fine"}}]}`, "{}"),
	}, "{}", ""), `"after_sensitive": {}`, `"after_sensitive": {"runtime": true, "environment": [{"variables": {"A": true}}]}`, 1)
	f := particle(t, readOne(t, Options{}, "tfplan.json", text), "aws_lambda_function.f").Resource
	assert.Equal(t, "hush-hush", f.Properties["Runtime"], "rules see the value")
	assert.Equal(t, []string{"/Environment/Variables/A", "/Runtime"}, f.Secret)
	hidden, err := json.Marshal(inventory.Redacted(f))
	require.NoError(t, err)
	assert.NotContains(t, string(hidden), "hush-hush")
	assert.NotContains(t, string(hidden), "do-not-print")
	assert.Contains(t, string(hidden), "fine")
	assert.Equal(t, "the runtime (sensitive) is old", f.HideSecrets("the runtime hush-hush is old"))
}

func TestTerraformTags(t *testing.T) {
	read := func(after, unknown string) *inventory.Resource {
		return particle(t, readOne(t, Options{}, "tfplan.json", tfplan([]string{created("aws_s3_bucket.a", after, unknown)}, resources(configured("aws_s3_bucket.a", `{"tags": {"constant_value": {}}}`)), "")), "aws_s3_bucket.a").Resource
	}
	r := read(`{"tags": {"a": "1"}, "tags_all": {"a": "1", "owner": "x"}}`, "{}")
	assert.Equal(t, map[string]string{"a": "1", "owner": "x"}, r.Tags, "default_tags are among the tags that the resource will have")
	assert.Equal(t, []any{map[string]any{"Key": "a", "Value": "1"}}, r.Properties["Tags"], "drift compares what it says itself")
	r = read(`{"tags": {"a": "1"}, "tags_all": {"a": "1"}}`, `{"tags_all": {"b": true}}`)
	assert.Equal(t, map[string]string{"a": "1"}, r.Tags)
	assert.Contains(t, r.UnknownTags, "b")
	assert.Nil(t, read(`{"tags": {"a": "1"}}`, `{"tags_all": true}`).Tags, "not known which tags there are")
	assert.Equal(t, map[string]string{"a": "1"}, read(`{"tags": {"a": "1"}}`, `{}`).Tags, "a provider that is older than tags_all")
	assert.Equal(t, map[string]string{}, read(`{}`, `{}`).Tags)
}

func TestTerraformSecurityGroups(t *testing.T) {
	rule := func(name, kind, more string) string {
		return created("aws_security_group_rule."+name, `{"type": "`+kind+`", "from_port": 443, "to_port": 443, "protocol": "tcp"`+more+`}`, `{"security_group_id": true}`)
	}
	web := `{"security_group_id": ` + refs("aws_security_group.web.id", "aws_security_group.web") + `}`
	d := readOne(t, Options{}, "tfplan.json", tfplan([]string{
		created("aws_security_group.web", `{"description": "d"}`, `{"id": true, "ingress": true, "egress": true}`),
		created("aws_security_group.inline", `{"description": "d", "ingress": [{"cidr_blocks": ["10.0.0.0/8", "192.168.0.0/16"], "description": "", "from_port": 0, "to_port": 0, "protocol": "-1", "self": true}], "egress": []}`, `{"id": true}`),
		rule("many", "ingress", `, "cidr_blocks": ["10.1.0.0/16", "10.2.0.0/16"], "ipv6_cidr_blocks": ["::/0"]`),
		rule("self", "ingress", `, "self": true`),
		rule("out", "egress", `, "cidr_blocks": ["0.0.0.0/0"]`),
		created("aws_vpc_security_group_ingress_rule.one", `{"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": "10.3.0.0/16"}`, `{"security_group_id": true}`),
		created("aws_vpc_security_group_egress_rule.all", `{"ip_protocol": "-1"}`, `{"security_group_id": true, "cidr_ipv4": true}`),
	}, resources(
		configured("aws_security_group.web", `{"description": {"constant_value": "d"}}`),
		configured("aws_security_group.inline", `{"description": {"constant_value": "d"}, "ingress": [{}], "egress": {"constant_value": []}}`),
		configured("aws_security_group_rule.many", web), configured("aws_security_group_rule.self", web), configured("aws_security_group_rule.out", web),
		configured("aws_vpc_security_group_ingress_rule.one", web), configured("aws_vpc_security_group_egress_rule.all", web),
	), ""))
	require.Empty(t, texts(d.Faults))
	require.Empty(t, texts(d.Warnings))
	g := particle(t, d, "aws_security_group.web").Resource
	own := &inventory.Unknown{Because: "the id of aws_security_group.web is known after apply", Symbol: "Ref aws_security_group.web", Target: "aws_security_group.web"}
	entry := func(more map[string]any) map[string]any {
		e := map[string]any{"IpProtocol": "tcp", "FromPort": int64(443), "ToPort": int64(443)}
		for k, v := range more {
			e[k] = v
		}
		return e
	}
	assert.Equal(t, []any{
		entry(map[string]any{"CidrIp": "10.1.0.0/16"}), entry(map[string]any{"CidrIp": "10.2.0.0/16"}), entry(map[string]any{"CidrIpv6": "::/0"}),
		entry(map[string]any{"SourceSecurityGroupId": own}),
		map[string]any{"IpProtocol": "tcp", "FromPort": int64(22), "ToPort": int64(22), "CidrIp": "10.3.0.0/16"},
	}, g.Properties["SecurityGroupIngress"])
	assert.Equal(t, []any{
		entry(map[string]any{"CidrIp": "0.0.0.0/0"}),
		map[string]any{"IpProtocol": "-1", "CidrIp": &inventory.Unknown{Because: "it is known after apply"}},
	}, g.Properties["SecurityGroupEgress"])
	assert.Equal(t, []string{"/SecurityGroupEgress", "/SecurityGroupIngress"}, g.Additive, "other resources may add rules")
	assert.Equal(t, "tfplan.json:8", strings.Join(strings.Split(g.PositionOf("/SecurityGroupIngress/0/CidrIp").String(), ":")[:2], ":"), "where the rule's own resource says it")

	inline := particle(t, d, "aws_security_group.inline").Resource
	assert.Equal(t, []any{
		map[string]any{"IpProtocol": "-1", "CidrIp": "10.0.0.0/8"},
		map[string]any{"IpProtocol": "-1", "CidrIp": "192.168.0.0/16"},
		map[string]any{"IpProtocol": "-1", "SourceSecurityGroupId": &inventory.Unknown{Because: "the id of aws_security_group.inline is known after apply", Symbol: "Ref aws_security_group.inline", Target: "aws_security_group.inline"}},
	}, inline.Properties["SecurityGroupIngress"])
	assert.Equal(t, []any{}, inline.Properties["SecurityGroupEgress"], "an empty list that is written is a statement")
	assert.Empty(t, inline.Additive, "rules inside the group are all of them")
}

func TestTerraformReadBack(t *testing.T) {
	d := readOne(t, Options{}, "tfplan.json", tfplan([]string{
		change("aws_security_group.web", `"no-op"`, `{"id": "sg-1", "description": "d", "ingress": [{"cidr_blocks": ["10.1.0.0/16"], "description": "", "from_port": 443, "to_port": 443, "protocol": "tcp"}]}`, "{}"),
		change("aws_security_group_rule.r", `"no-op"`, `{"security_group_id": "sg-1", "type": "ingress", "cidr_blocks": ["10.1.0.0/16"], "from_port": 443, "to_port": 443, "protocol": "tcp"}`, "{}"),
	}, "{}", ""))
	g := particle(t, d, "aws_security_group.web").Resource
	assert.Len(t, g.Properties["SecurityGroupIngress"], 1, "the provider reads the rule back into the group; it is one rule all the same")
}

func TestTerraformFurtherResources(t *testing.T) {
	d := readOne(t, Options{}, "tfplan.json", tfplan([]string{
		created("aws_route_table.t", `{"route": [{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1", "ipv6_cidr_block": ""}, {"cidr_block": "10.0.0.0/8", "gateway_id": "", "nat_gateway_id": "nat-1"}]}`, `{"id": true, "vpc_id": true}`),
		created("aws_sns_topic.t", `{"name": "t", "policy": "{\"Statement\": []}"}`, `{"arn": true, "id": true}`),
	}, resources(configured("aws_route_table.t", `{"vpc_id": `+refs("var.vpc")+`, "route": `+refs("var.routes")+`}`)), ""))
	require.Empty(t, texts(d.Faults))
	assert.Equal(t, []string{"aws_route_table.t", "aws_sns_topic.t", "aws_route_table.t.route[0]", "aws_route_table.t.route[1]", "aws_sns_topic.t.policy"}, addresses(d))
	route := particle(t, d, "aws_route_table.t.route[0]").Resource
	assert.Equal(t, "AWS::EC2::Route", route.Ref.Type)
	assert.Equal(t, "0.0.0.0/0", route.Properties["DestinationCidrBlock"])
	assert.Equal(t, "aws_route_table.t", route.Properties["RouteTableId"].(*inventory.Unknown).Target)
	topic := particle(t, d, "aws_sns_topic.t.policy").Resource
	assert.Equal(t, map[string]any{"Statement": []any{}}, topic.Properties["PolicyDocument"])
}

func TestTerraformAWSCC(t *testing.T) {
	d := readOne(t, Options{}, "tfplan.json", tfplan([]string{
		created("awscc_s3_bucket.b", `{"bucket_name": "b", "public_access_block_configuration": {"block_public_acls": true}, "tags": [{"key": "a", "value": "1"}]}`,
			`{"id": true, "arn": true, "bucket_encryption": true, "versioning_configuration": true}`),
		created("awscc_rds_db_instance.d", `{"db_instance_class": "db.t3.micro", "multi_az": false, "vpc_security_groups": []}`, `{"id": true, "endpoint": true}`),
		created("awscc_iam_role.r", `{"assume_role_policy_document": "{\"Statement\": [{\"Effect\": \"Allow\"}]}"}`, `{"id": true, "arn": true, "role_id": true}`),
		created("awscc_nothing_known.x", `{}`, `{}`),
	}, resources(configured("awscc_s3_bucket.b", `{"bucket_name": {"constant_value": "b"}, "versioning_configuration": `+refs("var.v")+`}`)), ""))
	require.Empty(t, texts(d.Faults))
	require.Empty(t, texts(d.Warnings))
	b := particle(t, d, "awscc_s3_bucket.b").Resource
	assert.Equal(t, "AWS::S3::Bucket", b.Ref.Type)
	assert.Equal(t, map[string]any{"BlockPublicAcls": true}, b.Properties["PublicAccessBlockConfiguration"])
	assert.Equal(t, map[string]string{"a": "1"}, b.Tags)
	assert.NotContains(t, b.Properties, "BucketEncryption", "not configured")
	assert.IsType(t, &inventory.Unknown{}, b.Properties["VersioningConfiguration"])
	assert.Equal(t, "db.t3.micro", particle(t, d, "awscc_rds_db_instance.d").Resource.Properties["DBInstanceClass"])
	assert.Equal(t, map[string]any{"Statement": []any{map[string]any{"Effect": "Allow"}}}, particle(t, d, "awscc_iam_role.r").Resource.Properties["AssumeRolePolicyDocument"])
	require.Len(t, d.NotJudged, 1)
	assert.Equal(t, "awscc_nothing_known.x", d.NotJudged[0].Name)
}

func TestTerraformStates(t *testing.T) {
	shown := `{"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {"resources": [
 {"address": "aws_vpc.v", "mode": "managed", "type": "aws_vpc", "name": "v", "values": {"id": "vpc-1", "arn": "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1", "cidr_block": "10.0.0.0/8"}},
 {"address": "data.aws_vpc.d", "mode": "data", "type": "aws_vpc", "name": "d", "values": {"id": "vpc-2"}}],
 "child_modules": [{"address": "module.m[\"a.b\"]", "resources": [
 {"address": "module.m[\"a.b\"].aws_db_instance.d[0]", "mode": "managed", "type": "aws_db_instance", "name": "d", "index": 0, "values": {"id": "db-1", "identifier": "orders", "engine": "hush", "password": "pw"}, "sensitive_values": {"engine": true, "password": true}},
 {"address": "module.m[\"a.b\"].random_id.r", "mode": "managed", "type": "random_id", "name": "r", "values": {}}]}]}}}`
	file := `{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x", "resources": [
 {"mode": "managed", "type": "aws_vpc", "name": "v", "instances": [{"attributes": {"id": "vpc-1", "arn": "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1", "cidr_block": "10.0.0.0/8"}}]},
 {"mode": "data", "type": "aws_vpc", "name": "d", "instances": [{"attributes": {"id": "vpc-2"}}]},
 {"module": "module.m[\"a.b\"]", "mode": "managed", "type": "aws_db_instance", "name": "d", "instances": [
  {"index_key": 0, "attributes": {"id": "db-1", "identifier": "orders", "engine": "hush", "password": "pw"}, "sensitive_attributes": [[{"type": "get_attr", "value": "engine"}], [{"type": "get_attr", "value": "password"}]]},
  {"index_key": 1, "deposed": "1a2b", "attributes": {}}]},
 {"module": "module.m[\"a.b\"]", "mode": "managed", "type": "random_id", "name": "r", "instances": [{"attributes": {}}]}]}`
	for name, text := range map[string]string{"shown.json": shown, "terraform.tfstate": file} {
		d := readOne(t, Options{App: "orders", Version: "1"}, name, text)
		require.Empty(t, texts(d.Faults), name)
		require.Empty(t, texts(d.Warnings), name)
		assert.Equal(t, []string{"aws_vpc.v", `module.m["a.b"].aws_db_instance.d[0]`}, addresses(d), name)
		v := particle(t, d, "aws_vpc.v")
		assert.Equal(t, "vpc-1", v.ID, "%s: the owner finds it", name)
		assert.Equal(t, "vpc-1", v.Resource.Ref.ID)
		assert.Equal(t, "orders", v.App)
		assert.Equal(t, "10.0.0.0/8", v.Resource.Properties["CidrBlock"], "%s: and drift compares it", name)
		assert.NotEmpty(t, v.Recorded, "%s: rules do not judge it", name)
		db := particle(t, d, `module.m["a.b"].aws_db_instance.d[0]`)
		assert.Equal(t, "orders", db.ID, "CloudFormation's identifier, which is not Terraform's")
		assert.Equal(t, []string{"/Engine", "/MasterUserPassword"}, db.Resource.Secret, name)
		require.Len(t, d.NotJudged, 1, name)
	}
}

// TestTerraformReal reads the structure that Terraform 1.11.4 itself wrote: modules,
// count, for_each, outputs, variables, a deletion and a removed block. Its resources are of
// terraform_data, the one type that needs no provider; the test gives them types of AWS.
func TestTerraformReal(t *testing.T) {
	text, err := os.ReadFile("testdata/terraform/real_plan.json")
	require.NoError(t, err)
	d := readOne(t, Options{}, "tfplan.json", string(text))
	require.Empty(t, texts(d.Faults))
	assert.Len(t, d.NotJudged, 19, "everything but what is deleted or forgotten")
	assert.Empty(t, d.Gaps)

	// two, splat, list and loc become the versioning of the bucket that their input names.
	aws := string(text)
	for _, name := range []string{"two", "splat", "list", "loc"} {
		aws = strings.ReplaceAll(aws, `terraform_data.`+name, `aws_s3_bucket_versioning.`+name)
	}
	var plan map[string]any
	require.NoError(t, json.Unmarshal([]byte(aws), &plan))
	retype(plan)
	out, err := json.Marshal(plan)
	require.NoError(t, err)
	d = readOne(t, Options{}, "tfplan.json", string(out))
	require.Empty(t, texts(d.Faults))
	for _, i := range []string{"0", "1"} {
		v, _ := inventory.At(particle(t, d, "aws_s3_bucket.one["+i+"]").Resource.Properties, "/VersioningConfiguration/Status")
		assert.Equal(t, "Enabled", v, "two[%s] names one[count.index]", i)
		assert.NotContains(t, addresses(d), "aws_s3_bucket_versioning.two["+i+"]")
	}
	for _, name := range []string{"splat", "list", "loc"} {
		p := particle(t, d, "aws_s3_bucket_versioning."+name)
		assert.NotEmpty(t, p.Resource.Unread, "%s may mean either bucket", name)
	}
	assert.Contains(t, addresses(d), `module.m["p"].aws_s3_bucket.b["y.z"]`)
}

// retype makes a bucket of each terraform_data, and a versioning of what was renamed.
func retype(v any) {
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			if s, is := e.(string); is {
				v[i] = strings.ReplaceAll(s, "terraform_data.", "aws_s3_bucket.")
			}
			retype(e)
		}
	case map[string]any:
		for k, e := range v {
			if s, is := e.(string); is {
				v[k] = strings.ReplaceAll(s, "terraform_data.", "aws_s3_bucket.")
			}
			retype(e)
		}
		if address, is := v["address"].(string); is && v["type"] == "terraform_data" {
			v["type"] = "aws_s3_bucket"
			if strings.Contains(address, "aws_s3_bucket_versioning") {
				v["type"] = "aws_s3_bucket_versioning"
			}
		}
		for _, from := range []string{"after_unknown", "after", "expressions"} {
			if m, is := v[from].(map[string]any); is && m["input"] != nil {
				m["bucket"] = m["input"]
				if from == "after" {
					delete(m, "bucket")
				}
			}
			if m, is := v[from].(map[string]any); is && from == "after" {
				m["versioning_configuration"] = []any{map[string]any{"status": "Enabled"}}
			}
		}
	}
}

func TestTerraformDirectory(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.tf"), []byte("resource x y {}"), 0o600))
	d, err := Read(t.Context(), []string{dir}, Options{})
	require.NoError(t, err)
	require.Len(t, d.Faults, 1)
	assert.Contains(t, d.Faults[0].Hint, "terraform plan -out=tfplan")
	assert.Contains(t, d.Faults[0].Hint, "terraform show -json tfplan")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tfplan.json"), []byte(tfplan([]string{created("aws_s3_bucket.a", "{}", "{}")}, "{}", "")), 0o600))
	d, err = Read(t.Context(), []string{dir}, Options{})
	require.NoError(t, err)
	assert.Empty(t, texts(d.Faults), "the plan says what the directory declares")
	assert.Len(t, d.Particles(), 1)
}

// What a resource's configuration refers to it needs, also where the value is known by now and
// nothing in the properties tells.
func TestTerraformRefers(t *testing.T) {
	for _, c := range []struct {
		why    string
		module string
		of     string
		want   []string
	}{
		{
			"a value that is known: the name of a queue in the variables of a function",
			resources(configured("aws_lambda_function.f", `{"environment": [{"variables": `+refs("aws_sqs_queue.q.name", "aws_sqs_queue.q")+`}], "role": `+refs("aws_iam_role.r.arn", "aws_iam_role.r")+`}`)),
			"aws_lambda_function.f",
			[]string{"aws_iam_role.r", "aws_sqs_queue.q"},
		},
		{"depends_on", resources(configured("aws_lambda_function.f", `{}`, `, "depends_on": ["aws_sqs_queue.q"]`)), "aws_lambda_function.f", []string{"aws_sqs_queue.q"}},
		{
			"what is folded into it refers for it",
			resources(configured("aws_s3_bucket.b", `{}`), configured("aws_s3_bucket_versioning.v", `{"bucket": `+refs("aws_s3_bucket.b.id", "aws_s3_bucket.b")+`}`, `, "depends_on": ["aws_sqs_queue.q"]`)),
			"aws_s3_bucket.b",
			[]string{"aws_sqs_queue.q"},
		},
		{
			"to refer to what is folded is to refer to where it stands",
			resources(configured("aws_lambda_function.f", `{"s3_bucket": `+refs("aws_s3_bucket_versioning.v.bucket", "aws_s3_bucket_versioning.v")+`}`),
				configured("aws_s3_bucket_versioning.v", `{"bucket": `+refs("aws_s3_bucket.b.id", "aws_s3_bucket.b")+`}`)),
			"aws_lambda_function.f",
			[]string{"aws_s3_bucket.b"},
		},
		{
			"how many there are follows from another one", resources(configured("aws_lambda_function.f", `{}`, `, "count_expression": `+refs("aws_sqs_queue.q.id", "aws_sqs_queue.q"))),
			"aws_lambda_function.f",
			[]string{"aws_sqs_queue.q"},
		},
		{"what the plan does not have", resources(configured("aws_lambda_function.f", `{"role": `+refs("data.aws_iam_role.x.arn", "data.aws_iam_role.x", "aws_iam_role.gone.arn")+`}`)), "aws_lambda_function.f", nil},
		{"itself", resources(configured("aws_lambda_function.f", `{"role": `+refs("aws_lambda_function.f.arn", "aws_lambda_function.f")+`}`)), "aws_lambda_function.f", nil},
	} {
		changes := []string{
			created("aws_lambda_function.f", `{"function_name": "f", "environment": [{"variables": {"QUEUE": "jobs"}}]}`, `{"arn": true, "role": true}`),
			created("aws_sqs_queue.q", `{"name": "jobs"}`, `{"arn": true}`), created("aws_iam_role.r", `{"name": "r"}`, `{"arn": true}`),
			created("aws_s3_bucket.b", `{"bucket": "b"}`, `{"id": true}`), created("aws_s3_bucket_versioning.v", `{"versioning_configuration": [{"status": "Enabled"}]}`, `{"bucket": true, "id": true}`),
		}
		d := readOne(t, Options{}, "tfplan.json", tfplan(changes, c.module, ""))
		assert.Equal(t, c.want, particle(t, d, c.of).Refers, c.why)
	}
}
