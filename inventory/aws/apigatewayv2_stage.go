package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

func init() {
	register(Reader{
		Type: "AWS::ApiGatewayV2::Stage",
		Calls: map[string]string{
			"ApiGatewayV2.GetApis":   "apigateway:GET",
			"ApiGatewayV2.GetStages": "apigateway:GET",
		},
		Reads: []string{
			"/AccessLogSettings", "/ApiId", "/AutoDeploy", "/ClientCertificateId", "/DefaultRouteSettings", "/DeploymentId",
			"/Description", "/Id", "/RouteSettings", "/StageName", "/StageVariables", "/Tags",
		},
		list: listHTTPStages,
	})
}

func listHTTPStages(ctx context.Context, c *cell) error {
	client := apigatewayv2.NewFromConfig(c.cfg)
	return httpAPIs(ctx, client, func(apis []types.Api) {
		each(apis, func(api types.Api) {
			err := pages(func(token *string) (int, *string, error) {
				out, err := client.GetStages(ctx, &apigatewayv2.GetStagesInput{ApiId: api.ApiId, NextToken: token})
				if err != nil {
					return 0, nil, err
				}
				for _, s := range out.Items {
					c.emit(c.httpStage(sdk.ToString(api.ApiId), s))
				}
				return len(out.Items), out.NextToken, nil
			})
			if err != nil && !gone(err, "NotFoundException") {
				c.fault(err, sdk.ToString(api.ApiId))
			}
		})
	})
}

// httpStage is known by its API and its name: the name alone, which is all that
// CloudFormation writes down, is the same in most APIs.
func (c *cell) httpStage(api string, s types.Stage) *item {
	name := sdk.ToString(s.StageName)
	it := c.item(api+"|"+name, c.apiGatewayARN("/apis/"+api+"/stages/"+name))
	it.merge(s, nil)
	it.set("Id", it.Ref.ID)
	it.set("ApiId", api)
	it.tagObject("Tags", s.Tags)
	it.Foreign = byGateway(s.ApiGatewayManaged)
	it.created(s.CreatedDate)
	return it
}
