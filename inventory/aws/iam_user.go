package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func init() {
	register(Reader{
		Type:   "AWS::IAM::User",
		Global: true,
		Calls:  map[string]string{"IAM.GetAccountAuthorizationDetails": "iam:GetAccountAuthorizationDetails"},
		Reads: []string{
			"/Arn", "/Groups", "/ManagedPolicyArns", "/Path", "/PermissionsBoundary", "/Policies", "/Tags", "/UserName",
		},
		list: listUsers,
	})
}

func listUsers(ctx context.Context, c *cell) error {
	return authorizationDetails(ctx, iam.NewFromConfig(c.cfg), types.EntityTypeUser, func(out *iam.GetAccountAuthorizationDetailsOutput) int {
		for _, u := range out.UserDetailList {
			it := c.item(sdk.ToString(u.UserName), sdk.ToString(u.Arn))
			it.merge(u, map[string]string{"GroupList": "Groups"})
			it.set("ManagedPolicyArns", policyARNs(u.AttachedManagedPolicies))
			it.set("Policies", inlinePolicies(u.UserPolicyList))
			it.set("PermissionsBoundary", boundary(u.PermissionsBoundary))
			it.tag(u.Tags)
			it.created(u.CreateDate)
			c.emit(it)
		}
		return len(out.UserDetailList)
	})
}
