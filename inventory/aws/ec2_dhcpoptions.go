package aws

import (
	"cmp"
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::DHCPOptions",
		Calls: map[string]string{"EC2.DescribeDhcpOptions": "ec2:DescribeDhcpOptions"},
		Reads: []string{
			"/DhcpOptionsId", "/DomainName", "/DomainNameServers", "/Ipv6AddressPreferredLeaseTime", "/NetbiosNameServers",
			"/NetbiosNodeType", "/NtpServers", "/Tags",
		},
		list: listDHCPOptions,
	})
}

func listDHCPOptions(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeDhcpOptions(ctx, &ec2.DescribeDhcpOptionsInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, o := range out.DhcpOptions {
			c.emit(c.dhcpOptions(o))
		}
		return len(out.DhcpOptions), out.NextToken, nil
	})
}

func (c *cell) dhcpOptions(o types.DhcpOptions) *item {
	id := sdk.ToString(o.DhcpOptionsId)
	it := c.item(id, c.arn("ec2", "dhcp-options/"+id))
	it.set("DhcpOptionsId", id)
	options := map[string][]string{} // DHCP's own names, each with a list of texts
	for _, configuration := range o.DhcpConfigurations {
		key := sdk.ToString(configuration.Key)
		for _, v := range configuration.Values {
			options[key] = append(options[key], sdk.ToString(v.Value))
		}
	}
	for key, values := range options {
		switch key {
		case "domain-name":
			it.set("DomainName", values[0])
		case "domain-name-servers":
			it.set("DomainNameServers", values)
		case "ntp-servers":
			it.set("NtpServers", values)
		case "netbios-name-servers":
			it.set("NetbiosNameServers", values)
		case "netbios-node-type":
			it.set("NetbiosNodeType", values[0])
		case "ipv6-address-preferred-lease-time":
			it.set("Ipv6AddressPreferredLeaseTime", values[0])
		}
	}
	it.tag(o.Tags)
	it.Foreign = c.sharedBy(o.OwnerId)
	if len(o.Tags) == 0 && isRegionDefault(options) {
		it.Foreign = cmp.Or(it.Foreign, "default DHCP options of the region")
	}
	return it
}

// isRegionDefault reports whether a set says what EC2's own set in each region says:
// Amazon's name server, the internal domain of the region, nothing else. Source: the VPC
// user guide on default DHCP option sets.
func isRegionDefault(options map[string][]string) bool {
	domain := options["domain-name"]
	return len(options) == 2 && len(domain) == 1 &&
		(domain[0] == "ec2.internal" || strings.HasSuffix(domain[0], ".compute.internal")) &&
		slices.Equal(options["domain-name-servers"], []string{"AmazonProvidedDNS"})
}
