package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// restAPIs calls do for the REST APIs of the cell, a page at a time.
func restAPIs(ctx context.Context, client *apigateway.Client, do func([]types.RestApi)) error {
	return pages(func(token *string) (int, *string, error) {
		out, err := client.GetRestApis(ctx, &apigateway.GetRestApisInput{Position: token, Limit: sdk.Int32(500)})
		if err != nil {
			return 0, nil, err
		}
		do(out.Items)
		return len(out.Items), out.Position, nil
	})
}

// apiGatewayARN writes the ARN of something in API Gateway, of either version. There is
// no account in it.
func (c *cell) apiGatewayARN(path string) string {
	return "arn:" + c.partition + ":apigateway:" + c.region + "::" + path
}
