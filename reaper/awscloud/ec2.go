package awscloud

import (
	"context"
	"maps"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// ec2Tagged completes a writer whose resources EC2 tags by the id that they have here.
func ec2Tagged(w Writer) Writer { return ec2TaggedBy(w, func(c *call) string { return c.ref.ID }) }

// ec2TaggedBy is ec2Tagged for resources that have another id in EC2.
func ec2TaggedBy(w Writer, id func(c *call) string) Writer {
	w.Tags = map[string]string{"EC2.CreateTags": "ec2:CreateTags", "EC2.DeleteTags": "ec2:DeleteTags"}
	w.tag = func(ctx context.Context, c *call, tags map[string]string) error {
		return ec2Tag(ctx, c, id(c), tags)
	}
	w.untag = func(ctx context.Context, c *call, keys []string) error {
		return ec2Untag(ctx, c, id(c), keys)
	}
	return w
}

func ec2Tag(ctx context.Context, c *call, id string, tags map[string]string) error {
	_, err := ec2.NewFromConfig(c.cfg).CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: ec2Tags(tags)})
	return err
}

func ec2Untag(ctx context.Context, c *call, id string, keys []string) error {
	var tags []types.Tag
	for _, key := range keys {
		tags = append(tags, types.Tag{Key: sdk.String(key)}) // without a value: whatever it is
	}
	_, err := ec2.NewFromConfig(c.cfg).DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{id}, Tags: tags})
	return err
}

func ec2Tags(tags map[string]string) (list []types.Tag) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: sdk.String(key), Value: sdk.String(tags[key])})
	}
	return list
}

// ec2TagsFor are the tags of what a call creates.
func ec2TagsFor(kind types.ResourceType, tags map[string]string) []types.TagSpecification {
	if len(tags) == 0 {
		return nil
	}
	return []types.TagSpecification{{ResourceType: kind, Tags: ec2Tags(tags)}}
}

// is is a filter of EC2's describe calls.
func is(name, value string) []types.Filter {
	return []types.Filter{{Name: sdk.String(name), Values: []string{value}}}
}

// minus returns the elements of a that b does not have.
func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

func anyList(list []string) any {
	if len(list) == 0 {
		return nil
	}
	all := []any{}
	for _, s := range list {
		all = append(all, s)
	}
	return all
}

// unsuccessful returns the refusal that stands inside an answer of success.
func unsuccessful(items []types.UnsuccessfulItem) error {
	for _, item := range items {
		if item.Error != nil {
			return &smithy.GenericAPIError{Code: sdk.ToString(item.Error.Code), Message: sdk.ToString(item.Error.Message)}
		}
	}
	return nil
}
