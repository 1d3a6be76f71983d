package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
)

func init() {
	register(Reader{
		Type: "AWS::ServiceDiscovery::PrivateDnsNamespace",
		Calls: map[string]string{
			"ServiceDiscovery.ListNamespaces":      "servicediscovery:ListNamespaces",
			"ServiceDiscovery.ListTagsForResource": "servicediscovery:ListTagsForResource",
		},
		// The VPC stands in the hosted zone only.
		Reads: []string{"/Arn", "/Description", "/HostedZoneId", "/Id", "/Name", "/Properties", "/Tags"},
		list:  listPrivateNamespaces,
	})
}

func listPrivateNamespaces(ctx context.Context, c *cell) error {
	client := servicediscovery.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListNamespaces(ctx, &servicediscovery.ListNamespacesInput{NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		each(out.Namespaces, func(n types.NamespaceSummary) {
			if n.Type == types.NamespaceTypeDnsPrivate { // public ones and those without DNS are other types
				c.privateNamespace(ctx, client, n)
			}
		})
		return len(out.Namespaces), out.NextToken, nil
	})
}

func (c *cell) privateNamespace(ctx context.Context, client *servicediscovery.Client, n types.NamespaceSummary) {
	it := c.item(sdk.ToString(n.Id), sdk.ToString(n.Arn))
	it.merge(n, nil)
	delete(it.props, "Properties")
	if n.Properties != nil && n.Properties.DnsProperties != nil {
		d := n.Properties.DnsProperties
		it.set("HostedZoneId", d.HostedZoneId)
		if d.SOA != nil {
			it.set("Properties", map[string]any{"DnsProperties": map[string]any{"SOA": d.SOA}})
		}
	}
	it.created(n.CreateDate)
	it.Foreign = c.sharedBy(n.ResourceOwner)
	tags, err := client.ListTagsForResource(ctx, &servicediscovery.ListTagsForResourceInput{ResourceARN: n.Arn})
	if gone(err, "ResourceNotFoundException") {
		return
	}
	if it.read(err, "/Tags") {
		it.tag(tags.Tags)
	}
	c.emit(it)
}
