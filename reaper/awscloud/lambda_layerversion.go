package awscloud

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{ // it cannot have tags
		Type:     "AWS::Lambda::LayerVersion",
		Reaps:    map[string]string{"Lambda.DeleteLayerVersion": "lambda:DeleteLayerVersion"},
		Reads:    map[string]string{"Lambda.GetLayerVersion": "lambda:GetLayerVersion"},
		NotFound: []string{"ResourceNotFoundException"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, lambda.NewFromConfig(c.cfg).GetLayerVersion, c.layerVersion())
			return err
		},
		// Functions that have it keep a copy of their own.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, lambda.NewFromConfig(c.cfg).DeleteLayerVersion, c.layerVersion())
			return err
		},
	})
}

// layerVersion names the version of a call by the ARN of its layer and its number.
func (c *call) layerVersion() props {
	colon := max(0, strings.LastIndexByte(c.ref.ID, ':'))
	return props{"LayerName": c.ref.ID[:colon], "VersionNumber": strings.TrimPrefix(c.ref.ID[colon:], ":")}
}
