package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type:     "AWS::ApiGateway::RestApi",
		Tags:     map[string]string{"API Gateway.TagResource": "apigateway:PUT", "API Gateway.UntagResource": "apigateway:DELETE"},
		Repairs:  map[string]string{"API Gateway.CreateRestApi": "apigateway:POST"},
		Reaps:    map[string]string{"API Gateway.DeleteRestApi": "apigateway:DELETE"},
		Reads:    map[string]string{"API Gateway.GetRestApi": "apigateway:GET"},
		NotFound: []string{"NotFoundException"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, apigateway.NewFromConfig(c.cfg).GetRestApi, props{"RestApiId": c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			members := renamed(n.props, map[string]string{"ApiKeySourceType": "ApiKeySource"})
			out, err := send(ctx, apigateway.NewFromConfig(c.cfg).CreateRestApi, with(members, props{"Tags": n.tags}))
			if err != nil {
				return "", err
			}
			return sdk.ToString(out.Id), nil
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, apigateway.NewFromConfig(c.cfg).TagResource, props{"ResourceArn": c.gateway("restapis"), "Tags": tags})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, apigateway.NewFromConfig(c.cfg).UntagResource, props{"ResourceArn": c.gateway("restapis"), "TagKeys": keys})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, apigateway.NewFromConfig(c.cfg).DeleteRestApi, props{"RestApiId": c.ref.ID})
			return err
		},
	})
}
