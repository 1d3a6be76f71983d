package awscloud

import (
	"context"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// elbTagged completes a writer whose resources Elastic Load Balancing tags by their ARN,
// which is their identifier.
func elbTagged(w Writer) Writer {
	w.Tags = map[string]string{
		"Elastic Load Balancing v2.AddTags":    "elasticloadbalancing:AddTags",
		"Elastic Load Balancing v2.RemoveTags": "elasticloadbalancing:RemoveTags",
	}
	w.tag = func(ctx context.Context, c *call, tags map[string]string) error {
		_, err := send(ctx, elb.NewFromConfig(c.cfg).AddTags, props{"ResourceArns": []any{c.ref.ID}, "Tags": tagList(tags)})
		return err
	}
	w.untag = func(ctx context.Context, c *call, keys []string) error {
		_, err := elb.NewFromConfig(c.cfg).RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: []string{c.ref.ID}, TagKeys: keys})
		return err
	}
	return w
}

// elbTags returns the tags of a creation; nil for none, because an empty list is refused.
func elbTags(n creation) any {
	if len(n.tags) == 0 {
		return nil
	}
	return tagList(n.tags)
}

// elbName returns the declared name, or one made of the token: names have at most 32
// characters and do not end in a hyphen.
func elbName(n creation) string {
	name := n.nameOf("Name")
	const most = 32
	if name == n.token && len(name) > most {
		name = name[:most]
	}
	return name
}

// newAttributes returns those of a list of {Key, Value} that do not live yet.
func newAttributes(u update, name string) []any {
	live := map[any]any{}
	before, _ := u.live.Properties[name].([]any)
	for _, e := range before {
		o, _ := e.(map[string]any)
		live[o["Key"]] = o["Value"]
	}
	var list []any
	after, _ := u.after[name].([]any)
	for _, e := range after {
		if o, is := e.(map[string]any); !is || live[o["Key"]] != o["Value"] {
			list = append(list, e)
		}
	}
	return list
}
