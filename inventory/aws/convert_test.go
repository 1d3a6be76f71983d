package aws

import (
	"encoding/json"
	"net/url"
	"slices"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

func TestPlain(t *testing.T) {
	at := time.Date(2026, 11, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	for _, c := range []struct {
		why  string
		in   any
		want any
	}{
		{"nothing", nil, nil},
		{"a nil pointer is nothing", (*string)(nil), nil},
		{"a pointer is what it points to", sdk.String("x"), "x"},
		{"an empty text behind a pointer was said by the service", sdk.String(""), ""},
		{"an empty enumeration was not", ec2types.VolumeType(""), nil},
		{"an enumeration is text", ec2types.VolumeTypeGp3, "gp3"},
		{"numbers are int64", sdk.Int32(7), int64(7)},
		{"whole fractions too", 3.0, int64(3)},
		{"fractions stay", 3.5, 3.5},
		{"false is a value", sdk.Bool(false), false},
		{"times are UTC", at, "2026-11-02T02:04:05Z"},
		{"a nil list is nothing", []string(nil), nil},
		{"an empty list is a list", []string{}, []any{}},
		{"a list", []string{"a"}, []any{"a"}},
		{"a map", map[string]string{"a": "b"}, map[string]any{"a": "b"}},
		{
			"a struct without its empty fields",
			ec2types.Volume{Size: sdk.Int32(8), Tags: []ec2types.Tag{{Key: sdk.String("k"), Value: sdk.String("v")}}},
			map[string]any{"Size": int64(8), "Tags": []any{map[string]any{"Key": "k", "Value": "v"}}},
		},
		{"what cannot be a property", func() {}, nil},
	} {
		assert.Equal(t, c.want, plain(c.in), c.why)
	}
}

func TestDocument(t *testing.T) {
	for _, c := range []struct {
		why     string
		in      *string
		percent bool
		want    any
	}{
		{"none", nil, false, nil},
		{"an object", sdk.String(`{"a": [1, true, 1.5]}`), false, map[string]any{"a": []any{int64(1), true, 1.5}}},
		{"percent-encoded, with a plus that is a plus", sdk.String(url.PathEscape(`{"a":"1+1"}`)), true, map[string]any{"a": "1+1"}},
		{"not encoded although it could be", sdk.String(`{"a":"b"}`), true, map[string]any{"a": "b"}},
		{"cut short: it stays the text that it is", sdk.String(`{"a":`), false, `{"a":`},
		{"two documents are none", sdk.String(`{} {}`), false, `{} {}`},
		{"a broken escape", sdk.String(`%zz`), true, `%zz`},
	} {
		assert.Equal(t, c.want, document(c.in, c.percent), c.why)
	}
}

// Whatever text a service sends as a document, it becomes a value that properties may
// hold, and what is JSON keeps its meaning.
func FuzzDocument(f *testing.F) {
	for _, s := range []string{`{"Version":"2012-10-17"}`, "%7B%22a%22%3A1%7D", "", "null", `"x"`, `[1e400]`, "{}{}", "%", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, percent := range []bool{false, true} {
			v := document(&s, percent)
			normal, err := inventory.Normal(inventory.Clone(v))
			require.NoError(t, err)
			require.Equal(t, normal, v)
			if _, text := v.(string); !text {
				_, err := json.Marshal(v)
				require.NoError(t, err)
			}
		}
	})
}

func TestTagMap(t *testing.T) {
	want := map[string]string{"a": "1", "b": ""}
	assert.Equal(t, want, tagMap([]ec2types.Tag{{Key: sdk.String("a"), Value: sdk.String("1")}, {Key: sdk.String("b")}}))
	assert.Equal(t, want, tagMap([]kmstypes.Tag{{TagKey: sdk.String("a"), TagValue: sdk.String("1")}, {TagKey: sdk.String("b"), TagValue: sdk.String("")}}))
	assert.Equal(t, want, tagMap(map[string]string{"a": "1", "b": ""}))
	assert.Equal(t, map[string]string{}, tagMap(nil), "none is not unknown")
}

// What comes out of a reader stands below its declared pointers, has no problem with the
// schema, and keeps the values that stand there.
func TestPropertiesStayWithinReads(t *testing.T) {
	const typ = "AWS::EC2::Instance"
	all, ok := schema.Lookup(typ)
	require.True(t, ok)
	pointers := registered[typ].Reads
	rapid.Check(t, func(t *rapid.T) {
		r := Reader{Type: typ, Reads: rapid.SliceOfDistinct(rapid.SampledFrom(pointers), func(s string) string { return s }).Draw(t, "reads")}
		f := r.form()
		props := map[string]any{
			"InstanceId": "i-1", "ImageId": rapid.String().Draw(t, "image"), "Unheard": true, "EbsOptimized": rapid.Bool().Draw(t, "ebs"),
			"BlockDeviceMappings": []any{map[string]any{"DeviceName": "/dev/sda1", "Ebs": map[string]any{"DeleteOnTermination": true, "Strange": "x"}}},
			"NetworkInterfaces":   []any{map[string]any{"DeviceIndex": rapid.Int64Range(0, 9).Draw(t, "index"), "GroupSet": []any{"sg-1"}, "MacAddress": "02:00"}},
		}
		got := f.properties(props)
		assert.Empty(t, schema.Problems(all, got))
		inventory.Walk("", got, func(pointer string, v any) bool {
			switch v.(type) {
			case map[string]any, []any:
				return true
			}
			assert.True(t, slices.ContainsFunc(r.Reads, func(p string) bool { return schema.MatchPointer(p, pointer) }), "%s is not declared", pointer)
			return true
		})
		for _, pointer := range []string{"/ImageId", "/EbsOptimized", "/BlockDeviceMappings/0/DeviceName"} {
			want, _ := inventory.At(props, pointer)
			if slices.ContainsFunc(r.Reads, func(p string) bool { return schema.MatchPointer(p, pointer) }) {
				v, _ := inventory.At(got, pointer)
				assert.Equal(t, want, v, pointer)
			}
		}
	})
}

// A caughtCell keeps what it delivers.
type caughtCell struct {
	*cell
	resources []*inventory.Resource
}

// cellOf makes a cell without a cloud, for what a reader does with an answer.
func cellOf(typ string) *caughtCell {
	r := registered[typ]
	c := &caughtCell{cell: &cell{partition: "aws", account: "111122223333", region: "eu-west-1", reader: r, form: r.form()}}
	c.deliver = func(r *inventory.Resource) { c.resources = append(c.resources, r) }
	return c
}

// only returns the resource that the cell delivers for the item.
func (c *caughtCell) only(t *testing.T, it *item) *inventory.Resource {
	t.Helper()
	c.emit(it)
	c.emit(it) // pages shift: what comes twice is one resource
	require.Len(t, c.resources, 1)
	typ, _ := schema.Lookup(c.reader.Type)
	assert.Empty(t, schema.Problems(typ, c.resources[0].Properties))
	return c.resources[0]
}

func TestSecurityGroupRules(t *testing.T) {
	s := sdk.String
	got := plain(securityGroupRules([]ec2types.IpPermission{{
		IpProtocol: s("-1"),
		IpRanges:   []ec2types.IpRange{{CidrIp: s("10.0.0.0/8"), Description: s("office")}}, Ipv6Ranges: []ec2types.Ipv6Range{{CidrIpv6: s("::/0")}},
		PrefixListIds: []ec2types.PrefixListId{{PrefixListId: s("pl-1")}}, UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: s("sg-1"), UserId: s("222233334444")}},
	}}, "DestinationPrefixListId", "DestinationSecurityGroupId"))
	assert.Equal(t, []any{
		map[string]any{"IpProtocol": "-1", "CidrIp": "10.0.0.0/8", "Description": "office"},
		map[string]any{"IpProtocol": "-1", "CidrIpv6": "::/0"},
		map[string]any{"IpProtocol": "-1", "DestinationPrefixListId": "pl-1"},
		map[string]any{"IpProtocol": "-1", "DestinationSecurityGroupId": "sg-1"},
	}, got)
	assert.Equal(t, []any{}, plain(securityGroupRules(nil, "", "")), "no rules are an empty list, not an absent one")
}

func TestInstanceDetails(t *testing.T) {
	s := sdk.String
	instance := ec2types.Instance{
		InstanceId: s("i-1"), State: &ec2types.InstanceState{Code: sdk.Int32(16), Name: "running"}, KeyName: s(""),
		IamInstanceProfile: &ec2types.IamInstanceProfile{Arn: s("arn:aws:iam::111122223333:instance-profile/apps/web")},
		Monitoring:         &ec2types.Monitoring{State: "enabled"},
		Placement:          &ec2types.Placement{Tenancy: "dedicated", AvailabilityZone: s("eu-west-1a"), GroupName: s("")},
		NetworkInterfaces:  []ec2types.InstanceNetworkInterface{{Association: &ec2types.InstanceNetworkInterfaceAssociation{PublicIp: s("203.0.113.1")}}},
		Operator:           &ec2types.OperatorResponse{Managed: sdk.Bool(true), Principal: s("eks.amazonaws.com")},
	}
	c := cellOf("AWS::EC2::Instance")
	r := c.only(t, c.instance(instance, s("111122223333")))
	assert.Equal(t, "web", r.Properties["IamInstanceProfile"], "CloudFormation knows the name, EC2 the ARN")
	assert.Equal(t, true, r.Properties["Monitoring"])
	assert.Equal(t, "dedicated", r.Properties["Tenancy"])
	assert.NotContains(t, r.Properties, "KeyName", "an empty name is none")
	assert.NotContains(t, r.Properties, "PlacementGroupName")
	assert.Equal(t, map[string]any{"Code": "16", "Name": "running"}, r.Properties["State"])
	assert.Equal(t, "managed by eks.amazonaws.com", r.Foreign)
	public, _ := inventory.At(r.Properties, "/NetworkInterfaces/0/AssociatePublicIpAddress")
	assert.Equal(t, true, public)

	instance.State.Name = "stopped"
	c = cellOf("AWS::EC2::Instance")
	r = c.only(t, c.instance(instance, s("999988887777")))
	assert.True(t, r.IsUnread("/NetworkInterfaces/0/AssociatePublicIpAddress"), "a stopped instance does not show how it was launched")
	assert.Equal(t, "shared by account 999988887777", r.Foreign)
}

func TestDBInstanceDetails(t *testing.T) {
	s := sdk.String
	c := cellOf("AWS::RDS::DBInstance")
	r := c.only(t, c.dbInstance(rdstypes.DBInstance{
		DBInstanceIdentifier: s("db"), AllocatedStorage: sdk.Int32(20), Endpoint: &rdstypes.Endpoint{Address: s("db.example"), Port: sdk.Int32(5432)},
		DBParameterGroups:      []rdstypes.DBParameterGroupStatus{{DBParameterGroupName: s("pg")}},
		OptionGroupMemberships: []rdstypes.OptionGroupMembership{{OptionGroupName: s("og")}},
		DBSubnetGroup:          &rdstypes.DBSubnetGroup{DBSubnetGroupName: s("sn")},
		VpcSecurityGroups:      []rdstypes.VpcSecurityGroupMembership{{VpcSecurityGroupId: s("sg-1"), Status: s("active")}},
		MasterUserSecret:       &rdstypes.MasterUserSecret{SecretArn: s("arn:secret"), SecretStatus: s("active")},
		DomainMemberships:      []rdstypes.DomainMembership{{Domain: s("d-1"), FQDN: s("corp.example"), IAMRoleName: s("role")}},
		AssociatedRoles:        []rdstypes.DBInstanceRole{{RoleArn: s("arn:role"), FeatureName: s("s3Import"), Status: s("ACTIVE")}},
	}))
	for pointer, want := range map[string]any{
		"/AllocatedStorage": "20", "/Port": "5432", "/Endpoint/Port": "5432", "/DBParameterGroupName": "pg", "/OptionGroupName": "og",
		"/DBSubnetGroupName": "sn", "/VPCSecurityGroups": []any{"sg-1"}, "/ManageMasterUserPassword": true, "/DomainFqdn": "corp.example",
		"/DomainIAMRoleName": "role", "/AssociatedRoles": []any{map[string]any{"RoleArn": "arn:role", "FeatureName": "s3Import"}},
	} {
		got, _ := inventory.At(r.Properties, pointer)
		assert.Equal(t, want, got, pointer)
	}
	assert.True(t, r.IsUnread("/MasterUserPassword"))
}

func TestTableDefaults(t *testing.T) {
	c := cellOf("AWS::DynamoDB::Table")
	it := c.item("t", "")
	it.set("TableName", "t")
	c.describedTable(it, &dynamodbtypes.TableDescription{
		ProvisionedThroughput: &dynamodbtypes.ProvisionedThroughputDescription{ReadCapacityUnits: sdk.Int64(5), NumberOfDecreasesToday: sdk.Int64(1)},
		StreamSpecification:   &dynamodbtypes.StreamSpecification{StreamEnabled: sdk.Bool(false)},
		SSEDescription:        &dynamodbtypes.SSEDescription{Status: "DISABLED"},
	})
	r := c.only(t, it)
	assert.Equal(t, "PROVISIONED", r.Properties["BillingMode"], "DynamoDB says nothing of its default")
	assert.Equal(t, "STANDARD", r.Properties["TableClass"])
	assert.Equal(t, map[string]any{"ReadCapacityUnits": int64(5)}, r.Properties["ProvisionedThroughput"])
	assert.NotContains(t, r.Properties, "StreamSpecification")
	assert.Equal(t, map[string]any{"SSEEnabled": false}, r.Properties["SSESpecification"])
}

func TestLifecycleRules(t *testing.T) {
	s := sdk.String
	got := plain(lifecycleRules([]s3types.LifecycleRule{
		{
			ID: s("a"), Status: "Enabled", Filter: &s3types.LifecycleRuleFilter{And: &s3types.LifecycleRuleAndOperator{Prefix: s("x/"), Tags: []s3types.Tag{{Key: s("k"), Value: s("v")}}}},
			NoncurrentVersionTransitions: []s3types.NoncurrentVersionTransition{{NoncurrentDays: sdk.Int32(9), StorageClass: "GLACIER"}},
		},
		{ID: s("b"), Status: "Disabled", Filter: &s3types.LifecycleRuleFilter{Tag: &s3types.Tag{Key: s("k"), Value: s("v")}}, Expiration: &s3types.LifecycleExpiration{Days: sdk.Int32(1)}},
		{ID: s("c"), Status: "Enabled", Prefix: s("old/")},
	}))
	tag := []any{map[string]any{"Key": "k", "Value": "v"}}
	assert.Equal(t, []any{
		map[string]any{"Id": "a", "Status": "Enabled", "Prefix": "x/", "TagFilters": tag, "NoncurrentVersionTransitions": []any{map[string]any{"StorageClass": "GLACIER", "TransitionInDays": int64(9)}}},
		map[string]any{"Id": "b", "Status": "Disabled", "TagFilters": tag, "ExpirationInDays": int64(1)},
		map[string]any{"Id": "c", "Status": "Enabled", "Prefix": "old/"},
	}, got)
}

func TestItemWithoutIDIsAGap(t *testing.T) {
	c := cellOf("AWS::EC2::EIP")
	c.emit(c.item("|", ""))
	assert.Empty(t, c.resources)
	require.Len(t, c.gaps(), 1)
	assert.Equal(t, inventory.Malformed, c.gaps()[0].Reason)
}
