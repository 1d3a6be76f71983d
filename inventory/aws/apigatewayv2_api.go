package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::ApiGatewayV2::Api",
		Calls: map[string]string{"ApiGatewayV2.GetApis": "apigateway:GET"},
		Reads: []string{
			"/ApiEndpoint", "/ApiId", "/ApiKeySelectionExpression", "/CorsConfiguration", "/Description",
			"/DisableExecuteApiEndpoint", "/IpAddressType", "/Name", "/ProtocolType", "/RouteSelectionExpression", "/Tags", "/Version",
		},
		list: func(ctx context.Context, c *cell) error {
			return httpAPIs(ctx, apigatewayv2.NewFromConfig(c.cfg), func(apis []types.Api) {
				for _, api := range apis {
					id := sdk.ToString(api.ApiId)
					it := c.item(id, c.apiGatewayARN("/apis/"+id))
					it.merge(api, nil)
					it.tagObject("Tags", api.Tags)
					it.Foreign = byGateway(api.ApiGatewayManaged)
					it.created(api.CreatedDate)
					c.emit(it)
				}
			})
		},
	})
}
