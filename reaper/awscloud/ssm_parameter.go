package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type:     "AWS::SSM::Parameter",
		Tags:     map[string]string{"SSM.AddTagsToResource": "ssm:AddTagsToResource", "SSM.RemoveTagsFromResource": "ssm:RemoveTagsFromResource"},
		Repairs:  map[string]string{"SSM.PutParameter": "ssm:PutParameter ssm:AddTagsToResource"},
		Reaps:    map[string]string{"SSM.DeleteParameter": "ssm:DeleteParameter"},
		NotFound: []string{"ParameterNotFound", "InvalidResourceId"},
		// Nothing is updated: every change wants the value, which is not read.
		named: byName("Name"),
		// The tags stand for the parameter: to ask for itself is to read its value.
		exists: func(ctx context.Context, c *call) error {
			_, err := ssm.NewFromConfig(c.cfg).ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{
				ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: &c.ref.ID,
			})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := n.nameOf("Name")
			_, err := send(ctx, ssm.NewFromConfig(c.cfg).PutParameter, with(n.props, props{"Name": name, "Tags": tagList(n.tags)}))
			return name, err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, ssm.NewFromConfig(c.cfg).AddTagsToResource, props{"ResourceType": "Parameter", "ResourceId": c.ref.ID, "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, ssm.NewFromConfig(c.cfg).RemoveTagsFromResource, props{"ResourceType": "Parameter", "ResourceId": c.ref.ID, "TagKeys": keys})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, ssm.NewFromConfig(c.cfg).DeleteParameter, props{"Name": c.ref.ID})
			return err
		},
	})
}
