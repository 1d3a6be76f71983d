package awscloud

import (
	"context"
	"errors"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type:     "AWS::Cognito::UserPool",
		Tags:     map[string]string{"Cognito Identity Provider.TagResource": "cognito-idp:TagResource", "Cognito Identity Provider.UntagResource": "cognito-idp:UntagResource"},
		Reaps:    map[string]string{"Cognito Identity Provider.DeleteUserPool": "cognito-idp:DeleteUserPool"},
		NotFound: []string{"ResourceNotFoundException"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, cognito.NewFromConfig(c.cfg).DescribeUserPool, props{"UserPoolId": c.ref.ID})
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, cognito.NewFromConfig(c.cfg).TagResource, props{"ResourceArn": c.arn("cognito-idp", "userpool/"+c.ref.ID), "Tags": tags})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, cognito.NewFromConfig(c.cfg).UntagResource, props{"ResourceArn": c.arn("cognito-idp", "userpool/"+c.ref.ID), "TagKeys": keys})
			return err
		},
		// Its users go along, and Cognito saves none of them. It refuses a pool that is protected
		// or has a domain as it refuses a wrong request: what stands in the way is looked up.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			client := cognito.NewFromConfig(c.cfg)
			out, err := client.DescribeUserPool(ctx, &cognito.DescribeUserPoolInput{UserPoolId: &c.ref.ID})
			if err != nil || out.UserPool == nil {
				return err
			}
			for _, domain := range []*string{out.UserPool.Domain, out.UserPool.CustomDomain} {
				if sdk.ToString(domain) != "" {
					return &reaper.Blocked{By: "the domain " + *domain}
				}
			}
			if out.UserPool.DeletionProtection == types.DeletionProtectionTypeActive {
				return &reaper.Blocked{By: c.ref.ID, Err: errors.New("its deletion protection is on")}
			}
			_, err = client.DeleteUserPool(ctx, &cognito.DeleteUserPoolInput{UserPoolId: &c.ref.ID})
			return err
		},
	})
}
