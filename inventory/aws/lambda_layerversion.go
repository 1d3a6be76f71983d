package aws

import (
	"context"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func init() {
	register(Reader{
		Type: "AWS::Lambda::LayerVersion",
		Calls: map[string]string{
			"Lambda.ListLayers":        "lambda:ListLayers",
			"Lambda.ListLayerVersions": "lambda:ListLayerVersions",
		},
		Reads: []string{
			"/CompatibleArchitectures", "/CompatibleRuntimes", "/Description", "/LayerName", "/LayerVersionArn", "/LicenseInfo",
		},
		list: listLayers,
	})
}

func listLayers(ctx context.Context, c *cell) error {
	client := lambda.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListLayers(ctx, &lambda.ListLayersInput{Marker: token, MaxItems: sdk.Int32(50)})
		if err != nil {
			return 0, nil, err
		}
		each(out.Layers, func(l types.LayersListItem) {
			if err := c.layerVersions(ctx, client, l); err != nil {
				c.fault(err, sdk.ToString(l.LayerName))
			}
		})
		return len(out.Layers), out.NextMarker, nil
	})
}

// layerVersions emits every version of a layer that still exists; the list of layers
// shows the newest one only.
func (c *cell) layerVersions(ctx context.Context, client *lambda.Client, l types.LayersListItem) error {
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListLayerVersions(ctx, &lambda.ListLayerVersionsInput{LayerName: l.LayerName, Marker: token, MaxItems: sdk.Int32(50)})
		if err != nil {
			return 0, nil, unless(err, "ResourceNotFoundException")
		}
		for _, v := range out.LayerVersions {
			arn := sdk.ToString(v.LayerVersionArn)
			it := c.item(arn, arn)
			it.merge(v, nil)
			it.set("LayerName", l.LayerName)
			it.tag(nil) // a layer version cannot have tags
			if t, err := time.Parse("2006-01-02T15:04:05.999Z0700", sdk.ToString(v.CreatedDate)); err == nil {
				it.created(&t)
			}
			c.emit(it)
		}
		return len(out.LayerVersions), out.NextMarker, nil
	})
}
