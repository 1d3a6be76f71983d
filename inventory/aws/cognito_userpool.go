package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func init() {
	register(Reader{
		Type: "AWS::Cognito::UserPool",
		Calls: map[string]string{
			"Cognito Identity Provider.ListUserPools":    "cognito-idp:ListUserPools",
			"Cognito Identity Provider.DescribeUserPool": "cognito-idp:DescribeUserPool",
		},
		Reads: append([]string{"/Arn", "/UserPoolId", "/UserPoolName", "/UserPoolTags"}, describedUserPool...),
		list:  listUserPools,
	})
}

// describedUserPool is what only the description of a pool tells. Its attributes
// (/Schema) are left out: Cognito adds all standard ones to those that somebody declared.
var describedUserPool = []string{
	"/AccountRecoverySetting", "/AdminCreateUserConfig", "/AliasAttributes", "/AutoVerifiedAttributes", "/DeletionProtection",
	"/DeviceConfiguration", "/EmailConfiguration", "/EmailVerificationMessage", "/EmailVerificationSubject", "/LambdaConfig",
	"/MfaConfiguration", "/Policies", "/SmsAuthenticationMessage", "/SmsConfiguration", "/SmsVerificationMessage",
	"/UserAttributeUpdateSettings", "/UserPoolAddOns", "/UserPoolTier", "/UsernameAttributes", "/UsernameConfiguration",
	"/VerificationMessageTemplate",
}

func listUserPools(ctx context.Context, c *cell) error {
	client := cognitoidentityprovider.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListUserPools(ctx, &cognitoidentityprovider.ListUserPoolsInput{NextToken: token, MaxResults: sdk.Int32(60)})
		if err != nil {
			return 0, nil, err
		}
		each(out.UserPools, func(p types.UserPoolDescriptionType) { c.userPool(ctx, client, p) })
		return len(out.UserPools), out.NextToken, nil
	})
}

func (c *cell) userPool(ctx context.Context, client *cognitoidentityprovider.Client, p types.UserPoolDescriptionType) {
	id := sdk.ToString(p.Id)
	it := c.item(id, c.arn("cognito-idp", "userpool/"+id))
	it.set("UserPoolId", id)
	it.set("UserPoolName", p.Name)
	it.set("Arn", it.ARN)
	it.created(p.CreationDate)

	out, err := client.DescribeUserPool(ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: &id})
	if gone(err, "ResourceNotFoundException") {
		return
	}
	if it.read(err, append([]string{"/UserPoolTags"}, describedUserPool...)...) && out.UserPool != nil {
		it.merge(out.UserPool, nil)
		it.tagObject("UserPoolTags", out.UserPool.UserPoolTags)
	}
	c.emit(it)
}
