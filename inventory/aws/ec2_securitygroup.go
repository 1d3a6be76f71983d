package aws

import (
	"context"
	"maps"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::SecurityGroup",
		Calls: map[string]string{"EC2.DescribeSecurityGroups": "ec2:DescribeSecurityGroups"},
		Reads: []string{
			"/GroupDescription", "/GroupId", "/GroupName", "/Id", "/Tags", "/VpcId",
			// The owner of a source group is not read: EC2 fills it in for every group,
			// and templates name it only for the groups of other accounts.
			"/SecurityGroupIngress/*/CidrIp", "/SecurityGroupIngress/*/CidrIpv6", "/SecurityGroupIngress/*/Description",
			"/SecurityGroupIngress/*/FromPort", "/SecurityGroupIngress/*/IpProtocol", "/SecurityGroupIngress/*/ToPort",
			"/SecurityGroupIngress/*/SourcePrefixListId", "/SecurityGroupIngress/*/SourceSecurityGroupId",
			"/SecurityGroupEgress",
		},
		list: listSecurityGroups,
		one:  byID("GroupIds"),
	})
}

func listSecurityGroups(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, g := range out.SecurityGroups {
			id := sdk.ToString(g.GroupId)
			it := c.item(id, c.arn("ec2", "security-group/"+id))
			it.set("Id", id)
			it.set("GroupId", id)
			it.set("GroupName", g.GroupName)
			it.set("GroupDescription", g.Description)
			it.set("VpcId", g.VpcId)
			it.set("SecurityGroupIngress", securityGroupRules(g.IpPermissions, "SourcePrefixListId", "SourceSecurityGroupId"))
			it.set("SecurityGroupEgress", securityGroupRules(g.IpPermissionsEgress, "DestinationPrefixListId", "DestinationSecurityGroupId"))
			it.tag(g.Tags)
			it.Foreign = c.sharedBy(g.OwnerId)
			if sdk.ToString(g.GroupName) == "default" {
				it.Foreign = "default security group of its VPC"
			}
			c.emit(it)
		}
		return len(out.SecurityGroups), out.NextToken, nil
	})
}

// securityGroupRules writes permissions as CloudFormation does: one rule for each
// source. The names of the prefix list and group properties differ by direction.
func securityGroupRules(permissions []types.IpPermission, prefixList, group string) []map[string]any {
	rules := []map[string]any{}
	for _, p := range permissions {
		add := func(peer string, id, description *string) {
			rule := map[string]any{"IpProtocol": p.IpProtocol, "FromPort": p.FromPort, "ToPort": p.ToPort, peer: id, "Description": description}
			maps.DeleteFunc(rule, func(_ string, v any) bool { return plain(v) == nil })
			rules = append(rules, rule)
		}
		for _, r := range p.IpRanges {
			add("CidrIp", r.CidrIp, r.Description)
		}
		for _, r := range p.Ipv6Ranges {
			add("CidrIpv6", r.CidrIpv6, r.Description)
		}
		for _, r := range p.PrefixListIds {
			add(prefixList, r.PrefixListId, r.Description)
		}
		for _, r := range p.UserIdGroupPairs {
			add(group, r.GroupId, r.Description)
		}
	}
	return rules
}
