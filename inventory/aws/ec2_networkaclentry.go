package aws

import (
	"cmp"
	"context"
	"strconv"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::NetworkAclEntry",
		Calls: map[string]string{"EC2.DescribeNetworkAcls": "ec2:DescribeNetworkAcls"},
		Reads: []string{
			"/CidrBlock", "/Egress", "/Icmp", "/Id", "/Ipv6CidrBlock", "/NetworkAclId", "/PortRange", "/Protocol",
			"/RuleAction", "/RuleNumber",
		},
		list: func(ctx context.Context, c *cell) error {
			return c.networkACLs(ctx, func(acl types.NetworkAcl) {
				for _, e := range acl.Entries {
					c.emit(c.networkACLEntry(acl, e))
				}
			})
		},
	})
}

// networkACLEntry is known to EC2 by its ACL, direction and number only; together they
// are the id that it has here.
func (c *cell) networkACLEntry(acl types.NetworkAcl, e types.NetworkAclEntry) *item {
	direction := "ingress"
	if sdk.ToBool(e.Egress) {
		direction = "egress"
	}
	id := ""
	if acl.NetworkAclId != nil && e.RuleNumber != nil {
		id = *acl.NetworkAclId + "|" + direction + "|" + strconv.Itoa(int(*e.RuleNumber))
	}
	it := c.item(id, "")
	it.merge(e, map[string]string{"IcmpTypeCode": "Icmp"})
	it.set("Id", id)
	it.set("NetworkAclId", acl.NetworkAclId)
	it.tag(nil) // an entry cannot have tags
	it.Foreign = cmp.Or(c.sharedBy(acl.OwnerId), builtinEntry(acl, e))
	return it
}

// builtinEntry returns why an entry is EC2's own: every ACL ends in one per protocol
// family that denies all, and a default ACL is made with one that allows all. Source:
// the VPC user guide on default network ACLs.
func builtinEntry(acl types.NetworkAcl, e types.NetworkAclEntry) string {
	switch number := sdk.ToInt32(e.RuleNumber); {
	case number == 32767 || number == 32768:
		return "last entry of every network ACL"
	case sdk.ToBool(acl.IsDefault) && (number == 100 || number == 101) && e.RuleAction == types.RuleActionAllow && sdk.ToString(e.Protocol) == "-1" &&
		(sdk.ToString(e.CidrBlock) == "0.0.0.0/0" || sdk.ToString(e.Ipv6CidrBlock) == "::/0"):
		return "entry that a default network ACL comes with"
	}
	return ""
}
