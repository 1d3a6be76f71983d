package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type:     "AWS::ApiGatewayV2::Api",
		Tags:     map[string]string{"ApiGatewayV2.TagResource": "apigateway:POST", "ApiGatewayV2.UntagResource": "apigateway:DELETE"},
		Repairs:  map[string]string{"ApiGatewayV2.CreateApi": "apigateway:POST", "ApiGatewayV2.UpdateApi": "apigateway:PATCH"},
		Reaps:    map[string]string{"ApiGatewayV2.DeleteApi": "apigateway:DELETE"},
		Reads:    map[string]string{"ApiGatewayV2.GetApi": "apigateway:GET"},
		NotFound: []string{"NotFoundException"},
		Updates:  []string{"/CorsConfiguration", "/Description", "/DisableExecuteApiEndpoint", "/Name", "/Version"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, apigatewayv2.NewFromConfig(c.cfg).GetApi, props{"ApiId": c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			out, err := send(ctx, apigatewayv2.NewFromConfig(c.cfg).CreateApi, with(n.props, props{"Tags": n.tags}))
			if err != nil {
				return "", err
			}
			return sdk.ToString(out.ApiId), nil
		},
		update: func(ctx context.Context, c *call, u update) error {
			_, err := send(ctx, apigatewayv2.NewFromConfig(c.cfg).UpdateApi, with(u.changed(), props{"ApiId": c.ref.ID}))
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, apigatewayv2.NewFromConfig(c.cfg).TagResource, props{"ResourceArn": c.gateway("apis"), "Tags": tags})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, apigatewayv2.NewFromConfig(c.cfg).UntagResource, props{"ResourceArn": c.gateway("apis"), "TagKeys": keys})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, apigatewayv2.NewFromConfig(c.cfg).DeleteApi, props{"ApiId": c.ref.ID})
			return err
		},
	})
}

// gateway is the ARN of an API; there is no account in it.
func (c *call) gateway(kind string) string {
	return "arn:" + c.ref.Partition + ":apigateway:" + c.ref.Region + "::/" + kind + "/" + c.ref.ID
}
