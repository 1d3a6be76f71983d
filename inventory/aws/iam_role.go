package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func init() {
	register(Reader{
		Type:   "AWS::IAM::Role",
		Global: true,
		Calls: map[string]string{
			"IAM.GetAccountAuthorizationDetails": "iam:GetAccountAuthorizationDetails",
			"IAM.ListRoles":                      "iam:ListRoles",
		},
		Reads: []string{
			"/Arn", "/AssumeRolePolicyDocument", "/Description", "/ManagedPolicyArns", "/MaxSessionDuration", "/Path",
			"/PermissionsBoundary", "/Policies", "/RoleId", "/RoleName", "/Tags",
		},
		list: listRoles,
	})
}

// listRoles takes two listings together instead of five calls per role: the account's
// authorization details have policies and tags, the list of roles has what is missing
// there.
func listRoles(ctx context.Context, c *cell) error {
	client := iam.NewFromConfig(c.cfg)
	listed := map[string]types.Role{}
	listErr := pages(func(token *string) (int, *string, error) {
		out, err := client.ListRoles(ctx, &iam.ListRolesInput{Marker: token, MaxItems: sdk.Int32(1000)})
		if err != nil {
			return 0, nil, err
		}
		for _, r := range out.Roles {
			listed[sdk.ToString(r.RoleId)] = r
		}
		next, err := marker(out.IsTruncated, out.Marker)
		return len(out.Roles), next, err
	})
	if listErr != nil {
		c.fault(listErr, "")
	}
	return authorizationDetails(ctx, client, types.EntityTypeRole, func(out *iam.GetAccountAuthorizationDetailsOutput) int {
		for _, r := range out.RoleDetailList {
			it := c.item(sdk.ToString(r.RoleName), sdk.ToString(r.Arn))
			it.merge(r, nil)
			it.set("AssumeRolePolicyDocument", document(r.AssumeRolePolicyDocument, true))
			it.set("ManagedPolicyArns", policyARNs(r.AttachedManagedPolicies))
			it.set("Policies", inlinePolicies(r.RolePolicyList))
			it.set("PermissionsBoundary", boundary(r.PermissionsBoundary))
			if l, ok := listed[sdk.ToString(r.RoleId)]; ok {
				it.set("Description", l.Description)
				it.set("MaxSessionDuration", l.MaxSessionDuration)
			} else {
				// Created between the two listings, or the first one failed.
				it.Unread = append(it.Unread[:len(it.Unread):len(it.Unread)], "/Description", "/MaxSessionDuration")
			}
			it.tag(r.Tags)
			it.created(r.CreateDate)
			switch path := sdk.ToString(r.Path); {
			case strings.HasPrefix(path, "/aws-service-role/"):
				it.Foreign = "service-linked role"
			case strings.HasPrefix(path, "/aws-reserved/"):
				it.Foreign = "role reserved by AWS (IAM Identity Center)"
			}
			c.emit(it)
		}
		return len(out.RoleDetailList)
	})
}
