package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type: "AWS::EC2::PrefixList",
		Calls: map[string]string{
			"EC2.DescribeManagedPrefixLists":  "ec2:DescribeManagedPrefixLists",
			"EC2.GetManagedPrefixListEntries": "ec2:GetManagedPrefixListEntries",
		},
		Reads: []string{
			"/AddressFamily", "/Arn", "/Entries", "/MaxEntries", "/OwnerId", "/PrefixListId", "/PrefixListName", "/Tags",
			"/Version",
		},
		list: listPrefixLists,
	})
}

// prefixListPage is the largest page that EC2 gives of prefix lists and of their entries.
const prefixListPage = 100

func listPrefixLists(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeManagedPrefixLists(ctx, &ec2.DescribeManagedPrefixListsInput{NextToken: token, MaxResults: sdk.Int32(prefixListPage)})
		if err != nil {
			return 0, nil, err
		}
		each(out.PrefixLists, func(l types.ManagedPrefixList) {
			if l.State != types.PrefixListStateDeleteComplete {
				c.prefixList(ctx, client, l)
			}
		})
		return len(out.PrefixLists), out.NextToken, nil
	})
}

func (c *cell) prefixList(ctx context.Context, client *ec2.Client, l types.ManagedPrefixList) {
	it := c.item(sdk.ToString(l.PrefixListId), sdk.ToString(l.PrefixListArn))
	it.merge(l, map[string]string{"PrefixListArn": "Arn"})
	it.tag(l.Tags)
	it.State = string(l.State)
	it.Foreign = c.sharedBy(l.OwnerId)
	if sdk.ToString(l.OwnerId) == "AWS" {
		it.Foreign = "AWS-managed prefix list"
	}
	entries := []types.PrefixListEntry{}
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.GetManagedPrefixListEntries(ctx, &ec2.GetManagedPrefixListEntriesInput{
			PrefixListId: l.PrefixListId, NextToken: token, MaxResults: sdk.Int32(prefixListPage),
		})
		if err != nil {
			return 0, nil, err
		}
		entries = append(entries, out.Entries...)
		return len(out.Entries), out.NextToken, nil
	})
	// EC2 spells the code in both ways.
	if gone(err, "InvalidPrefixListID.NotFound", "InvalidPrefixListId.NotFound") {
		return
	}
	if it.read(err, "/Entries") {
		it.set("Entries", entries)
	}
	c.emit(it)
}
