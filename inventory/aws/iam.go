package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// authorizationDetails calls page for each page of the account's IAM entities of one
// kind; page returns how many it saw.
func authorizationDetails(ctx context.Context, client *iam.Client, kind types.EntityType, page func(*iam.GetAccountAuthorizationDetailsOutput) int) error {
	return pages(func(token *string) (int, *string, error) {
		out, err := client.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{
			Filter: []types.EntityType{kind}, Marker: token, MaxItems: sdk.Int32(1000),
		})
		if err != nil {
			return 0, nil, err
		}
		n := page(out)
		next, err := marker(out.IsTruncated, out.Marker)
		return n, next, err
	})
}

func policyARNs(attached []types.AttachedPolicy) []string {
	var arns []string
	for _, p := range attached {
		arns = append(arns, sdk.ToString(p.PolicyArn))
	}
	return arns
}

func inlinePolicies(policies []types.PolicyDetail) []map[string]any {
	var inline []map[string]any
	for _, p := range policies {
		inline = append(inline, map[string]any{"PolicyName": p.PolicyName, "PolicyDocument": document(p.PolicyDocument, true)})
	}
	return inline
}

func boundary(b *types.AttachedPermissionsBoundary) *string {
	if b == nil {
		return nil
	}
	return b.PermissionsBoundaryArn
}
