package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func init() {
	register(Reader{
		Type:   "AWS::IAM::Group",
		Global: true,
		Calls:  map[string]string{"IAM.GetAccountAuthorizationDetails": "iam:GetAccountAuthorizationDetails"},
		Reads:  []string{"/Arn", "/GroupName", "/ManagedPolicyArns", "/Path", "/Policies"},
		list:   listGroups,
	})
}

func listGroups(ctx context.Context, c *cell) error {
	return authorizationDetails(ctx, iam.NewFromConfig(c.cfg), types.EntityTypeGroup, func(out *iam.GetAccountAuthorizationDetailsOutput) int {
		for _, g := range out.GroupDetailList {
			it := c.item(sdk.ToString(g.GroupName), sdk.ToString(g.Arn))
			it.merge(g, nil)
			it.set("ManagedPolicyArns", policyARNs(g.AttachedManagedPolicies))
			it.set("Policies", inlinePolicies(g.GroupPolicyList))
			it.tag(nil) // IAM groups cannot have tags
			it.created(g.CreateDate)
			c.emit(it)
		}
		return len(out.GroupDetailList)
	})
}
