package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// httpAPIs calls do for the HTTP and WebSocket APIs of the cell, a page at a time.
func httpAPIs(ctx context.Context, client *apigatewayv2.Client, do func([]types.Api)) error {
	return pages(func(token *string) (int, *string, error) {
		out, err := client.GetApis(ctx, &apigatewayv2.GetApisInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		do(out.Items)
		return len(out.Items), out.NextToken, nil
	})
}

// byGateway returns why an API or stage is foreign when another service made it by way of
// API Gateway, which refuses changes by anybody else.
func byGateway(managed *bool) string {
	if managed == nil || !*managed {
		return ""
	}
	return "managed by API Gateway"
}
