package aws

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func init() {
	register(Reader{
		Type: "AWS::S3::BucketPolicy",
		Calls: map[string]string{
			"S3.ListBuckets":     "s3:ListAllMyBuckets",
			"S3.GetBucketPolicy": "s3:GetBucketPolicy",
		},
		Reads: []string{"/Bucket", "/PolicyDocument"},
		list:  listBucketPolicies,
	})
}

// listBucketPolicies emits a policy for every bucket that has one. Where the policy
// itself cannot be read, nothing is known to be there: only the gap says so.
func listBucketPolicies(ctx context.Context, c *cell) error {
	client := s3Client(c)
	return c.buckets(ctx, client, func(b types.Bucket) {
		out, err := client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: b.Name})
		switch {
		case gone(err, "NoSuchBucketPolicy", "NoSuchBucket"):
			return
		case err != nil:
			c.fault(err, sdk.ToString(b.Name))
			return
		}
		policy := document(out.Policy, false)
		if _, whole := policy.(map[string]any); !whole {
			// The answer is the bare document, so only its form shows that it is all there.
			c.fault(fmt.Errorf("S3.GetBucketPolicy: %w: the policy is not whole", errAnswer), sdk.ToString(b.Name))
			return
		}
		it := c.item(sdk.ToString(b.Name), "")
		it.set("Bucket", b.Name)
		it.set("PolicyDocument", policy)
		it.tag(nil) // a policy cannot have tags
		c.emit(it)
	})
}
