package awscloud

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(ec2Tagged(Writer{
		Type: "AWS::EC2::SecurityGroup",
		Repairs: map[string]string{
			"EC2.CreateSecurityGroup":                        "ec2:CreateSecurityGroup",
			"EC2.AuthorizeSecurityGroupIngress":              "ec2:AuthorizeSecurityGroupIngress",
			"EC2.AuthorizeSecurityGroupEgress":               "ec2:AuthorizeSecurityGroupEgress",
			"EC2.RevokeSecurityGroupIngress":                 "ec2:RevokeSecurityGroupIngress",
			"EC2.RevokeSecurityGroupEgress":                  "ec2:RevokeSecurityGroupEgress",
			"EC2.UpdateSecurityGroupRuleDescriptionsIngress": "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
			"EC2.UpdateSecurityGroupRuleDescriptionsEgress":  "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
		},
		Reaps:    map[string]string{"EC2.DeleteSecurityGroup": "ec2:DeleteSecurityGroup"},
		NotFound: []string{"InvalidGroup.NotFound", "InvalidGroupId.NotFound"},
		Updates:  []string{"/SecurityGroupEgress", "/SecurityGroupIngress"},
		Removes:  []string{"/SecurityGroupEgress", "/SecurityGroupIngress"},
		Later:    []string{"SecurityGroupEgress", "SecurityGroupIngress"},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateSecurityGroupInput{TagSpecifications: ec2TagsFor(types.ResourceTypeSecurityGroup, n.tags)}
			members := with(n.props, props{"GroupName": n.nameOf("GroupName")})
			if err := fill(in, members, map[string]string{"GroupDescription": "Description"}); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).CreateSecurityGroup(ctx, in)
			if err != nil {
				return "", err
			}
			return sdk.ToString(out.GroupId), nil
		},
		update: updateSecurityGroup,
		Holds:  map[string]string{"EC2.AuthorizeSecurityGroupEgress": "ec2:AuthorizeSecurityGroupEgress", "EC2.AuthorizeSecurityGroupIngress": "ec2:AuthorizeSecurityGroupIngress", "EC2.RevokeSecurityGroupEgress": "ec2:RevokeSecurityGroupEgress", "EC2.RevokeSecurityGroupIngress": "ec2:RevokeSecurityGroupIngress"},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := ec2.NewFromConfig(c.cfg).DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &c.ref.ID})
			return err
		},
	}))
}

// updateSecurityGroup brings the rules of each direction from what lives to what shall be:
// new rules first, so that nothing is shut out in between, then those too many. Rules that
// are in both are not touched.
func updateSecurityGroup(ctx context.Context, c *call, u update) error {
	client := ec2.NewFromConfig(c.cfg)
	var steps []func() error
	for _, direction := range []string{"Ingress", "Egress"} {
		name := "SecurityGroup" + direction
		if !u.has(name) {
			continue
		}
		before, err := rulesOf(u.live.Properties[name], name, direction == "Ingress")
		if err != nil {
			return err
		}
		after, err := rulesOf(u.after[name], name, direction == "Ingress")
		if err != nil {
			return err
		}
		var add, describe, remove []types.IpPermission
		for _, key := range slices.Sorted(maps.Keys(after)) {
			old, has := before[key]
			switch {
			case !has:
				add = append(add, after[key].permission)
			case old.description != after[key].description:
				describe = append(describe, after[key].permission)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(before)) {
			if _, stays := after[key]; !stays {
				remove = append(remove, before[key].permission)
			}
		}
		group := &c.ref.ID
		if direction == "Ingress" {
			steps = append(steps, unlessEmpty(add, func() error {
				_, err := client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: group, IpPermissions: add})
				return unless(err, "InvalidPermission.Duplicate")
			}), unlessEmpty(describe, func() error {
				_, err := client.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: group, IpPermissions: describe})
				return err
			}), unlessEmpty(remove, func() error {
				_, err := client.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: group, IpPermissions: remove})
				return unless(err, "InvalidPermission.NotFound")
			}))
			continue
		}
		steps = append(steps, unlessEmpty(add, func() error {
			_, err := client.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: group, IpPermissions: add})
			return unless(err, "InvalidPermission.Duplicate")
		}), unlessEmpty(describe, func() error {
			_, err := client.UpdateSecurityGroupRuleDescriptionsEgress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{GroupId: group, IpPermissions: describe})
			return err
		}), unlessEmpty(remove, func() error {
			_, err := client.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: group, IpPermissions: remove})
			return unless(err, "InvalidPermission.NotFound")
		}))
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func unlessEmpty(rules []types.IpPermission, step func() error) func() error {
	if len(rules) == 0 {
		return func() error { return nil }
	}
	return step
}

// A groupRule is one rule of a security group as EC2 takes it.
type groupRule struct {
	permission  types.IpPermission
	description string
}

// rulesOf reads a list of rules, each under what tells it from the others: everything but
// its description.
func rulesOf(list any, name string, ingress bool) (map[string]groupRule, error) {
	group, prefixes := "DestinationSecurityGroupId", "DestinationPrefixListId"
	if ingress {
		group, prefixes = "SourceSecurityGroupId", "SourcePrefixListId"
	}
	rules := map[string]groupRule{}
	elements, isList := list.([]any)
	if list != nil && !isList {
		return nil, unsupported("/"+name, "it is no list of rules")
	}
	for _, e := range elements {
		var flat struct {
			IpProtocol, CidrIp, CidrIpv6, Description           *string
			FromPort, ToPort                                    *int32
			SourceSecurityGroupId, SourcePrefixListId           *string
			SourceSecurityGroupName                             *string
			SourceSecurityGroupOwnerId                          *string
			DestinationSecurityGroupId, DestinationPrefixListId *string
		}
		object, _ := e.(map[string]any)
		if err := fill(&flat, object, nil); err != nil {
			return nil, err
		}
		r := groupRule{permission: types.IpPermission{IpProtocol: flat.IpProtocol, FromPort: flat.FromPort, ToPort: flat.ToPort}, description: sdk.ToString(flat.Description)}
		if sdk.ToString(flat.IpProtocol) == "-1" { // all protocols, of which EC2 ignores the ports
			r.permission.FromPort, r.permission.ToPort = nil, nil
		}
		switch {
		case flat.CidrIp != nil:
			r.permission.IpRanges = []types.IpRange{{CidrIp: flat.CidrIp, Description: flat.Description}}
		case flat.CidrIpv6 != nil:
			r.permission.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: flat.CidrIpv6, Description: flat.Description}}
		case text(object, prefixes) != "":
			r.permission.PrefixListIds = []types.PrefixListId{{PrefixListId: sdk.String(text(object, prefixes)), Description: flat.Description}}
		case text(object, group) != "" || flat.SourceSecurityGroupName != nil:
			pair := types.UserIdGroupPair{GroupName: flat.SourceSecurityGroupName, UserId: flat.SourceSecurityGroupOwnerId, Description: flat.Description}
			if id := text(object, group); id != "" {
				pair.GroupId = &id
			}
			r.permission.UserIdGroupPairs = []types.UserIdGroupPair{pair}
		default:
			return nil, unsupported("/"+name+"/*", "a rule names whom it lets through")
		}
		key, err := json.Marshal(with(object, props{"Description": nil, "SourceSecurityGroupOwnerId": nil, "FromPort": r.permission.FromPort, "ToPort": r.permission.ToPort}))
		if err != nil {
			return nil, unsupported("/"+name+"/*", "it is no rule")
		}
		rules[string(key)] = r
	}
	return rules, nil
}
