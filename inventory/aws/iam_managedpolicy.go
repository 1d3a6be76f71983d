package aws

import (
	"cmp"
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func init() {
	register(Reader{
		Type:   "AWS::IAM::ManagedPolicy",
		Global: true,
		Calls: map[string]string{
			"IAM.GetAccountAuthorizationDetails": "iam:GetAccountAuthorizationDetails",
			"IAM.ListEntitiesForPolicy":          "iam:ListEntitiesForPolicy",
			"IAM.ListPolicyTags":                 "iam:ListPolicyTags",
		},
		Reads: []string{
			"/AttachmentCount", "/CreateDate", "/DefaultVersionId", "/Description", "/Groups", "/IsAttachable",
			"/ManagedPolicyName", "/Path", "/PermissionsBoundaryUsageCount", "/PolicyArn", "/PolicyDocument", "/PolicyId",
			"/Roles", "/UpdateDate", "/Users",
		},
		list: listManagedPolicies,
	})
}

// listManagedPolicies reads the account's own policies; those of AWS are the same in
// every account and belong to nobody in it.
func listManagedPolicies(ctx context.Context, c *cell) error {
	client := iam.NewFromConfig(c.cfg)
	return authorizationDetails(ctx, client, types.EntityTypeLocalManagedPolicy, func(out *iam.GetAccountAuthorizationDetailsOutput) int {
		each(out.Policies, func(p types.ManagedPolicyDetail) { c.managedPolicy(ctx, client, p) })
		return len(out.Policies)
	})
}

func (c *cell) managedPolicy(ctx context.Context, client *iam.Client, p types.ManagedPolicyDetail) {
	arn := sdk.ToString(p.Arn)
	it := c.item(arn, arn)
	it.merge(p, map[string]string{"Arn": "PolicyArn"})
	it.Resource.Name = cmp.Or(sdk.ToString(p.PolicyName), arn[strings.LastIndexByte(arn, '/')+1:])
	it.set("ManagedPolicyName", it.Resource.Name)
	for _, v := range p.PolicyVersionList {
		if v.IsDefaultVersion {
			it.set("PolicyDocument", document(v.Document, true))
		}
	}
	it.created(p.CreateDate)

	var tags []types.Tag
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.ListPolicyTags(ctx, &iam.ListPolicyTagsInput{PolicyArn: p.Arn, Marker: token})
		if err != nil {
			return 0, nil, err
		}
		tags = append(tags, out.Tags...)
		next, err := marker(out.IsTruncated, out.Marker)
		return len(out.Tags), next, err
	})
	if gone(err, "NoSuchEntity") {
		return
	}
	if it.read(err, "/Tags") {
		it.tag(tags)
	}

	var groups, roles, users []string
	err = pages(func(token *string) (int, *string, error) {
		if sdk.ToInt32(p.AttachmentCount) == 0 {
			return 0, nil, nil // nothing to ask for
		}
		// Without the filter, those that the policy only bounds would be in the list.
		out, err := client.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{
			PolicyArn: p.Arn, PolicyUsageFilter: types.PolicyUsageTypePermissionsPolicy, Marker: token,
		})
		if err != nil {
			return 0, nil, err
		}
		for _, g := range out.PolicyGroups {
			groups = append(groups, sdk.ToString(g.GroupName))
		}
		for _, r := range out.PolicyRoles {
			roles = append(roles, sdk.ToString(r.RoleName))
		}
		for _, u := range out.PolicyUsers {
			users = append(users, sdk.ToString(u.UserName))
		}
		next, err := marker(out.IsTruncated, out.Marker)
		return len(out.PolicyGroups) + len(out.PolicyRoles) + len(out.PolicyUsers), next, err
	})
	if it.read(err, "/Groups", "/Roles", "/Users") {
		it.set("Groups", groups)
		it.set("Roles", roles)
		it.set("Users", users)
	}
	c.emit(it)
}
